#include "handlers/auth/mail_error.h"

#include <algorithm>

namespace gatehouse::auth {
namespace {

constexpr std::size_t kMaxShown = 255;
constexpr std::size_t kMaxRecorded = 1000;
// Longer than these no word of a refusal is, and no code (550-5.7.26).
constexpr std::size_t kLongestWord = 18;
constexpr std::size_t kLongestCode = 12;
constexpr std::string_view kHidden = "[...]";
constexpr std::string_view kPunctuation = "()[]<>{}.,;:!?\"'";

bool IsLower(char c) { return c >= 'a' && c <= 'z'; }
bool IsUpper(char c) { return c >= 'A' && c <= 'Z'; }
bool IsDigit(char c) { return c >= '0' && c <= '9'; }

// "mailbox", "Mailbox", "SMTP".
bool IsPlain(std::string_view word) {
  if (word.empty() || word.size() > kLongestWord) return false;
  if (std::all_of(word.begin(), word.end(), IsUpper)) return true;
  return (IsUpper(word[0]) || IsLower(word[0])) &&
         std::all_of(word.begin() + 1, word.end(), IsLower);
}

// A reply code, or an enhanced one (RFC 3463), or both in one.
bool IsCode(std::string_view word) {
  return word.size() <= kLongestCode && IsDigit(word[0]) &&
         std::all_of(word.begin(), word.end(),
                     [](char c) { return IsDigit(c) || c == '.' || c == '-'; });
}

bool IsShown(std::string_view word) {
  const auto begin = word.find_first_not_of(kPunctuation);
  if (begin == std::string_view::npos) return word.size() <= 3;
  word = word.substr(begin, word.find_last_not_of(kPunctuation) - begin + 1);
  if (IsCode(word)) return true;
  // "anti-spam", "can't", "and/or": one joint. A secret with its first half plain is no plain word
  // in the other one.
  const auto joint = word.find_first_of("-'/");
  if (joint == std::string_view::npos) return IsPlain(word);
  return word.size() <= kLongestWord && IsPlain(word.substr(0, joint)) &&
         IsPlain(word.substr(joint + 1));
}

}  // namespace

std::string ShownMailError(std::string_view recorded) {
  recorded = recorded.substr(0, kMaxRecorded);
  std::string out;
  while (!recorded.empty()) {
    const auto blank = [](char c) { return c <= ' ' || c > '~'; };  // control characters part words
    const auto begin = std::find_if_not(recorded.begin(), recorded.end(), blank);
    const auto end = std::find_if(begin, recorded.end(), blank);
    const std::string_view word(begin, end);
    recorded.remove_prefix(static_cast<std::size_t>(end - recorded.begin()));
    if (word.empty()) break;
    const std::string_view shown = IsShown(word) ? word : kHidden;
    if (shown == kHidden && out.ends_with(kHidden)) continue;
    if (out.size() + shown.size() + 1 > kMaxShown) break;
    if (!out.empty()) out += ' ';
    out += shown;
  }
  return out;
}

}  // namespace gatehouse::auth
