#include "handlers/auth/mime.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <chrono>

#include "fcgi/base/codec.h"
#include "fcgi/lib/text.h"

namespace gatehouse::auth::mime {
namespace {

constexpr std::size_t kMaxHeaderText = 1000;   // bytes of a value
constexpr std::size_t kPlainHeaderWord = 60;   // longer ones are encoded, and so can be folded
constexpr std::size_t kEncodedWordBytes = 45;  // 60 in base64 + "=?UTF-8?B?" "?=": 72 of 75
constexpr std::size_t kMaxPlainLine = 900;     // RFC 5322: 998
constexpr std::size_t kQuotedLine = 75;        // RFC 2045: 76 with the soft break's '='

bool IsPlainAscii(std::string_view text) {
  return std::all_of(text.begin(), text.end(), [](char c) { return c >= ' ' && c < 0x7f; });
}

// RFC 2047 section 2: encoded words of at most 75 characters, each of whole code points.
std::string EncodedWords(std::string_view text) {
  std::string out;
  while (!text.empty()) {
    const auto word = text::Truncate(text, kEncodedWordBytes);
    if (!out.empty()) out += "\r\n ";
    out += "=?UTF-8?B?" + Base64Encode(word) + "?=";
    text.remove_prefix(word.size());
  }
  return out;
}

bool FitsIn7Bit(std::string_view text) {
  std::size_t line = 0;
  for (const char c : text) {
    line = c == '\n' ? 0 : line + 1;
    const bool plain = (c >= ' ' && c < 0x7f) || c == '\t' || c == '\n';
    if (!plain || line >= kMaxPlainLine) return false;
  }
  return true;
}

std::string CrLf(std::string_view text) {
  std::string out;
  for (const char c : text) {
    if (c == '\n') out.push_back('\r');
    out.push_back(c);
  }
  return out;
}

// RFC 2045 section 6.7.
std::string QuotedPrintable(std::string_view text) {
  constexpr std::string_view kHex = "0123456789ABCDEF";
  std::string out;
  std::size_t line = 0;
  for (std::size_t i = 0; i < text.size(); ++i) {
    const auto c = static_cast<unsigned char>(text[i]);
    if (c == '\n') {
      out += "\r\n";
      line = 0;
      continue;
    }
    const bool ends_line = i + 1 == text.size() || text[i + 1] == '\n';
    const bool blank = c == ' ' || c == '\t';
    const bool literal = blank ? !ends_line : (c > ' ' && c < 0x7f && c != '=');
    const std::size_t width = literal ? 1 : 3;
    if (line + width > kQuotedLine) {
      out += "=\r\n";
      line = 0;
    }
    if (literal) {
      out.push_back(static_cast<char>(c));
    } else {
      out.push_back('=');
      out.push_back(kHex[c >> 4]);
      out.push_back(kHex[c & 15]);
    }
    line += width;
  }
  return out;
}

}  // namespace

std::string Date(TimePoint t) {
  constexpr std::array<std::string_view, 7> kDays = {"Sun", "Mon", "Tue", "Wed",
                                                     "Thu", "Fri", "Sat"};
  constexpr std::array<std::string_view, 12> kMonths = {"Jan", "Feb", "Mar", "Apr", "May", "Jun",
                                                        "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"};
  const auto day = std::chrono::floor<std::chrono::days>(t);
  const std::chrono::year_month_day date(day);
  const std::chrono::hh_mm_ss time(std::chrono::floor<Seconds>(t - day));
  return fmt::format(
      "{}, {:02} {} {} {:02}:{:02}:{:02} +0000", kDays[std::chrono::weekday(day).c_encoding()],
      static_cast<unsigned>(date.day()), kMonths[static_cast<unsigned>(date.month()) - 1],
      static_cast<int>(date.year()), time.hours().count(), time.minutes().count(),
      time.seconds().count());
}

std::string HeaderText(std::string_view text) {
  const std::string clean = text::Printable(text, kMaxHeaderText);
  const bool plain = IsPlainAscii(clean) && clean.size() <= kPlainHeaderWord &&
                     clean.find("=?") == std::string::npos;
  return plain ? clean : EncodedWords(clean);
}

std::string CleanAddress(std::string_view address) {
  std::string out = text::Printable(address, kMaxHeaderText);
  std::erase_if(out, [](char c) { return c == ' ' || c == '<' || c == '>'; });
  return out;
}

std::string Mailbox(std::string_view name, std::string_view address) {
  const std::string clean = text::Printable(name, kMaxHeaderText);
  std::string place = "<" + CleanAddress(address) + ">";
  if (clean.empty()) return place;
  if (!IsPlainAscii(clean) || clean.size() > kPlainHeaderWord ||
      clean.find("=?") != std::string::npos) {
    return EncodedWords(clean) + "\r\n " + place;
  }
  std::string quoted = "\"";
  for (const char c : clean) {
    if (c == '"' || c == '\\') quoted.push_back('\\');
    quoted.push_back(c);
  }
  return quoted + "\" " + place;
}

std::string TextPart(std::string_view subtype, std::string_view text) {
  const bool plain = FitsIn7Bit(text);
  std::string out = "Content-Type: text/" + std::string(subtype) + "; charset=utf-8\r\n";
  out += plain ? "Content-Transfer-Encoding: 7bit\r\n\r\n"
               : "Content-Transfer-Encoding: quoted-printable\r\n\r\n";
  return out + (plain ? CrLf(text) : QuotedPrintable(text));
}

std::string EscapeHtml(std::string_view text) {
  std::string out;
  for (const char c : text) {
    switch (c) {
      case '&':
        out += "&amp;";
        break;
      case '<':
        out += "&lt;";
        break;
      case '>':
        out += "&gt;";
        break;
      case '"':
        out += "&quot;";
        break;
      case '\'':
        out += "&#39;";
        break;
      default:
        out.push_back(c);
    }
  }
  return out;
}

}  // namespace gatehouse::auth::mime
