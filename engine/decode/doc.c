/*
 * doc.c: tokens and tables to texts and facts.
 *
 * Order: the interface, tokens, scalars by kind, containers; what is settled
 * at a container's end is in doc_end.c. The tables of shape.c say what is
 * what; nothing here knows a key.
 */
#include "decode/doc.h"

#include "weir/error.h"

#define TOKENS_MAX  (INT64_C(1) << 40)   /* more is no count of tokens; sums
                                            of three stay far from the end */

static const struct weir_spot  spot_none = { WEIR_SPOT_NONE, WEIR_SPOT_NONE };

static int token_take(struct weir_doc *d, const struct weir_token *t);


size_t
weir_doc_size(void)
{
    return sizeof(struct weir_doc);
}


void
weir_doc_open(struct weir_doc *d, enum weir_shape shape,
    struct weir_text *texts, uint32_t texts_max)
{
    weir_assert(shape < WEIR_SHAPES);

    weir_json_open(&d->json);
    d->texts = texts;
    d->ntexts = 0;
    d->texts_max = texts_max;
    d->row = &weir_roots[shape];
    d->key_at = 0;
    d->key_len = 0;
    d->error = WEIR_OK;
    d->shape = (uint8_t) shape;
    d->depth = 0;
    weir_facts_open(&d->facts);
}


int
weir_doc_feed(struct weir_doc *d, const uint8_t *at, size_t len)
{
    const uint8_t *const  end = at + len;
    struct weir_token     token;
    int                   rc;

    if (d->error != WEIR_OK) {
        return d->error;
    }
    if (len >= UINT32_MAX - d->json.pos) {
        d->error = WEIR_E_TOO_LARGE;     /* positions are 32 bits */
        return d->error;
    }

    while (at < end) {
        rc = weir_json_next(&d->json, &at, end, &token);
        if (rc == WEIR_DONE) {
            rc = token_take(d, &token);
        }
        if (rc < 0) {
            d->error = rc;
            return rc;
        }
    }
    return WEIR_OK;
}


int
weir_doc_finish(struct weir_doc *d)
{
    struct weir_token  token;
    int                rc;

    if (d->error != WEIR_OK) {
        return d->error;
    }

    rc = weir_json_finish(&d->json, &token);
    if (rc == WEIR_DONE) {
        rc = token_take(d, &token);
        if (rc == WEIR_OK) {
            rc = weir_json_finish(&d->json, &token);
        }
    }
    d->error = rc;
    return rc;
}


uint32_t
weir_doc_texts(const struct weir_doc *d)
{
    return d->ntexts;
}


const struct weir_facts *
weir_doc_facts(const struct weir_doc *d)
{
    return &d->facts;
}


/* ---- tokens ---- */

/* A value about to be treated: which row it is under, and where. */
struct slot {
    const struct weir_row  *row;
    struct weir_doc_frame  *frame;      /* around it, NULL at the top */
    uint8_t                 does;
    uint8_t                 place;
    uint32_t                position;   /* in its array */
};


/* Of an element of an array the row no longer says what the value is. */
static uint8_t
element_does(uint8_t does)
{
    return does >= WEIR_DOES_DATA ? WEIR_DOES_TEXT : does;
}


static struct slot
slot_next(struct weir_doc *d)
{
    struct slot  s = { d->row, NULL, d->row->does, d->row->place, 0 };

    if (d->depth > 0) {
        s.frame = &d->frames[d->depth - 1];
        if (s.frame->node == WEIR_NODE_ARRAY) {
            s.row = s.frame->items;
            s.does = element_does(s.row->does);
            s.place = s.frame->place;
            s.position = s.frame->count++;
            return s;
        }
        if (s.place == WEIR_AT_INHERIT) {
            s.place = s.frame->place;
        }
    }
    return s;
}


static bool
is_request(const struct weir_doc *d)
{
    return weir_shape_asks((enum weir_shape) d->shape);
}


/* The types that a value of the shape may have; 0: any. null counts as not
   there. */
