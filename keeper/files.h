/*
 * files.h: files written whole or not at all, and secrets.
 */
#ifndef WEIR_FILES_H
#define WEIR_FILES_H

#include "weir/base.h"

/* Write `name` in `dirfd`, mode 0600: to a temporary file, fsync, rename,
   fsync of the folder. IO or NO_SPACE. */
WEIR_CHECKED int weir_file_put(int dirfd, const char *name, const void *at,
    size_t len);

/* The first line of a file; IO if it cannot be read or is longer. */
WEIR_CHECKED int weir_file_line(int dirfd, const char *name, char *out,
    size_t size);

/* 43 characters base64url (RFC 4648 5) of 32 bytes from the kernel, and a
   NUL. IO if it gives none. */
#define WEIR_SECRET_TEXT  44
WEIR_CHECKED int weir_secret_new(char out[WEIR_SECRET_TEXT]);

/* "2026-11-24T06:24:46Z"; "" for 0. */
void weir_time_text(uint64_t ms, char out[24]);

#endif
