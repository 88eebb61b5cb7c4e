// The owner of utf8proc: what is done to text before it is compared or stored (SPEC E5).
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace gatehouse::text {

// Unicode Normalization Form C; nullopt where `s` is not well-formed UTF-8.
std::optional<std::string> Nfc(std::string_view s);
// Lower case by Unicode's simple mapping, code point by code point (locale-free).
std::string Lower(std::string_view s);
// Number of code points of well-formed UTF-8.
std::size_t Length(std::string_view s);
// True where `s` has a control character (category Cc: C0 with NUL, DEL, C1), or a line or
// paragraph separator (U+2028, U+2029), or a bidirectional override (U+202A-E, U+2066-9).
bool HasControl(std::string_view s);
// True where `s` shows nothing: white space and invisible characters alone, or nothing at all.
bool IsBlank(std::string_view s);
// At most `max_bytes` of `s`, cut at a code point.
std::string_view Truncate(std::string_view s, std::size_t max_bytes);
// `s` without control characters and ill-formed bytes, at most `max_bytes`: for what a client says
// of itself (User-Agent) and we only keep to show.
std::string Printable(std::string_view s, std::size_t max_bytes);

// The runs of letters, marks and digits (categories L, M, N) in `s`, in order.
std::vector<std::string_view> Words(std::string_view s);

}  // namespace gatehouse::text
