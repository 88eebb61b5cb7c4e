#include "handlers/api/problem.h"

#include "fcgi/lib/json.h"

namespace gatehouse::api {
namespace {

constexpr int kDefaultRetryAfter = 5;  // seconds, where a 429 or 503 says nothing better

}  // namespace

http::Response Problem(const Error& error, std::string_view request_id, bool basic,
                       std::string_view detail) {
  const ErrorInfo& info = Info(error.code);
  json::Writer out;
  out.BeginObject().Member("type", "urn:gatehouse:error:" + std::string(info.name));
  out.Member("title", info.title).Member("status", info.status).Member("code", info.name);
  out.Member("detail", detail.empty() ? info.detail : detail);
  out.Member("user_message", info.user_message);
  out.Member("request_id", request_id);
  if (info.status == 422) {
    out.Key("errors").BeginArray();
    for (const auto& field : error.fields) {
      out.BeginObject().Member("pointer", field.pointer).Member("code", field.code);
      out.Member("detail", field.detail).Member("user_message", field.user_message).EndObject();
    }
    out.EndArray();
  }
  out.EndObject();
  http::Response response{info.status, "application/problem+json", out.Take(), {}};
  if (info.status == 429 || info.status == 503) {
    const int seconds = error.retry_after_s > 0 ? error.retry_after_s : kDefaultRetryAfter;
    response.Header("Retry-After", std::to_string(seconds));
  }
  if (info.status == 401) {
    const bool sent_a_token = error.code == ErrorCode::kInvalidToken;
    response.Header("WWW-Authenticate", basic          ? "Basic realm=\"gatehouse\""
                                        : sent_a_token ? "Bearer error=\"invalid_token\""
                                                       : "Bearer");
  }
  return response;
}

}  // namespace gatehouse::api
