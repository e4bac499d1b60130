/*
 * doc_end.c: what is settled when a container of a document ends: keys that
 * say what others mean may follow them.
 */
#include "decode/doc.h"


/* Not memset: the arrays are large, and an event is small. */
void
weir_facts_open(struct weir_facts *f)
{
    const struct weir_spot  none = { WEIR_SPOT_NONE, WEIR_SPOT_NONE };

    f->model = none;
    f->max_tokens = none;
    f->max_tokens_value = -1;
    f->choices = -1;
    f->stream = -1;
    f->include_usage = -1;
    f->stream_options = none;
    f->include_usage_at = none;
    f->object_end = WEIR_SPOT_NONE;
    f->messages = 0;
    f->input_tokens = -1;
    f->output_tokens = -1;
    f->usage = none;
    f->id = none;
    f->created = none;
    f->item = none;
    f->details = none;
    for (unsigned i = 0; i < WEIR_MARKS; i++) {
        f->marks[i] = none;
    }
    f->seconds = none;
    f->words = none;
    f->part = 0;
    f->token_ids = 0;
    f->background = false;
    f->opaque = 0;
    f->nchoices = 0;
    f->error = 0;
    f->event = WEIR_EVENT_NONE;
    f->block = 0;
    f->block_kind = WEIR_FIELD_OTHER;
    f->rpc = WEIR_RPC_NONE;
    f->rpc_reply = 0;
    f->tool = none;
    f->ntools = 0;
    f->not_scanned = 0;
    f->nfinish = 0;
    f->nstrip = 0;
}


void
weir_doc_unreadable(struct weir_doc *d)
{
    for (unsigned i = d->depth; i > 0; i--) {
        struct weir_doc_frame  *f = &d->frames[i - 1];

        if (weir_nodes[f->node].flags & WEIR_NODE_IS_PART) {
            f->flags |= WEIR_FRAME_UNREADABLE;
            return;
        }
    }
    d->facts.not_scanned++;
}


/* `data` of a source or part whose type says that it is no text. */
static void
data_drop(struct weir_doc *d, const struct weir_doc_frame *f)
{
    struct weir_text  *x = &d->texts[f->count];

    d->facts.opaque += x->end - x->begin;
    d->ntexts--;
    memmove(x, x + 1, (d->ntexts - f->count) * sizeof(*x));
}


/* Gemini: `thought`, which may follow the text, makes it reasoning. */
static void
thought_end(struct weir_doc *d, const struct weir_doc_frame *f)
{
    for (uint32_t i = f->text; i < d->ntexts; i++) {
        struct weir_text *const  x = &d->texts[i];

        if ((x->channel >> 12 & 15) == WEIR_FIELD_CONTENT) {
            x->channel = WEIR_CHANNEL(0, WEIR_FIELD_THINKING, 0);
            x->place = WEIR_AT_REASONING;
        }
    }
}


static void
part_end(struct weir_doc *d, struct weir_doc_frame *f)
{
    const bool  part = weir_nodes[f->node].flags & WEIR_NODE_IS_PART;

    if ((f->flags & WEIR_FRAME_DATA)
        && (f->kind == WEIR_KIND_SEALED || f->kind == WEIR_KIND_UNREADABLE))
    {
        data_drop(d, f);
    }

    if (part ? f->kind == WEIR_KIND_SEALED || f->kind == WEIR_KIND_UNREADABLE
             : f->kind != WEIR_KIND_TEXT)
    {
        weir_doc_unreadable(d);
    }
    if (part && (f->flags & WEIR_FRAME_UNREADABLE)) {
        d->facts.not_scanned++;
    }
    if (f->flags & WEIR_FRAME_THOUGHT) {
        thought_end(d, f);
    }

    if (part && f->kind == WEIR_KIND_TOOL_RESULT) {
        for (uint32_t i = f->text; i < d->ntexts; i++) {
            if (d->texts[i].place == f->place) {
                d->texts[i].place = WEIR_AT_TOOL_RESULT;
            }
        }
    }
}


