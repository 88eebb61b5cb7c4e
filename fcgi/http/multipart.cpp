#include "fcgi/http/multipart.h"

#include <cgicc/CgiInput.h>
#include <cgicc/Cgicc.h>

#include <algorithm>
#include <cstring>
#include <exception>
#include <optional>
#include <utility>
#include <vector>

#include "fcgi/base/codec.h"
#include "fcgi/http/field_error.h"
#include "fcgi/http/input.h"
#include "fcgi/lib/text.h"

namespace gatehouse::http {
namespace {

constexpr std::string_view kType = "multipart/form-data";
constexpr std::size_t kMaxBoundary = 70;  // RFC 2046 5.1.1
constexpr std::size_t kMaxParts = 16;
constexpr std::size_t kMaxHead = 2048;  // bytes of one part's headers

Error Malformed(const char* why) { return MakeError(ErrorCode::kMalformedJson, why); }

// Hands cgicc a body from memory, and nothing of the process's environment.
class BodyInput final : public cgicc::CgiInput {
 public:
  BodyInput(std::string_view boundary, std::string_view body)
      : type_(std::string(kType) + "; boundary=" + std::string(boundary)), body_(body) {}

  std::size_t read(char* data, std::size_t length) override {
    const std::size_t from_body = std::min(length, body_.size());
    std::memcpy(data, body_.data(), from_body);
    body_.remove_prefix(from_body);
    const std::size_t from_end = std::min(length - from_body, end_.size());
    std::memcpy(data + from_body, end_.data(), from_end);
    end_.remove_prefix(from_end);
    return from_body + from_end;
  }
  std::string getenv(const char* name) override {
    const std::string_view wanted(name);
    if (wanted == "REQUEST_METHOD") return "POST";
    if (wanted == "CONTENT_TYPE") return type_;
    if (wanted == "CONTENT_LENGTH") return std::to_string(body_.size() + end_.size());
    return {};
  }

