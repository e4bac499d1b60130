/*
 * journal_internal.h: the writer's insides, for journal.c, journal_file.c
 * and the tests.
 */
#ifndef WEIR_JOURNAL_INTERNAL_H
#define WEIR_JOURNAL_INTERNAL_H

#include "journal/frame.h"

#include <pthread.h>
#include <sys/types.h>

/* Files that were rolled away and still have calls open (or are not yet
   synced). When all places are taken the current file grows past its
   maximum instead. */
#define WEIR_JOURNAL_OLD_MAX  32u

/* Calls in flight are counted by the time in their id (ULID: milliseconds
   in the first 48 bits), in 256 classes of 16 s: so it is known, without a
   table of calls, when the last call that began in an old file has ended. */
#define WEIR_JOURNAL_CLASSES  256u

/* The system calls that can fail, so that tests can make them. */
struct weir_journal_os {
    ssize_t  (*pwrite)(int fd, const void *at, size_t len, off_t offset);
    int      (*fallocate)(int fd, off_t offset, off_t len); /* the error */
    int      (*fdatasync)(int fd);
    int      (*syncfs)(int fd);
    /* Write through a mapping: where the file system keeps the promise of
       fallocate for it (see weir_journal_map). NULL: always by pwrite. */
    void    *(*map)(int fd, off_t offset, size_t len);
};

struct weir_journal_file {
    int       fd;
    uint32_t  seq;
    uint64_t  base;        /* position of the file's offset 0 */
    uint64_t  written;     /* offset of the next frame */
    uint64_t  claimed;     /* offset up to which there is disk space */
    uint8_t  *map;         /* of [map_at, claimed), or NULL */
    uint64_t  map_at;
    uint64_t  began[WEIR_JOURNAL_CLASSES / 64];  /* classes that began here */
    bool      named;       /* its directory entry is on the disk */
    bool      drained;     /* old: every call that began here has ended */
    bool      synced;      /* old: all of it is on the disk */
};

struct weir_journal {
    const struct weir_journal_os  *os;
    uint64_t   file_max;
    int        dir;
    struct weir_journal_head  head;     /* of the current file */
    uint32_t   calls;                   /* in flight */
    uint32_t   class_calls[WEIR_JOURNAL_CLASSES];
    uint64_t   roll_again;              /* no attempt before this offset */

    uint64_t   appended;                /* position; atomic */
    uint64_t   synced;                  /* position; atomic */

    /* `files` guards now, old, nold, power and closed_early between the
       appender and the syncing thread; neither waits for a disk with it. */
    pthread_mutex_t           files;
    struct weir_journal_file  now;
    struct weir_journal_file  old[WEIR_JOURNAL_OLD_MAX];
    unsigned                  nold;
    bool                      power;         /* somebody syncs */
    bool                      closed_early;  /* a file was closed unsynced */

    /* One sync at a time; who waits for it finds the work done. */
    pthread_mutex_t           syncing;
    bool                      sync_failed;

    uint8_t    frame[WEIR_FRAME_BYTES_MAX];
};

/* As weir_journal_open, with other system calls and bounds. */
WEIR_CHECKED int weir_journal_open_with(struct weir_journal **out, int dirfd,
    const struct weir_journal_os *os, uint64_t file_max);

/* A new file, locked, with its head, under its name. Errors: IO, NO_SPACE. */
WEIR_CHECKED int weir_journal_file_make(struct weir_journal *j,
    uint32_t seq, struct weir_journal_file *f);

/* Claim space up to `end`, in steps of WEIR_JOURNAL_CHUNK. */
WEIR_CHECKED int weir_journal_file_claim(struct weir_journal *j,
    struct weir_journal_file *f, uint64_t end);

/* All bytes or an error; a part may be in the file then. */
WEIR_CHECKED int weir_journal_file_write(struct weir_journal *j, int fd,
    const uint8_t *at, size_t len, uint64_t offset);

/* One frame at `written`, which is claimed; does not move `written`. */
WEIR_CHECKED int weir_journal_file_append(struct weir_journal *j,
    struct weir_journal_file *f, const uint8_t *at, size_t len);

void weir_journal_file_unmap(struct weir_journal_file *f);

/* mmap, or NULL where a write to claimed space could still find the disk
   full, which would be a SIGBUS: on file systems that copy on write, on
   those of a network, and on any we do not know. */
void *weir_journal_map(int fd, off_t offset, size_t len);

/* Fill head with what does not change while the process lives. */
void weir_journal_head_fill(struct weir_journal_head *h);

/* NO_SPACE or IO for an errno. */
int weir_journal_error(int error);

void weir_journal_name(char out[64], uint64_t start_ms, uint32_t pid,
    uint32_t seq);

#endif
