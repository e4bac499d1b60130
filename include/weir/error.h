/*
 * error.h: one table for all that can go wrong on the data path.
 *
 * X(NAME, http status, OpenAI type, Anthropic type, code, en, zh)
 *
 * The status decides what an SDK does: 408, 409, 429 and >= 500 are retried
 * by openai and @anthropic-ai/sdk, so nothing that a retry cannot mend may
 * use them (docs/decisions/0002-status-codes.md).
 */
#ifndef WEIR_ERROR_H
#define WEIR_ERROR_H

#include "weir/base.h"

#define WEIR_ERROR_TABLE(X)                                                   \
    X(INTERNAL, 500, "server_error", "api_error", "internal_error",           \
      "The gateway failed; the call was not sent on.",                        \
      "网关内部出错，本次调用未被转发。")                                     \
    X(NO_MEMORY, 503, "server_error", "overloaded_error", "overloaded",       \
      "The gateway is short of memory; try again later.",                     \
      "网关内存不足，请稍后重试。")                                           \
    X(NO_SNAPSHOT, 503, "server_error", "api_error", "no_rules_loaded",       \
      "The gateway has no valid rules loaded and lets nothing pass.",         \
      "网关没有可用的规则快照，拒绝放行。")                                   \
    X(JOURNAL, 503, "server_error", "api_error", "journal_unavailable",       \
      "The call cannot be recorded, so it is not made.",                      \
      "本次调用无法记录在案，因此不予转发。")                                 \
    X(NO_KEY, 401, "authentication_error", "authentication_error",            \
      "missing_api_key",                                                      \
      "No API key was given. Send it as a Bearer token or as x-api-key.",     \
      "缺少 API 密钥，请用 Bearer 或 x-api-key 提供。")                       \
    X(BAD_KEY, 401, "authentication_error", "authentication_error",           \
      "invalid_api_key",                                                      \
      "The API key is unknown, revoked or expired.",                          \
      "API 密钥未知、已吊销或已过期。")                                       \
    X(NOT_ADMITTED, 403, "permission_error", "permission_error",              \
      "scenario_not_admitted",                                                \
      "The scenario of this key is not admitted to service.",                 \
      "该密钥所属的应用场景尚未准入。")                                       \
    X(MODEL_UNKNOWN, 404, "invalid_request_error", "not_found_error",         \
      "model_not_found",                                                      \
      "The model is not registered for this scenario.",                       \
      "该模型未在本场景登记。")                                               \
    X(SURFACE, 404, "invalid_request_error", "not_found_error",               \
      "surface_not_inspected",                                                \
      "This path is not inspected by the gateway, so it is refused.",         \
      "网关尚不能检查该接口的内容，因此拒绝转发。")                           \
    X(METHOD, 405, "invalid_request_error", "invalid_request_error",          \
      "method_not_allowed",                                                   \
      "This path does not take that method.",                                 \
      "该接口不支持此请求方法。")                                             \
    X(BAD_REQUEST, 400, "invalid_request_error", "invalid_request_error",     \
      "invalid_request",                                                      \
      "The request lacks a field that the interface requires, or has it "     \
      "in the wrong type.",                                                   \
      "请求缺少接口要求的字段，或字段类型不对。")                             \
    X(BAD_JSON, 400, "invalid_request_error", "invalid_request_error",        \
      "invalid_json",                                                         \
      "The body is not valid JSON.",                                          \
      "请求体不是合法的 JSON。")                                              \
    X(BAD_UTF8, 400, "invalid_request_error", "invalid_request_error",        \
      "invalid_utf8",                                                         \
      "The body is not valid UTF-8.",                                         \
      "请求体不是合法的 UTF-8。")                                             \
    X(TOO_DEEP, 400, "invalid_request_error", "invalid_request_error",        \
      "nesting_too_deep",                                                     \
      "The JSON is nested deeper than the gateway inspects.",                 \
      "JSON 嵌套过深，超出网关的检查范围。")                                  \
    X(DUPLICATE_KEY, 400, "invalid_request_error", "invalid_request_error",   \
      "duplicate_key",                                                        \
      "A JSON object names a key twice; which one counts is ambiguous.",      \
      "JSON 对象出现重复的键，含义不明确。")                                  \
    X(TOO_LARGE, 413, "invalid_request_error", "request_too_large",           \
      "request_too_large",                                                    \
      "The body is larger than the gateway inspects.",                        \
      "请求体过大，超出网关的检查范围。")                                     \
    X(TOO_MANY_TEXTS, 413, "invalid_request_error", "request_too_large",      \
      "too_many_texts",                                                       \
      "The body holds more text values than the gateway inspects.",           \
      "请求体中的文本项过多，超出网关的检查范围。")                           \
    X(TOO_DENSE, 413, "invalid_request_error", "request_too_large",           \
      "too_many_findings",                                                    \
      "More findings overlap in a text than the gateway can keep apart, or "  \
      "a regex of a rule takes too long on it.",                              \
      "文本中相互重叠的命中过多，或规则的正则表达式耗时过长，网关无法判定。") \
    X(CODED_BODY, 415, "invalid_request_error", "invalid_request_error",      \
      "encoded_body_not_inspected",                                           \
      "The body is compressed or encoded and cannot be inspected. Send it "   \
      "plain.",                                                               \
      "请求体经过压缩或编码，无法检查，请以明文发送。")                       \
    X(DENIED, 403, "permission_error", "permission_error", "content_filter",  \
      "The content was refused by a rule.",                                   \
      "内容因规则被拒绝。")                                                   \
    X(NO_FUNDS, 402, "insufficient_quota", "billing_error",                   \
      "insufficient_quota",                                                   \
      "The grant of this scenario cannot cover the worst case of this call.", \
      "本场景的额度不足以支付本次调用的最高费用。")                           \
    X(FUNDS_CUT, 402, "insufficient_quota", "billing_error",                  \
      "insufficient_quota",                                                   \
      "The stream was stopped at the amount reserved for this call.",         \
      "本次流式输出已达预留额度上限，被中止。")                               \
    X(TOO_MANY_CALLS, 503, "server_error", "overloaded_error", "overloaded",  \
      "Too many calls are in flight; try again later.",                       \
      "并发调用过多，请稍后重试。")                                           \
    X(SECRET, 503, "server_error", "api_error", "upstream_secret_missing",    \
      "The credential of the upstream is not available to the gateway.",      \
      "网关没有上游模型服务的凭据。")                                         \
    X(UPSTREAM_DOWN, 502, "server_error", "api_error", "upstream_unreachable",\
      "The model service cannot be reached.",                                 \
      "无法连接上游模型服务。")                                               \
    X(UPSTREAM_TIMEOUT, 504, "server_error", "api_error", "upstream_timeout", \
      "The model service did not answer in time.",                            \
      "上游模型服务响应超时。")                                               \
    X(UPSTREAM_BROKE, 502, "server_error", "api_error", "upstream_broke",     \
      "The model service broke off in the middle of its answer.",             \
      "上游模型服务在回答中途断开。")                                         \
    X(UPSTREAM_BAD, 502, "server_error", "api_error", "upstream_invalid",     \
      "The answer of the model service cannot be inspected.",                 \
      "上游模型服务的回答无法检查。")                                         \
    X(UPSTREAM_CODED, 502, "server_error", "api_error", "upstream_encoded",   \
      "The model service sent an encoded answer that cannot be inspected.",   \
      "上游模型服务返回了编码后的内容，无法检查。")                           \
    X(ANSWER_TOO_LARGE, 502, "server_error", "api_error", "answer_too_large", \
      "The answer of the model service is larger than the gateway inspects.", \
      "上游模型服务的回答过大，超出网关的检查范围。")                         \
    X(SNAPSHOT_BAD, 500, "server_error", "api_error", "snapshot_invalid",     \
      "The snapshot file is damaged or of another version.",                  \
      "快照文件损坏或版本不符。")                                             \
    X(NO_SPACE, 503, "server_error", "api_error", "no_space",                 \
      "No space is left for the journal.",                                    \
      "日志空间已满。")                                                       \
    X(CORRUPT, 500, "server_error", "api_error", "corrupt",                   \
      "Stored data fails its checksum.",                                      \
      "存储的数据校验失败。")                                                 \
    X(IO, 500, "server_error", "api_error", "io_error",                       \
      "Reading or writing a file failed.",                                    \
      "文件读写失败。")                                                       \
    X(TOKEN_IDS, 400, "invalid_request_error", "invalid_request_error",       \
      "token_ids_not_inspected",                                              \
      "Token ids cannot be inspected. Send the input as text.",               \
      "无法检查以词元编号表示的输入，请改用文本。")                           \
    X(RATE_REQUESTS, 429, "requests", "rate_limit_error",                     \
      "rate_limit_exceeded",                                                  \
      "The limit of requests is reached; try again later.",                   \
      "请求数已达上限，请稍后重试。")                                         \
    X(RATE_TOKENS, 429, "tokens", "rate_limit_error", "rate_limit_exceeded",  \
      "The limit of tokens is reached; try again later.",                     \
      "词元用量已达上限，请稍后重试。")                                       \
    X(RATE_CALLS, 429, "requests", "rate_limit_error", "rate_limit_exceeded", \
      "The limit of calls in flight is reached; try again later.",            \
      "并发调用数已达上限，请稍后重试。")                                     \
    X(RATE_TOO_LARGE, 413, "tokens", "request_too_large",                     \
      "rate_limit_exceeded",                                                  \
      "The call may use more tokens than its limit ever lets through. Send "  \
      "less text or a smaller max_tokens.",                                   \
      "本次调用的词元用量可能超过上限，请减少文本或调小 max_tokens。")         \
    X(STREAM_FORM, 400, "invalid_request_error", "invalid_request_error",     \
      "stream_form_not_inspected",                                            \
      "A stream is inspected as server-sent events only. Add alt=sse to the " \
      "query.",                                                               \
      "网关只检查以服务器推送事件返回的流，请在查询参数中加上 alt=sse。")      \
    X(TOOL, 403, "permission_error", "permission_error", "tool_not_allowed",  \
      "The tool is not among those that the register allows.",                \
      "登记表未允许调用该工具。")                                             \
    X(RPC_METHOD, 400, "invalid_request_error", "invalid_request_error",      \
      "method_not_inspected",                                                 \
      "The method is none that the gateway inspects, so it is refused.",      \
      "网关尚不能检查该方法，因此拒绝转发。")                                 \
    X(ORIGIN, 403, "permission_error", "permission_error",                    \
      "origin_not_allowed",                                                   \
      "Pages of this origin may not call the server.",                        \
      "登记表未允许该来源的网页调用此服务。")                                 \
    X(NOT_TRANSLATABLE, 400, "invalid_request_error",                         \
      "invalid_request_error", "not_translatable",                            \
      "The model is served in another protocol, in which a part of this "     \
      "request has no counterpart.",                                          \
      "该模型以另一种协议提供服务，请求中的某一部分在其中没有对应项。")          \
    X(BAD_FORM, 400, "invalid_request_error", "invalid_request_error",        \
      "invalid_multipart",                                                    \
      "The body is no multipart/form-data, or one that could be read in two " \
      "ways.",                                                                \
      "请求体不是 multipart/form-data，或其写法可作两种解读。")               \
    X(OBJECT, 404, "invalid_request_error", "not_found_error",                \
      "object_not_found",                                                     \
      "No file or batch of that id belongs to this scenario, or it is none "  \
      "that this can be done with.",                                          \
      "本场景没有该编号的文件或批处理，或不能对其执行此操作。")               \
    X(BACKGROUND, 400, "invalid_request_error", "invalid_request_error",      \
      "background_not_inspected",                                             \
      "An answer that is made in the background comes by no call that is "    \
      "inspected or paid. Leave background out.",                             \
      "后台生成的回答不经过网关的检查与计费，请去掉 background。")

enum weir_error_index {
#define X(name, ...)  WEIR_EI_##name,
    WEIR_ERROR_TABLE(X)
#undef X
    WEIR_ERROR_COUNT
};

enum weir_error {
#define X(name, ...)  WEIR_E_##name = -1 - WEIR_EI_##name,
    WEIR_ERROR_TABLE(X)
#undef X
};

struct weir_error_info {
    const char  *name;
    int          status;
    const char  *openai_type;
    const char  *anthropic_type;
    const char  *code;
    const char  *en;
    const char  *zh;
};

/* Never NULL: an unknown value gives the row of INTERNAL. */
const struct weir_error_info *weir_error_info(int error);

/* What the HTTP server's own error status means; BAD_REQUEST for all that is
   not known. */
int weir_error_of_status(int status);

#endif
