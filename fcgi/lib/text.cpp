#include "fcgi/lib/text.h"

#include <utf8proc.h>

#include <algorithm>
#include <array>
#include <vector>

#include "fcgi/base/codec.h"

namespace gatehouse::text {
namespace {

using CodePoint = utf8proc_int32_t;

struct Decoded {
  CodePoint code;    // negative where the bytes are ill-formed
  std::size_t size;  // bytes taken, at least 1
};

Decoded DecodeAt(std::string_view s, std::size_t at) {
  CodePoint code = -1;
  const auto n = utf8proc_iterate(reinterpret_cast<const utf8proc_uint8_t*>(s.data()) + at,
                                  static_cast<utf8proc_ssize_t>(s.size() - at), &code);
  if (n <= 0) return {-1, 1};
  return {code, static_cast<std::size_t>(n)};
}

void Append(std::string& out, CodePoint code) {
  std::array<utf8proc_uint8_t, 4> bytes{};
  const auto n = utf8proc_encode_char(code, bytes.data());
  out.append(reinterpret_cast<const char*>(bytes.data()), static_cast<std::size_t>(n));
}

bool IsAscii(std::string_view s) {
  return std::all_of(s.begin(), s.end(), [](char c) { return (c & '\x80') == 0; });
}

bool IsContinuation(char c) { return (static_cast<unsigned char>(c) & 0xc0U) == 0x80U; }

bool IsControl(CodePoint c) {
  return c < 0x20 || (c >= 0x7f && c <= 0x9f) || c == 0x2028 || c == 0x2029 ||
         (c >= 0x202a && c <= 0x202e) || (c >= 0x2066 && c <= 0x2069);
}

// White space, or nothing at all to see: also what has another category but is invisible by its
// nature (Default_Ignorable_Code_Point, such as U+3164), and Braille's blank.
bool IsInvisible(CodePoint c) {
  if (c < 0) return true;
  constexpr CodePoint kBrailleBlank = 0x2800;
  const auto* property = utf8proc_get_property(c);
  switch (property->category) {
    case UTF8PROC_CATEGORY_ZS:
    case UTF8PROC_CATEGORY_ZL:
    case UTF8PROC_CATEGORY_ZP:
    case UTF8PROC_CATEGORY_CC:
    case UTF8PROC_CATEGORY_CF:
      return true;
    default:
      return property->ignorable != 0 || c == kBrailleBlank;
  }
}

bool IsWordPart(CodePoint c) {
  if (c < 0) return false;
  const auto category = utf8proc_category(c);
  return category >= UTF8PROC_CATEGORY_LU && category <= UTF8PROC_CATEGORY_NO;
}

int CombiningClass(CodePoint c) { return utf8proc_get_property(c)->combining_class; }

// Canonical ordering (Unicode 3.11, D109). utf8proc's own sort is quadratic in the length of a run
// of combining marks; 64 KiB of them would take seconds.
void OrderMarks(std::vector<CodePoint>& points) {
  const auto is_mark = [](CodePoint c) { return CombiningClass(c) != 0; };
  for (auto from = points.begin(); from != points.end();) {
    from = std::find_if(from, points.end(), is_mark);
    const auto to = std::find_if_not(from, points.end(), is_mark);
    std::stable_sort(
        from, to, [](CodePoint a, CodePoint b) { return CombiningClass(a) < CombiningClass(b); });
    from = to;
  }
}

}  // namespace

std::optional<std::string> Nfc(std::string_view s) {
  if (IsAscii(s)) return std::string(s);
  if (!IsUtf8(s)) return std::nullopt;
  constexpr auto kDecompose = static_cast<utf8proc_option_t>(UTF8PROC_STABLE | UTF8PROC_DECOMPOSE);
  constexpr auto kCompose = static_cast<utf8proc_option_t>(UTF8PROC_STABLE | UTF8PROC_COMPOSE);
  std::vector<CodePoint> points;
  points.reserve(s.size());
  for (std::size_t i = 0; i < s.size();) {
    const auto [code, size] = DecodeAt(s, i);
    // No canonical decomposition has more than 4 code points.
    std::array<CodePoint, 8> parts{};
    const auto n = utf8proc_decompose_char(code, parts.data(), parts.size(), kDecompose, nullptr);
    if (n < 0 || static_cast<std::size_t>(n) > parts.size()) return std::nullopt;
    points.insert(points.end(), parts.begin(), parts.begin() + n);
    i += size;
  }
  OrderMarks(points);
  const auto n = utf8proc_normalize_utf32(points.data(),
                                          static_cast<utf8proc_ssize_t>(points.size()), kCompose);
  if (n < 0) return std::nullopt;
  points.resize(static_cast<std::size_t>(n));
  std::string out;
  out.reserve(s.size());
  for (const CodePoint c : points) Append(out, c);
  return out;
}

std::string Lower(std::string_view s) {
  std::string out;
  out.reserve(s.size());
  for (std::size_t i = 0; i < s.size();) {
    const auto [code, size] = DecodeAt(s, i);
    if (code < 0) {
      out.push_back(s[i]);
    } else {
      Append(out, utf8proc_tolower(code));
    }
    i += size;
  }
  return out;
}

std::size_t Length(std::string_view s) {
  return s.size() - static_cast<std::size_t>(std::count_if(s.begin(), s.end(), IsContinuation));
}

bool HasControl(std::string_view s) {
  for (std::size_t i = 0; i < s.size();) {
    const auto [code, size] = DecodeAt(s, i);
    if (code >= 0 && IsControl(code)) return true;
    i += size;
  }
  return false;
}

bool IsBlank(std::string_view s) {
  for (std::size_t i = 0; i < s.size();) {
    const auto [code, size] = DecodeAt(s, i);
    if (!IsInvisible(code)) return false;
    i += size;
  }
  return true;
}

std::string_view Truncate(std::string_view s, std::size_t max_bytes) {
  if (s.size() <= max_bytes) return s;
  std::size_t end = max_bytes;
  // A sequence has three continuation bytes at most; a longer run is ill-formed anyway.
  for (int i = 0; i < 3 && end > 0 && IsContinuation(s[end]); ++i) --end;
  return s.substr(0, end);
}

std::string Printable(std::string_view s, std::size_t max_bytes) {
  std::string out;
  for (std::size_t i = 0; i < s.size();) {
    const auto [code, size] = DecodeAt(s, i);
    if (code >= 0 && !IsControl(code)) {
      if (out.size() + size > max_bytes) break;
      out.append(s, i, size);
    }
    i += size;
  }
  return out;
}

std::vector<std::string_view> Words(std::string_view s) {
  std::vector<std::string_view> words;
  std::size_t begin = 0;
  const auto end_at = [&](std::size_t end) {
    if (end > begin) words.push_back(s.substr(begin, end - begin));
  };
  for (std::size_t at = 0; at < s.size();) {
    const Decoded d = DecodeAt(s, at);
    if (!IsWordPart(d.code)) {
      end_at(at);
      begin = at + d.size;
    }
    at += d.size;
  }
  end_at(s.size());
  return words;
}

}  // namespace gatehouse::text