static bool
type_fits(uint8_t does, enum weir_token_kind kind)
{
#define BIT(kind)  (1u << WEIR_TOKEN_##kind)
    static const uint16_t  takes[WEIR_DOES_STRIP + 1] = {
        [WEIR_DOES_PIECES] = BIT(NULL),
        [WEIR_DOES_THOUGHT] = BIT(TRUE) | BIT(FALSE),
        [WEIR_DOES_ROLE] = BIT(STRING),
        [WEIR_DOES_TYPE] = BIT(STRING),
        [WEIR_DOES_EVENT] = BIT(STRING),
        [WEIR_DOES_MODEL] = BIT(STRING),
        [WEIR_DOES_MAX_TOKENS] = BIT(NUMBER),
        [WEIR_DOES_N] = BIT(NUMBER),
        [WEIR_DOES_STREAMED] = BIT(TRUE) | BIT(FALSE),
        [WEIR_DOES_BACKGROUND] = BIT(TRUE) | BIT(FALSE),
        [WEIR_DOES_STREAM_OPTIONS] = BIT(OBJECT),
        [WEIR_DOES_INCLUDE_USAGE] = BIT(TRUE) | BIT(FALSE),
        [WEIR_DOES_MESSAGES] = BIT(ARRAY),
        [WEIR_DOES_CHOICES] = BIT(ARRAY),
        [WEIR_DOES_INDEX] = BIT(NUMBER),
        [WEIR_DOES_FINISH] = BIT(STRING),
        [WEIR_DOES_RPC_ID] = BIT(STRING) | BIT(NUMBER),
        [WEIR_DOES_RPC_METHOD] = BIT(STRING),
        [WEIR_DOES_RPC_PARAMS] = BIT(OBJECT),
        [WEIR_DOES_RPC_REPLY] = BIT(OBJECT),
        [WEIR_DOES_TOOL] = BIT(STRING)
    };

    return takes[does] == 0 || (takes[does] & (1u << kind)) != 0
           || kind == WEIR_TOKEN_NULL;
#undef BIT
}


/* `form` STRING, KEY or NUMBER at the token; its row gives coding, field. */
static int
text_add(struct weir_doc *d, const struct weir_token *t, const struct slot *s,
    enum weir_text_form form)
{
    struct weir_text  *x;
    const bool         named = form != WEIR_TEXT_KEY && s->frame != NULL
                               && s->frame->node != WEIR_NODE_ARRAY;

    if (d->ntexts == d->texts_max) {
        return WEIR_E_TOO_MANY_TEXTS;
    }
    x = &d->texts[d->ntexts++];
    x->begin = t->begin;
    x->end = t->end;
    x->channel = WEIR_CHANNEL(0, s->row->field, 0);
    x->coding = form == WEIR_TEXT_STRING
                && (s->does == WEIR_DOES_JSON2
                    || s->does == WEIR_DOES_STREAM2)
                ? WEIR_JSON2 : WEIR_JSON;
    x->place = s->place;
    x->form = (uint8_t) form;
    x->stream = form == WEIR_TEXT_STRING
                && (s->does == WEIR_DOES_STREAM
                    || s->does == WEIR_DOES_STREAM2);
    x->key_at = named ? d->key_at : 0;
    x->key_len = named ? d->key_len : 0;
    return WEIR_OK;
}


static int
key_take(struct weir_doc *d, const struct weir_token *t)
{
    struct weir_doc_frame  *f = &d->frames[d->depth - 1];
    const struct weir_node *node = &weir_nodes[f->node];
    const struct weir_row  *row = NULL;
    bool                    loose = false;

    d->key_at = t->begin;
    d->key_len = t->end - t->begin;
    d->row = &node->rest;

    if (!d->json.head_more && node->nrows > 0) {
        row = weir_row_find(node, d->json.head, d->json.head_len,
                            is_request(d) ? &loose : NULL);
    }
    if ((row == NULL || loose) && (node->flags & WEIR_NODE_KEYS)) {
        const struct slot  s = { &node->rest, f, WEIR_DOES_TEXT, f->place, 0 };
        const int          rc = text_add(d, t, &s, WEIR_TEXT_KEY);

        if (rc != WEIR_OK) {
            return rc;
        }
    }
    if (row == NULL) {
        return WEIR_OK;
    }

    if (node->flags & WEIR_NODE_UNIQUE) {
        const uint64_t  bit = UINT64_C(1) << (row - node->rows);

        if (f->seen & bit) {
            return WEIR_E_DUPLICATE_KEY;
        }
        f->seen |= bit;
    }
    if (!loose) {
        d->row = row;
    }
    return WEIR_OK;
}


