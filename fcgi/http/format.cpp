#include "fcgi/http/format.h"

#include <algorithm>
#include <array>
#include <cstdint>

#include "fcgi/base/clock.h"
#include "fcgi/base/codec.h"
#include "fcgi/lib/text.h"

namespace gatehouse::http {
namespace {

bool IsDigit(char c) { return c >= '0' && c <= '9'; }
bool IsLower(char c) { return c >= 'a' && c <= 'z'; }
bool IsAlnum(char c) { return IsDigit(c) || IsLower(c) || (c >= 'A' && c <= 'Z'); }
bool IsAscii(char c) { return static_cast<unsigned char>(c) < 0x80; }

struct Range {
  std::uint32_t first, last;
};
// Code points beyond ASCII that have no business in an address: spaces, punctuation that some
// software folds to "@", "." or ",", invisible marks, private use and compatibility forms.
constexpr std::array kUnfit = {
    Range{0x0080, 0x00A9}, Range{0x00AB, 0x00B4},    Range{0x00B6, 0x00B9}, Range{0x00BB, 0x00BF},
    Range{0x034F, 0x034F}, Range{0x115F, 0x1160},    Range{0x1680, 0x1680}, Range{0x17B4, 0x17B5},
    Range{0x180B, 0x180F}, Range{0x2000, 0x206F},    Range{0x2100, 0x214F}, Range{0x2400, 0x24FF},
    Range{0x3000, 0x3004}, Range{0x3164, 0x3164},    Range{0xD800, 0xF8FF}, Range{0xFE00, 0xFE6F},
    Range{0xFEFF, 0xFFFF}, Range{0xE0000, 0x10FFFF},
};

// The code point at the front of well-formed UTF-8, which is taken off.
std::uint32_t TakeCodePoint(std::string_view& s) {
  const auto lead = static_cast<unsigned char>(s[0]);
  const std::size_t size = lead < 0x80 ? 1 : lead < 0xE0 ? 2 : lead < 0xF0 ? 3 : 4;
  std::uint32_t code = size == 1 ? lead : lead & (0x7FU >> size);
  for (std::size_t i = 1; i < size; ++i) {
    code = code << 6 | (static_cast<unsigned char>(s[i]) & 0x3FU);
  }
  s.remove_prefix(size);
  return code;
}

bool IsFitForAddresses(std::string_view s) {
  while (!s.empty()) {
    const std::uint32_t code = TakeCodePoint(s);
    if (std::any_of(kUnfit.begin(), kUnfit.end(),
                    [code](Range r) { return code >= r.first && code <= r.last; })) {
      return false;
    }
  }
  return true;
}

bool IsLocalPart(std::string_view s) {  // a dot-atom (RFC 5322 3.2.3, RFC 6532)
  constexpr std::string_view kPunctuation = "!#$%&'*+-/=?^_`{|}~";
  if (s.empty() || s.size() > 64) return false;
  if (s.front() == '.' || s.back() == '.' || s.find("..") != std::string_view::npos) return false;
  return std::all_of(s.begin(), s.end(), [kPunctuation](char c) {
    return !IsAscii(c) || IsAlnum(c) || c == '.' || kPunctuation.find(c) != std::string_view::npos;
  });
}

bool IsLabel(std::string_view s) {
  if (s.empty() || s.size() > 63 || s.front() == '-' || s.back() == '-') return false;
  return std::all_of(s.begin(), s.end(),
                     [](char c) { return !IsAscii(c) || IsAlnum(c) || c == '-'; });
}

bool IsDomain(std::string_view s) {
  int labels = 0;
  std::string_view label;
  for (bool more = true; more; ++labels) {
    const std::size_t dot = s.find('.');
    more = dot != std::string_view::npos;
    label = s.substr(0, dot);
    if (!IsLabel(label)) return false;
    if (more) s.remove_prefix(dot + 1);
  }
  // All digits: an IPv4 address, to some mail servers.
  return labels >= 2 && !std::all_of(label.begin(), label.end(), IsDigit);
}

bool IsPhone(std::string_view s) {
  return s.size() >= 8 && s.size() <= 16 && s[0] == '+' && s[1] != '0' &&
         std::all_of(s.begin() + 1, s.end(), IsDigit);
}

bool IsSlug(std::string_view s) {
  if (s.empty() || s.size() > 63 || s.front() == '-') return false;
  return std::all_of(s.begin(), s.end(),
                     [](char c) { return IsLower(c) || IsDigit(c) || c == '-'; });
}

bool IsKraPin(std::string_view s) {
  const auto is_letter = [](char c) { return IsAlnum(c) && !IsDigit(c); };
  return s.size() == 11 && is_letter(s.front()) && is_letter(s.back()) &&
         std::all_of(s.begin() + 1, s.end() - 1, IsDigit);
}

}  // namespace

bool IsEmail(std::string_view s) {
  const std::size_t at = s.rfind('@');
  if (at == std::string_view::npos || s.size() > 254) return false;
  return IsLocalPart(s.substr(0, at)) && IsDomain(s.substr(at + 1)) && IsUtf8(s) &&
         !text::HasControl(s) && IsFitForAddresses(s);
}

bool IsPermission(std::string_view s, bool allow_wildcards) {
  int segments = 0;
  for (bool more = true; more; ++segments) {
    const std::size_t colon = s.find(':');
    more = colon != std::string_view::npos;
    const std::string_view segment = s.substr(0, colon);
    if (more) s.remove_prefix(colon + 1);
    if (segments == 3) {
      if (more || segment != "own") return false;
      continue;
    }
    if (allow_wildcards && segment == "*") continue;
    if (segment.empty() || segment.size() > 60 ||
        !std::all_of(segment.begin(), segment.end(),
                     [](char c) { return IsLower(c) || IsDigit(c) || c == '_' || c == '-'; })) {
      return false;
    }
  }
  return segments == 3 || segments == 4;
}

bool HasFormat(std::string_view s, Format format) {
  switch (format) {
    case Format::kAny:
    case Format::kLines:
    case Format::kPassword:
      return true;
    case Format::kEmail:
      return IsEmail(s);
    case Format::kPhone:
      return IsPhone(s);
    case Format::kUuid:
      return Uuid::Parse(s).has_value();
    case Format::kSlug:
      return IsSlug(s);
    case Format::kDateTime:
      return FromRfc3339(s).has_value();
    case Format::kPermission:
      return IsPermission(s, false);
    case Format::kCode:
      return IsPermission(s, false) && !s.ends_with(":own");
    case Format::kGrant:
      return s == "ALL_PERMISSIONS" || IsPermission(s, true);
    case Format::kName:
      return !text::IsBlank(s);
    case Format::kRoleName:
      return !text::IsBlank(s) && s.find(',') == std::string_view::npos && !s.starts_with(' ') &&
             !s.ends_with(' ');
    case Format::kKraPin:
      return IsKraPin(s);
  }
  return false;
}

void Canonicalize(std::string& s, Format format) {
  if (format != Format::kKraPin) return;
  for (char& c : s) {
    if (IsLower(c)) c = static_cast<char>(c - 'a' + 'A');
  }
}

}  // namespace gatehouse::http
