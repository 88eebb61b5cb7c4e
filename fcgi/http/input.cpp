#include "fcgi/http/input.h"

#include <cgicc/CgiInput.h>
#include <cgicc/Cgicc.h>

#include <algorithm>
#include <exception>

#include "fcgi/base/codec.h"

namespace gatehouse::http {
namespace {

constexpr std::size_t kMaxPairs = 64;

// Hands cgicc a query string from memory, and nothing of the process's environment.
class QueryInput final : public cgicc::CgiInput {
 public:
  explicit QueryInput(std::string query) : query_(std::move(query)) {}
  std::size_t read(char*, std::size_t) override { return 0; }
  std::string getenv(const char* name) override {
    const std::string_view wanted(name);
    if (wanted == "REQUEST_METHOD") return "GET";
    return wanted == "QUERY_STRING" ? query_ : std::string();
  }

 private:
  std::string query_;
};

bool IsHex(char c) {
  return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'f') || (c >= 'A' && c <= 'F');
}

bool EscapesAreWhole(std::string_view text) {
  for (std::size_t at = text.find('%'); at != std::string_view::npos; at = text.find('%', at + 1)) {
    if (text.size() - at < 3 || !IsHex(text[at + 1]) || !IsHex(text[at + 2])) return false;
  }
  return true;
}

// The pairs of `text` spelled so that cgicc reads them as the URL standard does: it also splits at
// ";", and loses a last name that has no "=". The number of pairs is left in `count`.
std::string Spell(std::string_view text, std::size_t& count) {
  std::string out;
  out.reserve(text.size() + 16);
  count = 0;
  while (!text.empty()) {
    const std::string_view pair = text.substr(0, text.find('&'));
    text.remove_prefix(std::min(text.size(), pair.size() + 1));
    if (pair.empty()) continue;
    if (count++ > 0) out += '&';
    for (const char c : pair) {
      if (c == ';') {
        out += "%3B";
      } else {
        out += c;
      }
    }
    if (pair.find('=') == std::string_view::npos) out += '=';
  }
  return out;
}

constexpr std::string_view kSpace = " \t";

std::string_view Trim(std::string_view s) {
  const std::size_t first = s.find_first_not_of(kSpace);
  if (first == std::string_view::npos) return {};
  return s.substr(first, s.find_last_not_of(kSpace) - first + 1);
}

char Lower(char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c; }

bool EqualIgnoringCase(std::string_view a, std::string_view b) {
  return std::equal(a.begin(), a.end(), b.begin(), b.end(),
                    [](char x, char y) { return Lower(x) == Lower(y); });
}

// Takes one parameter of a media type off the front of `rest`, up to a ";" outside of quotes.
std::string_view TakeParameter(std::string_view& rest) {
  bool quoted = false;
  std::size_t end = 0;
  for (; end < rest.size() && (quoted || rest[end] != ';'); ++end) {
    if (rest[end] == '"') quoted = !quoted;
    if (quoted && rest[end] == '\\' && end + 1 < rest.size()) ++end;
  }
  const std::string_view parameter = Trim(rest.substr(0, end));
  rest.remove_prefix(std::min(rest.size(), end + 1));
  return parameter;
}

}  // namespace

Result<Pairs> ParseUrlEncoded(std::string_view text) {
  if (text.empty()) return Pairs();
  if (!EscapesAreWhole(text)) {
    return MakeError(ErrorCode::kMalformedJson, "broken percent escape");
  }
  std::size_t count = 0;
  QueryInput input(Spell(text, count));
  if (count > kMaxPairs) return MakeError(ErrorCode::kMalformedJson, "more than 64 parameters");
  Pairs pairs;
  try {
    const cgicc::Cgicc cgi(&input);
    for (const auto& entry : cgi.getElements()) {
      pairs.emplace_back(entry.getName(), entry.getValue());
    }
  } catch (const std::exception& e) {
    return MakeError(ErrorCode::kMalformedJson, e.what());
  }
  if (pairs.size() != count) return MakeError(ErrorCode::kMalformedJson, "parameters unreadable");
  for (const auto& [name, value] : pairs) {
    if (!IsUtf8(name) || !IsUtf8(value)) {
      return MakeError(ErrorCode::kMalformedJson, "parameters are not UTF-8");
    }
  }
  return pairs;
}

CookieMatch FindCookie(std::string_view cookie_header, std::string_view name) {
  CookieMatch match;
  while (!cookie_header.empty()) {
    const std::string_view pair = cookie_header.substr(0, cookie_header.find(';'));
    cookie_header.remove_prefix(std::min(cookie_header.size(), pair.size() + 1));
    const std::size_t equals = pair.find('=');
    if (equals == std::string_view::npos || Trim(pair.substr(0, equals)) != name) continue;
    if (match.count++ == 0) match.value = Trim(pair.substr(equals + 1));
  }
  return match;
}

bool IsMediaType(std::string_view content_type, std::string_view type) {
  if (!EqualIgnoringCase(TakeParameter(content_type), type)) return false;
  while (!content_type.empty()) {
    const std::string_view parameter = TakeParameter(content_type);
    const std::size_t equals = parameter.find('=');
    if (!EqualIgnoringCase(parameter.substr(0, equals), "charset")) continue;
    std::string_view charset =
        equals == std::string_view::npos ? std::string_view() : parameter.substr(equals + 1);
    if (charset.size() >= 2 && charset.front() == '"' && charset.back() == '"') {
      charset = charset.substr(1, charset.size() - 2);
    }
    if (!EqualIgnoringCase(charset, "utf-8")) return false;
  }
  return true;
}

}  // namespace gatehouse::http
