// A request and its response as values. Nothing here knows FastCGI; tests make them by hand.
#pragma once

#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "fcgi/base/result.h"

namespace gatehouse::http {

// What nginx told us of one request: FastCGI parameters by name, and the body on demand.
class Request {
 public:
  virtual ~Request() = default;

  // A parameter, or "" where it is absent; valid as long as the request. Names as nginx sends
  // them: "REQUEST_METHOD", "DOCUMENT_URI", "QUERY_STRING", "HTTP_AUTHORIZATION", …
  virtual std::string_view Param(const char* name) const = 0;

  // Reads the whole body once. kBodyTooLarge where CONTENT_LENGTH or what comes is over `limit`
  // (decided before reading); kMalformedJson where the body is shorter than it said.
  virtual Result<std::string> ReadBody(std::size_t limit) = 0;

  std::string_view method() const { return Param("REQUEST_METHOD"); }
  std::string_view path() const { return Param("DOCUMENT_URI"); }  // normalized by nginx
  std::string_view query() const { return Param("QUERY_STRING"); }
  std::string_view content_type() const { return Param("CONTENT_TYPE"); }
};

// A request from values, for tests and benchmarks.
class ValueRequest final : public Request {
 public:
  void Set(std::string name, std::string value) {
    params_.emplace_back(std::move(name), std::move(value));
  }
  void SetBody(std::string body) { body_ = std::move(body); }
  std::string_view Param(const char* name) const override;
  Result<std::string> ReadBody(std::size_t limit) override;

 private:
  std::vector<std::pair<std::string, std::string>> params_;
  std::string body_;
};

// A header's name: a token (RFC 9110 5.6.2), which the compiler checks.
class HeaderName {
 public:
  template <std::size_t N>
  consteval HeaderName(const char (&name)[N]) : text_(name, N - 1) {  // NOLINT(*explicit*)
    if (!IsToken(text_)) throw "not a token";
  }
  std::string_view text() const { return text_; }

 private:
  static constexpr bool IsToken(std::string_view name) {
    constexpr std::string_view kPunctuation = "!#$%&'*+-.^_`|~";
    for (const char c : name) {
      const bool alnum = (c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
      if (!alnum && kPunctuation.find(c) == std::string_view::npos) return false;
    }
    return !name.empty();
  }
  std::string_view text_;
};

struct Response {
  int status = 204;
  std::string content_type;  // empty with an empty body
  std::string body;
  std::string header_lines{};  // what Header() wrote
  bool unsendable = false;     // a header was refused

  // A value with a control character is a bug upstream: the whole answer becomes a bare 500, so
  // that no header can be split.
  Response& Header(const HeaderName& name, std::string_view value);
  static Response Json(int status, std::string body) {
    return Response{status, "application/json", std::move(body)};
  }
  static Response Empty(int status) { return Response{status, {}, {}}; }
};

// The CGI form of a response ("Status: 200\r\n…\r\n\r\nbody").
void AppendCgi(std::string& out, const Response& response);

struct Exchange {
  Request* request;
  Response response;
};

}  // namespace gatehouse::http
