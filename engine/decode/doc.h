/*
 * doc.h: the struct behind weir/decode.h's weir_doc, so that it can live on
 * the stack or inside another struct. Its members are doc.c's own.
 */
#ifndef WEIR_DECODE_DOC_H
#define WEIR_DECODE_DOC_H

#include "weir/decode.h"
#include "decode/json.h"
#include "decode/shape.h"

/* One open container. */
struct weir_doc_frame {          /* 40 bytes */
    const struct weir_row  *items;   /* arrays: how elements are treated */
    uint64_t                seen;    /* objects: rows whose key was there */
    uint32_t                begin;
    uint32_t                text;    /* texts from here on are in it */
    uint32_t                count;   /* arrays: elements; objects: the text
                                        of `data` */
    uint32_t                index;   /* value of `index`, or position in the
                                        array around it */
    uint8_t                 node;    /* enum weir_node_name */
    uint8_t                 does;    /* of the row that led here */
    uint8_t                 place;   /* that the texts in it inherit */
    uint8_t                 kind;    /* messages: place of the role; parts:
                                        enum weir_kind */
    uint8_t                 flags;
};

struct weir_doc {                /* about 12 KB */
    struct weir_json        json;
    struct weir_text       *texts;
    uint32_t                ntexts;
    uint32_t                texts_max;
    const struct weir_row  *row;     /* of the value to come */
    uint32_t                key_at;
    uint32_t                key_len;
    int                     error;   /* sticky */
    uint8_t                 shape;
    uint8_t                 depth;   /* frames in use */
    struct weir_facts       facts;
    struct weir_doc_frame   frames[WEIR_JSON_DEPTH_MAX];
};

#define WEIR_FRAME_UNREADABLE  0x01
#define WEIR_FRAME_DATA        0x02
#define WEIR_FRAME_IMAGE       0x04
#define WEIR_FRAME_THOUGHT     0x08

#define WEIR_DOC_INDEX_NONE    UINT32_MAX  /* of a finish, until it is known */

/* Something that no rule can read: counted once for the part it is in. */
void weir_doc_unreadable(struct weir_doc *d);
void weir_doc_object_end(struct weir_doc *d, struct weir_doc_frame *f);

#endif