 private:
  std::string type_;
  std::string_view body_;
  // cgicc loses the last part where the last line has no end, which RFC 2046 allows.
  std::string_view end_ = "\r\n";
};

// RFC 2046's characters, without the space and the comma, which cgicc takes for its end. Nobody
// sends those.
bool IsBoundary(std::string_view s) {
  static constexpr std::string_view kMarks = "'()+_-./:=?";
  return !s.empty() && s.size() <= kMaxBoundary && std::all_of(s.begin(), s.end(), [](char c) {
    return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') ||
           kMarks.find(c) != std::string_view::npos;
  });
}

bool TakePrefix(std::string_view& text, std::string_view lower_case) {
  if (text.size() < lower_case.size()) return false;
  for (std::size_t i = 0; i < lower_case.size(); ++i) {
    const char c = text[i];
    if ((c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c) != lower_case[i]) {
      return false;
    }
  }
  text.remove_prefix(lower_case.size());
  return true;
}

// The one boundary of a content type. A boundary has no ";", so that nothing between quotes can
// pass for one.
std::optional<std::string_view> BoundaryOf(std::string_view content_type) {
  constexpr std::string_view kSpace = " \t";
  std::optional<std::string_view> found;
  std::size_t at = content_type.find(';');
  while (at != std::string_view::npos) {
    content_type.remove_prefix(at + 1);
    at = content_type.find(';');
    std::string_view parameter = content_type.substr(0, at);
    parameter.remove_prefix(std::min(parameter.size(), parameter.find_first_not_of(kSpace)));
    if (!TakePrefix(parameter, "boundary=")) continue;
    parameter = parameter.substr(0, parameter.find_last_not_of(kSpace) + 1);
    if (parameter.size() >= 2 && parameter.front() == '"' && parameter.back() == '"') {
      parameter = parameter.substr(1, parameter.size() - 2);
    }
    if (found || !IsBoundary(parameter)) return std::nullopt;
    found = parameter;
  }
  return found;
}

// The number of parts of a body that cgicc reads as RFC 2046 does. It splits wherever the
// delimiter stands, also within a line, does not miss an end that is not there, copies every part
// several times however many there are, and searches the whole part for the end of its headers. So
// each delimiter has to be a line of its own, the last one has to come, and there is nothing before
// or behind.
Result<std::size_t> CountParts(std::string_view body, std::string_view boundary) {
  const std::string delimiter = "--" + std::string(boundary);
  if (!body.starts_with(delimiter)) return Malformed("multipart: does not begin with the boundary");
  std::size_t parts = 0;
  for (;;) {
    body.remove_prefix(delimiter.size());
    if (parts > 0 && (body == "--" || body == "--\r\n")) return parts;
    if (!body.starts_with("\r\n")) return Malformed("multipart: the boundary is no line");
    body.remove_prefix(2);
    if (++parts > kMaxParts) return Malformed("multipart: more than 16 parts");
    const std::size_t next = body.find(delimiter);
    if (next == std::string_view::npos) return Malformed("multipart: cut off");
    const std::string_view part = body.substr(0, next);
    if (!part.ends_with("\r\n")) return Malformed("multipart: a boundary within a line");
    if (part.substr(0, kMaxHead).find("\r\n\r\n") == std::string_view::npos) {
      return Malformed("multipart: a part without headers, or with too many");
    }
    body.remove_prefix(next);
  }
}

struct Part {
  std::string name;
  std::string content;
  bool file = false;  // it came with a file name
};

Result<std::vector<Part>> Parse(std::string_view boundary, std::string_view body) {
  BodyInput input(boundary, body);
  std::vector<Part> parts;
  try {
    const cgicc::Cgicc cgi(&input);
    for (const auto& entry : cgi.getElements()) {
      parts.push_back({entry.getName(), entry.getValue(), false});
    }
    for (const auto& file : cgi.getFiles()) {
      parts.push_back({file.getName(), file.getData(), true});
    }
  } catch (const std::exception&) {
    return Malformed("multipart: cgicc refuses it");
  }
  return parts;
}

// What keeps `parts` from being the one file of `field`.
std::vector<FieldError> Check(const std::vector<Part>& parts, std::string_view field) {
  const std::string pointer = PointerTo("", field);
  const FieldError required{pointer, "required", "This field is required.",
                            "Please choose a file."};
  std::vector<FieldError> errors;
  bool seen = false;
  for (const Part& part : parts) {
    if (part.name != field) {
      errors.push_back(Describe(Problem::kUnknownField, PointerTo("", part.name), nullptr));
    } else if (std::exchange(seen, true)) {
      const FieldSpec spec{.name = field};
      errors.push_back(Describe(Problem::kRepeated, pointer, &spec));
    } else if (part.content.empty()) {  // what a form sends where nothing was chosen
      errors.push_back(required);
    } else if (!part.file) {
      errors.push_back(
          {pointer, "wrong_type", "Must be a file, with a file name.", "Please choose a file."});
    }
  }
  if (!seen) errors.push_back(required);
  return errors;
}

}  // namespace

Result<std::string> ReadUpload(std::string_view content_type, std::string_view body,
                               std::string_view field) {
  if (!IsMediaType(content_type, kType)) return MakeError(ErrorCode::kUnsupportedMediaType);
  const auto boundary = BoundaryOf(content_type);
  if (!boundary) return Malformed("multipart: no boundary, or no sensible one");
  GH_ASSIGN(const std::size_t count, CountParts(body, *boundary));
  GH_ASSIGN(std::vector<Part> parts, Parse(*boundary, body));
  if (parts.size() != count) return Malformed("multipart: parts unreadable");
  for (const Part& part : parts) {
    if (part.name.empty() || !IsUtf8(part.name)) return Malformed("multipart: a part's name");
  }
  std::vector<FieldError> errors = Check(parts, field);
  if (!errors.empty()) {
    Error error = MakeError(ErrorCode::kValidationFailed);
    error.fields = std::move(errors);
    return error;
  }
  return std::move(parts.front().content);
}

}  // namespace gatehouse::http