/* ---- scalars ---- */

static struct weir_spot
spot_of(const struct weir_token *t)
{
    const uint32_t  quote = t->kind == WEIR_TOKEN_STRING;

    return (struct weir_spot) { t->begin - quote, t->end + quote };
}


/* RFC 2397; schemes are compared without case, RFC 3986 3.1. */
static bool
is_data_url(const struct weir_json *j)
{
    static const char  scheme[] = "data:";

    if (j->head_len < sizeof(scheme) - 1) {
        return false;
    }
    for (unsigned i = 0; i < sizeof(scheme) - 1; i++) {
        if ((j->head[i] | 0x20) != (scheme[i] | 0x20)) {
            return false;
        }
    }
    return true;
}


static void
type_take(struct weir_doc *d, struct weir_doc_frame *f)
{
    uint8_t         field;
    enum weir_kind  kind;

    kind = weir_kind_of(d->json.head, d->json.head_len, &field);
    f->kind = (uint8_t) kind;
    if (f->node == WEIR_NODE_BLOCK_START || f->node == WEIR_NODE_BLOCK_DELTA) {
        d->facts.block_kind = field;
    }
}


static int
finish_take(struct weir_doc *d, const struct weir_token *t)
{
    struct weir_facts  *facts = &d->facts;

    if (t->begin == t->end) {
        return WEIR_OK;              /* "" of some servers: not yet */
    }
    if (facts->nfinish == WEIR_FINISHES_MAX) {
        return WEIR_E_TOO_MANY_TEXTS;
    }
    facts->finish[facts->nfinish].choice = WEIR_DOC_INDEX_NONE;
    facts->finish[facts->nfinish].value = spot_of(t);
    facts->nfinish++;
    return WEIR_OK;
}


static int
strip_add(struct weir_doc *d, struct weir_spot spot)
{
    if (d->facts.nstrip == WEIR_STRIPS_MAX) {
        return WEIR_E_TOO_MANY_TEXTS;
    }
    d->facts.strip[d->facts.nstrip++] = spot;
    return WEIR_OK;
}


/* A value that is a name of the protocol, and what it tells. */
static int
name_take(struct weir_doc *d, const struct weir_token *t, const struct slot *s)
{
    switch (s->does) {
    case WEIR_DOES_ROLE:
        s->frame->kind = is_request(d)
            ? weir_place_of_role(d->json.head, d->json.head_len)
            : WEIR_AT_ASSISTANT;
        if (s->frame->kind == WEIR_AT_OTHER) {
            /* of nobody: chat templates write it into the prompt as it is */
            return text_add(d, t, s, WEIR_TEXT_STRING);
        }
        break;
    case WEIR_DOES_TYPE:
        type_take(d, s->frame);
        break;
    case WEIR_DOES_ITEM_TYPE:
        if (weir_span_is((struct weir_span) { d->json.head,
                                              d->json.head_len },
                         "image_generation_call"))
        {
            s->frame->flags |= WEIR_FRAME_IMAGE;
        }
        break;
    case WEIR_DOES_EVENT:
        d->facts.event = d->shape == WEIR_SHAPE_RESPONSES_EVENT
            ? weir_responses_event_of(d->json.head, d->json.head_len,
                                      &d->facts.block_kind)
            : d->shape == WEIR_SHAPE_TRANSCRIPT_EVENT
            ? weir_transcript_event_of(d->json.head, d->json.head_len,
                                       &d->facts.block_kind)
            : weir_event_of(d->json.head, d->json.head_len);
        break;
    case WEIR_DOES_ITEM_ID:
        d->facts.item = spot_of(t);
        break;
    case WEIR_DOES_MODEL:
        d->facts.model = spot_of(t);
        break;
    case WEIR_DOES_ID:
    case WEIR_DOES_RPC_ID:
        d->facts.id = spot_of(t);
        break;
    case WEIR_DOES_RPC_METHOD:
        d->facts.rpc = d->json.head_more ? WEIR_RPC_UNKNOWN
            : weir_rpc_of(d->json.head, d->json.head_len);
        break;
    case WEIR_DOES_FINISH: {
        const int  rc = finish_take(d, t);

        if (rc != WEIR_OK) {
            return rc;
        }
        break;
    }
    default:
        break;
    }

    /* Longer than any name: then it is no name. */
    return d->json.head_more ? text_add(d, t, s, WEIR_TEXT_STRING) : WEIR_OK;
}


