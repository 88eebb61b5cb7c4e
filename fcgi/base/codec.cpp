#include "fcgi/base/codec.h"

#include <algorithm>
#include <array>
#include <cstdint>

namespace gatehouse {
namespace {

constexpr std::string_view kUrlAlphabet =
    "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";
constexpr std::string_view kStdAlphabet =
    "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
constexpr std::string_view kHex = "0123456789abcdef";

constexpr std::array<std::int8_t, 256> Inverse(std::string_view alphabet) {
  std::array<std::int8_t, 256> out{};
  for (auto& v : out) v = -1;
  for (std::size_t i = 0; i < alphabet.size(); ++i) {
    out[static_cast<unsigned char>(alphabet[i])] = static_cast<std::int8_t>(i);
  }
  return out;
}
constexpr auto kUrlInverse = Inverse(kUrlAlphabet);
constexpr auto kStdInverse = Inverse(kStdAlphabet);

void Append64(std::string& out, std::string_view bytes, std::string_view alphabet) {
  std::uint32_t acc = 0;
  unsigned bits = 0;
  out.reserve(out.size() + (bytes.size() * 4 + 2) / 3);
  for (const char c : bytes) {
    acc = (acc << 8U) | static_cast<unsigned char>(c);
    bits += 8;
    while (bits >= 6) {
      bits -= 6;
      out.push_back(alphabet[(acc >> bits) & 63U]);
    }
  }
  if (bits > 0) out.push_back(alphabet[(acc << (6 - bits)) & 63U]);
}

std::optional<std::string> Decode64(std::string_view text,
                                    const std::array<std::int8_t, 256>& inverse) {
  if (text.size() % 4 == 1) return std::nullopt;
  std::string out(text.size() * 3 / 4, '\0');
  std::uint32_t acc = 0;
  unsigned bits = 0;
  char* next = out.data();
  for (const char c : text) {
    const std::int8_t v = inverse[static_cast<unsigned char>(c)];
    if (v < 0) return std::nullopt;
    acc = (acc << 6U) | static_cast<std::uint32_t>(v);
    bits += 6;
    if (bits >= 8) {
      bits -= 8;
      *next++ = static_cast<char>((acc >> bits) & 255U);
    }
  }
  // Unused bits must be zero, else one value has several spellings.
  if ((acc & ((1U << bits) - 1U)) != 0) return std::nullopt;
  return out;
}

}  // namespace

void AppendBase64Url(std::string& out, std::string_view bytes) {
  Append64(out, bytes, kUrlAlphabet);
}

std::string Base64UrlEncode(std::string_view bytes) {
  std::string out;
  Append64(out, bytes, kUrlAlphabet);
  return out;
}

std::optional<std::string> Base64UrlDecode(std::string_view text) {
  return Decode64(text, kUrlInverse);
}

std::string Base64Encode(std::string_view bytes) {
  std::string out;
  Append64(out, bytes, kStdAlphabet);
  while (out.size() % 4 != 0) out.push_back('=');
  return out;
}

std::optional<std::string> Base64Decode(std::string_view text) {
  if (text.size() % 4 != 0) return std::nullopt;
  for (int i = 0; i < 2 && text.ends_with('='); ++i) text.remove_suffix(1);
  return Decode64(text, kStdInverse);
}

std::string HexEncode(std::string_view bytes) {
  std::string out;
  out.reserve(bytes.size() * 2);
  for (const char c : bytes) {
    const auto b = static_cast<unsigned char>(c);
    out.push_back(kHex[b >> 4U]);
    out.push_back(kHex[b & 15U]);
  }
  return out;
}

std::optional<std::string> HexDecode(std::string_view text) {
  if (text.size() % 2 != 0) return std::nullopt;
  const auto nibble = [](char c) -> int {
    if (c >= '0' && c <= '9') return c - '0';
    if (c >= 'a' && c <= 'f') return c - 'a' + 10;
    if (c >= 'A' && c <= 'F') return c - 'A' + 10;
    return -1;
  };
  std::string out;
  out.reserve(text.size() / 2);
  for (std::size_t i = 0; i < text.size(); i += 2) {
    const int high = nibble(text[i]);
    const int low = nibble(text[i + 1]);
    if (high < 0 || low < 0) return std::nullopt;
    out.push_back(static_cast<char>(high * 16 + low));
  }
  return out;
}

std::string Base32Encode(std::string_view bytes) {
  constexpr std::string_view kAlphabet = "ABCDEFGHIJKLMNOPQRSTUVWXYZ234567";
  std::string out;
  std::uint32_t acc = 0;
  unsigned bits = 0;
  for (const char c : bytes) {
    acc = (acc << 8U) | static_cast<unsigned char>(c);
    bits += 8;
    while (bits >= 5) {
      bits -= 5;
      out.push_back(kAlphabet[(acc >> bits) & 31U]);
    }
  }
  if (bits > 0) out.push_back(kAlphabet[(acc << (5 - bits)) & 31U]);
  return out;
}

namespace {

template <class IsPlain>
std::string PercentEncodeBut(std::string_view text, IsPlain is_plain) {
  if (std::all_of(text.begin(), text.end(), is_plain)) return std::string(text);
  std::string out;
  for (const char c : text) {
    if (!is_plain(c)) {
      const auto b = static_cast<unsigned char>(c);
      out.push_back('%');
      out.push_back("0123456789ABCDEF"[b >> 4U]);
      out.push_back("0123456789ABCDEF"[b & 15U]);
    } else {
      out.push_back(c);
    }
  }
  return out;
}

}  // namespace

std::string PercentEncode(std::string_view text) {
  return PercentEncodeBut(text, [](char c) {
    return (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '-' ||
           c == '.' || c == '_' || c == '~';
  });
}

std::string PercentEncodeNonAscii(std::string_view text) {
  return PercentEncodeBut(text, [](char c) { return c >= 0x20 && c < 0x7f && c != '%'; });
}

namespace {

// Length of the well-formed UTF-8 sequence at `i` (Unicode 15, table 3-7), or 0.
std::size_t SequenceAt(std::string_view s, std::size_t i) {
  const auto at = [&](std::size_t k) -> unsigned {
    return k < s.size() ? static_cast<unsigned char>(s[k]) : 0U;
  };
  const auto tail = [&](std::size_t k) { return (at(k) & 0xc0U) == 0x80U; };
  const unsigned b = at(i);
  if (b < 0x80) return 1;
  if (b >= 0xc2 && b <= 0xdf) return tail(i + 1) ? 2 : 0;
  if (b >= 0xe0 && b <= 0xef) {
    const unsigned c = at(i + 1);
    if (b == 0xe0 && c < 0xa0) return 0;
    if (b == 0xed && c > 0x9f) return 0;  // surrogates
    return tail(i + 1) && tail(i + 2) ? 3 : 0;
  }
  if (b >= 0xf0 && b <= 0xf4) {
    const unsigned c = at(i + 1);
    if (b == 0xf0 && c < 0x90) return 0;
    if (b == 0xf4 && c > 0x8f) return 0;  // beyond U+10FFFF
    return tail(i + 1) && tail(i + 2) && tail(i + 3) ? 4 : 0;
  }
  return 0;
}

}  // namespace

void AppendJsonString(std::string& out, std::string_view text) {
  out.push_back('"');
  for (std::size_t i = 0; i < text.size();) {
    const char c = text[i];
    const std::size_t n = SequenceAt(text, i);
    if (n == 0) {
      out += "\\ufffd";
      ++i;
      continue;
    }
    if (n == 1) {
      const auto b = static_cast<unsigned char>(c);
      if (c == '"' || c == '\\') {
        out.push_back('\\');
        out.push_back(c);
      } else if (b < 0x20 || b == 0x7f) {
        out += "\\u00";
        out.push_back(kHex[b >> 4U]);
        out.push_back(kHex[b & 15U]);
      } else {
        out.push_back(c);
      }
    } else {
      out.append(text, i, n);
    }
    i += n;
  }
  out.push_back('"');
}

bool IsUtf8(std::string_view text) {
  for (std::size_t i = 0; i < text.size();) {
    const std::size_t n = SequenceAt(text, i);
    if (n == 0) return false;
    i += n;
  }
  return true;
}

}  // namespace gatehouse
