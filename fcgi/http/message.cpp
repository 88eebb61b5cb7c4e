#include "fcgi/http/message.h"

#include <charconv>

#include "fcgi/http/body.h"

namespace gatehouse::http {
namespace {

bool HasControl(std::string_view s) {
  for (const char c : s) {
    const auto u = static_cast<unsigned char>(c);
    if (u < 0x20 || u == 0x7F) return true;
  }
  return false;
}

bool IsToken(std::string_view name) {  // RFC 9110 5.6.2
  constexpr std::string_view kPunctuation = "!#$%&'*+-.^_`|~";
  for (const char c : name) {
    const bool alnum = (c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
    if (!alnum && kPunctuation.find(c) == std::string_view::npos) return false;
  }
  return !name.empty();
}

bool IsSendable(const Response& response) {
  if (response.status < 100 || response.status > 599) return false;
  if (HasControl(response.content_type)) return false;
  for (const auto& [name, value] : response.headers) {
    if (!IsToken(name) || HasControl(value)) return false;
  }
  return true;
}

void AppendNumber(std::string& out, std::size_t number) {
  char digits[24];
  const auto end = std::to_chars(digits, digits + sizeof digits, number).ptr;
  out.append(digits, static_cast<std::size_t>(end - digits));
}

void AppendHeader(std::string& out, std::string_view name, std::string_view value) {
  out.append(name).append(": ").append(value).append("\r\n");
}

}  // namespace

std::string_view ValueRequest::Param(const char* name) const {
  for (const auto& [key, value] : params_) {
    if (key == name) return value;
  }
  return {};
}

Result<std::string> ValueRequest::ReadBody(std::size_t limit) {
  const std::string_view declared = Param("CONTENT_LENGTH");
  GH_ASSIGN(const std::size_t expected,
            declared.empty() ? Result<std::size_t>(body_.size()) : DeclaredLength(declared));
  if (expected > limit || body_.size() > limit) return MakeError(ErrorCode::kBodyTooLarge);
  if (body_.size() != expected) {
    return MakeError(ErrorCode::kMalformedJson, "the body is not as long as CONTENT_LENGTH says");
  }
  return body_;
}

void AppendCgi(std::string& out, const Response& response) {
  if (!IsSendable(response)) {
    out += "Status: 500\r\n\r\n";
    return;
  }
  out += "Status: ";
  AppendNumber(out, static_cast<std::size_t>(response.status));
  out += "\r\n";
  if (!response.content_type.empty()) AppendHeader(out, "Content-Type", response.content_type);
  for (const auto& [name, value] : response.headers) AppendHeader(out, name, value);
  if (!response.body.empty()) {
    // nginx then tells a whole answer from one that was cut off when a worker died.
    out += "Content-Length: ";
    AppendNumber(out, response.body.size());
    out += "\r\n";
  }
  out += "\r\n";
  out += response.body;
}

}  // namespace gatehouse::http