static int
string_take(struct weir_doc *d, const struct weir_token *t,
    const struct slot *s)
{
    switch (s->does) {
    case WEIR_DOES_MUTE:
        return WEIR_OK;

    case WEIR_DOES_OPAQUE:
        weir_doc_unreadable(d);
        /* fall through */

    case WEIR_DOES_SEALED:
        d->facts.opaque += t->end - t->begin;
        return WEIR_OK;

    case WEIR_DOES_MEDIA:
        weir_doc_unreadable(d);
        /* fall through */

    case WEIR_DOES_URL:
        if (is_data_url(&d->json)) {
            d->facts.opaque += t->end - t->begin;
            weir_doc_unreadable(d);
            return WEIR_OK;
        }
        return text_add(d, t, s, WEIR_TEXT_STRING);

    case WEIR_DOES_DATA:
    case WEIR_DOES_RESULT:
        s->frame->flags |= WEIR_FRAME_DATA;
        s->frame->count = d->ntexts;
        return text_add(d, t, s, WEIR_TEXT_STRING);

    case WEIR_DOES_STRIP:
        return strip_add(d, spot_of(t));

    case WEIR_DOES_MARK:
        d->facts.marks[s->row->field] = spot_of(t);
        return s->place == WEIR_AT_USER
               ? text_add(d, t, s, WEIR_TEXT_STRING) : WEIR_OK;

    case WEIR_DOES_SECONDS:
        d->facts.seconds = spot_of(t);
        return text_add(d, t, s, WEIR_TEXT_STRING);

    case WEIR_DOES_NAME:
    case WEIR_DOES_ROLE:
    case WEIR_DOES_TYPE:
    case WEIR_DOES_EVENT:
    case WEIR_DOES_MODEL:
    case WEIR_DOES_ID:
    case WEIR_DOES_ITEM_ID:
    case WEIR_DOES_ITEM_TYPE:
    case WEIR_DOES_FINISH:
    case WEIR_DOES_RPC_ID:
    case WEIR_DOES_RPC_METHOD:
        return name_take(d, t, s);

    case WEIR_DOES_TOOL:
        d->facts.tool = spot_of(t);
        return text_add(d, t, s, WEIR_TEXT_STRING);

    case WEIR_DOES_ERROR:
        d->facts.error = 1;
        /* fall through */

    default:
        return text_add(d, t, s, WEIR_TEXT_STRING);
    }
}


static int
index_take(struct weir_doc *d, struct weir_doc_frame *f)
{
    const bool     sub = weir_nodes[f->node].flags & WEIR_NODE_SUB;
    const int64_t  v = weir_json_integer(&d->json,
                           sub ? WEIR_SUB_FUNCTION_CALL - 1 : UINT16_MAX);

    if (v < 0) {
        return WEIR_E_BAD_REQUEST;
    }
    f->index = (uint32_t) v;
    if (f->node == WEIR_NODE_ANTHROPIC_EVENT
        || f->node == WEIR_NODE_RESPONSES_EVENT)
    {
        d->facts.block = f->index;
    }
    return WEIR_OK;
}


/* Numbers in the place of text: said once for the array they are in. */
static void
token_id_take(struct weir_doc *d, struct weir_doc_frame *f)
{
    d->facts.token_ids++;
    if ((f->flags & WEIR_FRAME_UNREADABLE) == 0) {
        f->flags |= WEIR_FRAME_UNREADABLE;
        d->facts.not_scanned++;
    }
}


/* Usage counts. What is no count is as good as not there: the flow then
   estimates. */
static void
tokens_take(struct weir_doc *d, uint8_t does)
{
    int64_t *const  sum = does == WEIR_DOES_INPUT_TOKENS
                          ? &d->facts.input_tokens : &d->facts.output_tokens;
    const int64_t   v = weir_json_integer(&d->json, TOKENS_MAX);

    if (v >= 0) {
        *sum = (*sum < 0 ? 0 : *sum) + v;
    }
}


