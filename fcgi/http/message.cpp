#include "fcgi/http/message.h"

#include <charconv>
#include <cstring>

#include "fcgi/http/body.h"

namespace gatehouse::http {
namespace {

// Eight bytes at a time: every answer of the gate passes through here.
bool HasControl(std::string_view s) {
  constexpr std::uint64_t kOnes = ~std::uint64_t{0} / 255;  // 0x01 in every byte
  constexpr std::uint64_t kHigh = kOnes * 0x80;
  std::uint64_t found = 0;
  const auto look = [&](std::uint64_t bytes) {
    found |= (bytes - kOnes * 0x20) & ~bytes;  // below 0x20
    const std::uint64_t del = bytes ^ (kOnes * 0x7F);
    found |= (del - kOnes) & ~del;
  };
  for (; s.size() >= sizeof(std::uint64_t); s.remove_prefix(sizeof(std::uint64_t))) {
    std::uint64_t bytes = 0;
    std::memcpy(&bytes, s.data(), sizeof bytes);
    look(bytes);
  }
  std::uint64_t rest = kOnes * 'x';
  std::memcpy(&rest, s.data(), s.size());
  look(rest);
  return (found & kHigh) != 0;
}

bool IsSendable(const Response& response) {
  if (response.status < 100 || response.status > 599) return false;
  return !response.unsendable && !HasControl(response.content_type);
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

Response& Response::Header(const HeaderName& name, std::string_view value) {
  if (HasControl(value)) {
    unsendable = true;
  } else {
    AppendHeader(header_lines, name.text(), value);
  }
  return *this;
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
  out += response.header_lines;
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