/* What `index` says about the texts in the container. */
static void
channels_end(struct weir_doc *d, const struct weir_doc_frame *f,
    uint8_t flags)
{
    uint32_t  keep = UINT32_MAX, set = 0;

    if (flags & WEIR_NODE_ITEM) {
        keep = 0xffff;
        set = (f->index < UINT16_MAX ? f->index : UINT16_MAX) << 16;
    }
    if (flags & WEIR_NODE_SUB) {
        keep = ~0xfffu;
        set = f->index < WEIR_SUB_FUNCTION_CALL
              ? f->index : WEIR_SUB_FUNCTION_CALL - 1;
    }
    if (flags & WEIR_NODE_OLD) {
        keep = ~0xfffu;
        set = WEIR_SUB_FUNCTION_CALL;
    }

    for (uint32_t i = f->text; i < d->ntexts; i++) {
        d->texts[i].channel = (d->texts[i].channel & keep) | set;
    }
}


/* A Responses item: a picture is no text. One of a request without any text
   names what the provider keeps (item_reference, whose type may be left
   out). */
static void
item_end(struct weir_doc *d, struct weir_doc_frame *f)
{
    if (weir_shape_asks((enum weir_shape) d->shape) && f->text == d->ntexts) {
        weir_doc_unreadable(d);
    }
    if ((f->flags & WEIR_FRAME_DATA) && (f->flags & WEIR_FRAME_IMAGE)) {
        data_drop(d, f);
        weir_doc_unreadable(d);
    }
}


/* A Responses event: its type, which may follow, says what `delta` is. */
static void
responses_event_end(struct weir_doc *d)
{
    const struct weir_facts *const  facts = &d->facts;

    for (uint32_t i = 0; i < d->ntexts; i++) {
        struct weir_text *const  x = &d->texts[i];

        if (!x->stream) {
            continue;
        }
        x->channel = WEIR_CHANNEL(facts->block, facts->block_kind,
                                  facts->part);
        if (facts->block_kind == WEIR_FIELD_ARGUMENTS) {
            x->coding = WEIR_JSON2;
            x->place = WEIR_AT_TOOL_CALL;
        }
    }
}


void
weir_doc_object_end(struct weir_doc *d, struct weir_doc_frame *f)
{
    struct weir_facts  *facts = &d->facts;
    const uint8_t       flags = weir_nodes[f->node].flags;

    if ((flags & WEIR_NODE_IS_PART) || f->node == WEIR_NODE_SOURCE) {
        part_end(d, f);
    }

    if (f->node == WEIR_NODE_RESPONSES_ITEM) {
        item_end(d, f);
    } else if (f->node == WEIR_NODE_RESPONSES_EVENT) {
        responses_event_end(d);
    }

    if (flags & WEIR_NODE_ROLES) {
        for (uint32_t i = f->text; i < d->ntexts; i++) {
            if (d->texts[i].place == WEIR_AT_ROLE) {
                d->texts[i].place = f->kind;
            }
        }
    }

    if (flags & (WEIR_NODE_ITEM | WEIR_NODE_SUB | WEIR_NODE_OLD)) {
        channels_end(d, f, flags);
    }

    /* One finish a choice at most, and the last one is of this choice. */
    if (facts->nfinish > 0
        && facts->finish[facts->nfinish - 1].choice == WEIR_DOC_INDEX_NONE)
    {
        if (f->node == WEIR_NODE_CHOICE || f->node == WEIR_NODE_CHUNK_CHOICE
            || f->node == WEIR_NODE_GEMINI_CANDIDATE)
        {
            facts->finish[facts->nfinish - 1].choice = f->index;

        } else if (d->depth == 1) {
            facts->finish[facts->nfinish - 1].choice = 0;    /* Anthropic */
        }
    }
}