/* Is the value in arrays alone, below no object? */
static bool
is_keyless(const struct weir_doc *d)
{
    for (unsigned i = 0; i < d->depth; i++) {
        if (d->frames[i].node != WEIR_NODE_ARRAY) {
            return false;
        }
    }
    return true;
}


static int
number_take(struct weir_doc *d, const struct weir_token *t,
    const struct slot *s)
{
    struct weir_facts  *facts = &d->facts;
    int64_t             v;

    switch (s->does) {
    case WEIR_DOES_MAX_TOKENS:
        v = weir_json_integer(&d->json, INT64_C(1) << 31);
        if (v < 0) {
            return WEIR_E_BAD_REQUEST;
        }
        if (v > facts->max_tokens_value) {
            facts->max_tokens_value = v;
            facts->max_tokens = spot_of(t);
        }
        return WEIR_OK;

    case WEIR_DOES_N:
        v = weir_json_integer(&d->json, WEIR_FINISHES_MAX);
        if (v < 1) {
            return WEIR_E_BAD_REQUEST;
        }
        facts->choices = v > facts->choices ? v : facts->choices;
        return WEIR_OK;

    case WEIR_DOES_INDEX:
        return index_take(d, s->frame);

    case WEIR_DOES_SUB_INDEX:
        v = weir_json_integer(&d->json, WEIR_SUB_FUNCTION_CALL - 1);
        if (v < 0) {
            return WEIR_E_BAD_REQUEST;
        }
        facts->part = (uint32_t) v;
        return WEIR_OK;

    case WEIR_DOES_INPUT:
        token_id_take(d, s->frame);
        return WEIR_OK;

    case WEIR_DOES_INPUT_TOKENS:
    case WEIR_DOES_OUTPUT_TOKENS:
        tokens_take(d, s->does);
        return WEIR_OK;

    case WEIR_DOES_CREATED:
        facts->created = spot_of(t);
        return WEIR_OK;

    case WEIR_DOES_SECONDS:
        if (facts->seconds.begin == WEIR_SPOT_NONE
            || s->frame->node == WEIR_NODE_HEARD)      /* those billed */
        {
            facts->seconds = spot_of(t);
        }
        return WEIR_OK;

    case WEIR_DOES_RPC_ID:
        facts->id = spot_of(t);
        return WEIR_OK;

    default:
        /* seven digits: the shortest number that identifies somebody, a
           local telephone number; one that no key stands before may be
           anything */
        if (d->json.digits >= 7
            && (s->row->into == WEIR_NODE_FREE || is_keyless(d)))
        {
            return text_add(d, t, s, WEIR_TEXT_NUMBER);
        }
        return WEIR_OK;
    }
}


static void
literal_take(struct weir_doc *d, const struct weir_token *t,
    const struct slot *s)
{
    if (s->does == WEIR_DOES_DETAILS) {
        d->facts.details = spot_of(t);

    } else if (s->does == WEIR_DOES_RPC_ID) {
        d->facts.id = spot_of(t);

    } else if (s->does == WEIR_DOES_STREAM_OPTIONS) {
        d->facts.stream_options = spot_of(t);

    } else if (s->does == WEIR_DOES_INCLUDE_USAGE) {
        d->facts.include_usage_at = spot_of(t);

    } else if (s->does == WEIR_DOES_MAX_TOKENS
               && d->facts.max_tokens_value < 0)
    {
        d->facts.max_tokens = spot_of(t);
    }
    if (t->kind == WEIR_TOKEN_NULL) {
        return;
    }
    if (s->does == WEIR_DOES_STREAMED) {
        d->facts.stream = t->kind == WEIR_TOKEN_TRUE;

    } else if (s->does == WEIR_DOES_BACKGROUND) {
        d->facts.background = t->kind == WEIR_TOKEN_TRUE;

    } else if (s->does == WEIR_DOES_INCLUDE_USAGE) {
        d->facts.include_usage = t->kind == WEIR_TOKEN_TRUE;

    } else if (s->does == WEIR_DOES_THOUGHT && t->kind == WEIR_TOKEN_TRUE) {
        s->frame->flags |= WEIR_FRAME_THOUGHT;
    }
}


/* ---- containers ---- */

