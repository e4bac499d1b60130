/*
 * unserved.c: interfaces that providers have and this gateway does not
 * inspect, by name, and what to do instead. It decides nothing: what is not
 * in surface.c is refused, known or not. A caller who reads which interface
 * it was, and that it is not inspected, looks for no mistake in the address.
 */
#include "flow/flow_internal.h"

/* `at`: the path and what is below it; ":x" ends any path; with a method this
   path alone. The first that fits counts. */
static const struct weir_unserved  known[] = {
    { "/v1/realtime", "Realtime (WebSocket, WebRTC, SIP)",
      "实时接口（WebSocket、WebRTC、SIP）", NULL, NULL },
    { "GET /v1/files", NULL, NULL,
      "A list would name the files of all scenarios. Keep the id that an "
      "upload returns, and ask for the file by it.",
      "列表会包含所有场景的文件；请保存上传时返回的 id，并按 id 查询。" },
    { "GET /v1/batches", NULL, NULL,
      "A list would name the batches of all scenarios. Keep the id that "
      "creating one returns, and ask for the batch by it.",
      "列表会包含所有场景的批处理；请保存创建时返回的 id，并按 id 查询。" },
    { "GET /v1/messages/batches", NULL, NULL,
      "A list would name the batches of all scenarios. Keep the id that "
      "creating one returns, and ask for the batch by it.",
      "列表会包含所有场景的批处理；请保存创建时返回的 id，并按 id 查询。" },
    { "GET /mcp/", NULL, NULL,
      "A server's own stream is not served; what it answers comes with POST.",
      "不提供服务器自身的事件流；回答随 POST 返回。" },
    { "/v1/responses", "stored responses", "已保存的 Responses", NULL, NULL },
    { "/v1/chat/completions", "stored chat completions",
      "已保存的 Chat Completions", NULL, NULL },
    { "/v1/uploads", "uploads in parts", "分块上传",
      "Send the file whole to /v1/files.", "请将文件整体发送到 /v1/files。" },
    { "/v1/assistants", "Assistants", "Assistants 接口", NULL, NULL },
    { "/v1/threads", "Assistants", "Assistants 接口", NULL, NULL },
    { "/v1/conversations", "Conversations", "Conversations 接口", NULL,
      NULL },
    { "/v1/vector_stores", "vector stores", "向量库", NULL, NULL },
    { "/v1/fine_tuning", "fine-tuning", "微调", NULL, NULL },
    { "/v1/evals", "Evals", "Evals 接口", NULL, NULL },
    { "/v1/containers", "containers", "容器", NULL, NULL },
    { "/v1/videos", "videos", "视频", NULL, NULL },
    { "/v1/complete", "Text Completions of Anthropic",
      "Anthropic 的 Text Completions", "Use /v1/messages.",
      "请使用 /v1/messages。" },
    { "/v1/skills", "Skills", "Skills 接口", NULL, NULL },
    { "/v1beta/files", "files of Gemini", "Gemini 文件", NULL, NULL },
    { "/upload", "files of Gemini", "Gemini 文件", NULL, NULL },
    { "/v1beta/cachedContents", "cached contents of Gemini", "Gemini 缓存内容",
      NULL, NULL },
    { "/v1beta/tunedModels", "tuned models of Gemini", "Gemini 调优模型",
      NULL, NULL },
    { "/v1beta/interactions", "Interactions of Gemini", "Gemini Interactions",
      NULL, NULL },
    { "/ws", "Live API of Gemini (WebSocket)", "Gemini Live（WebSocket）",
      NULL, NULL },
    { ":embedContent", "embeddings of Gemini", "Gemini 向量", NULL, NULL },
    { ":batchEmbedContents", "embeddings of Gemini", "Gemini 向量", NULL,
      NULL },
    { ":batchGenerateContent", "batches of Gemini", "Gemini 批处理", NULL,
      NULL },
    { ":predict", "predictions of Gemini", "Gemini 预测", NULL, NULL },
    { ":predictLongRunning", "predictions of Gemini", "Gemini 预测", NULL,
      NULL },
};


static bool
begins(struct weir_span s, struct weir_span with)
{
    return s.len >= with.len && memcmp(s.at, with.at, with.len) == 0;
}


static bool
is_at(struct weir_span method, struct weir_span path, struct weir_span at)
{
    const struct weir_span  get = WEIR_SPAN("GET ");

    if (at.at[0] == ':') {
        return path.len >= at.len
               && memcmp(path.at + path.len - at.len, at.at, at.len) == 0;
    }
    if (begins(at, get)) {
        at.at += get.len;
        at.len -= get.len;
        return weir_span_is(method, "GET") && begins(path, at)
               && (path.len == at.len || at.at[at.len - 1] == '/');
    }
    return begins(path, at) && (path.len == at.len || path.at[at.len] == '/');
}


const struct weir_unserved *
weir_unserved_of(struct weir_span method, struct weir_span path)
{
    for (size_t i = 0; i < sizeof(known) / sizeof(known[0]); i++) {
        if (is_at(method, path, weir_span_of(known[i].at))) {
            return &known[i];
        }
    }
    return NULL;
}