static void
container_begin(struct weir_doc *d, const struct weir_token *t,
    const struct slot *s)
{
    struct weir_doc_frame  *f = &d->frames[d->depth];
    const bool              mute = s->does == WEIR_DOES_STRIP;

    if (s->does == WEIR_DOES_MEDIA || s->does == WEIR_DOES_OPAQUE) {
        /* servers tell parts by key, not by type */
        weir_doc_unreadable(d);
    }
    if (s->does == WEIR_DOES_ERROR) {
        d->facts.error = 1;
    }

    d->depth++;
    f->items = mute ? &weir_row_mute : s->row;
    f->seen = 0;
    f->begin = t->begin;
    f->text = d->ntexts;
    f->count = 0;
    f->index = s->position;
    f->does = s->does;
    f->place = s->place;
    f->flags = 0;

    if (t->kind == WEIR_TOKEN_ARRAY) {
        f->node = WEIR_NODE_ARRAY;
    } else {
        f->node = mute ? WEIR_NODE_MUTE : s->row->into;
    }
    if (f->node == WEIR_NODE_MCP_TOOL) {
        d->facts.tool = spot_none;       /* until its name comes */
    }
    f->kind = weir_nodes[f->node].flags & WEIR_NODE_ROLES
              ? (is_request(d) ? WEIR_AT_OTHER : WEIR_AT_ASSISTANT)
              : WEIR_KIND_UNKNOWN;
}


static int
container_end(struct weir_doc *d, const struct weir_token *t)
{
    struct weir_doc_frame  *f = &d->frames[d->depth - 1];
    const struct weir_spot  spot = { f->begin, t->end };
    int                     rc = WEIR_OK;

    if (f->node == WEIR_NODE_ARRAY) {
        if (f->does == WEIR_DOES_MESSAGES) {
            d->facts.messages = f->count;

        } else if (f->does == WEIR_DOES_INPUT && d->depth == 2) {
            /* the ids of tokens are no messages */
            d->facts.messages = f->flags & WEIR_FRAME_UNREADABLE ? 1
                                                                 : f->count;

        } else if (f->does == WEIR_DOES_CHOICES) {
            d->facts.nchoices = f->count;

        } else if (f->does == WEIR_DOES_WORDS) {
            d->facts.words = spot;
        }

    } else {
        if (f->node == WEIR_NODE_MCP_TOOL
            && d->facts.ntools < WEIR_TOOLS_MAX)
        {
            d->facts.tools[d->facts.ntools++] =
                (struct weir_tool) { spot, d->facts.tool };
        }
        weir_doc_object_end(d, f);
        if (f->does == WEIR_DOES_USAGE) {
            d->facts.usage = spot;

        } else if (f->does == WEIR_DOES_MARK) {
            d->facts.marks[f->items->field] = spot;

        } else if (f->does == WEIR_DOES_STREAM_OPTIONS) {
            d->facts.stream_options = spot;

        } else if (f->does == WEIR_DOES_DETAILS) {
            d->facts.details = spot;
        }
        if (d->depth == 1) {
            d->facts.object_end = t->begin;
        }
    }

    if (f->does == WEIR_DOES_STRIP) {
        rc = strip_add(d, spot);
    }
    d->depth--;
    return rc;
}


static int
token_take(struct weir_doc *d, const struct weir_token *t)
{
    struct slot  s;

    switch (t->kind) {
    case WEIR_TOKEN_KEY:
        return key_take(d, t);
    case WEIR_TOKEN_OBJECT_END:
    case WEIR_TOKEN_ARRAY_END:
        return container_end(d, t);
    default:
        break;
    }

    s = slot_next(d);
    d->facts.rpc_reply |= s.does == WEIR_DOES_RPC_REPLY;
    if (!type_fits(s.does, t->kind)
        || (d->depth == 0 && is_request(d) && t->kind != WEIR_TOKEN_OBJECT))
    {
        return WEIR_E_BAD_REQUEST;
    }

    switch (t->kind) {
    case WEIR_TOKEN_OBJECT:
    case WEIR_TOKEN_ARRAY:
        container_begin(d, t, &s);
        return WEIR_OK;
    case WEIR_TOKEN_STRING:
        return string_take(d, t, &s);
    case WEIR_TOKEN_NUMBER:
        return number_take(d, t, &s);
    default:
        literal_take(d, t, &s);
        return WEIR_OK;
    }
}
