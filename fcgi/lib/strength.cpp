#include "fcgi/lib/strength.h"

#include <zxcvbn.h>

#include <algorithm>
#include <array>
#include <vector>

#include "fcgi/base/secret.h"
#include "fcgi/lib/text.h"

namespace gatehouse {
namespace {

constexpr std::size_t kEstimatedBytes = 100;
constexpr std::size_t kMinWord = 3;
constexpr std::size_t kMaxWords = 64;

bool IsWordByte(char c) {
  return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || (c & '\x80') != 0;
}

// Each known text as a whole and, because nobody types "jane@example.com" when "jane" will do,
// each word in it. Lower case, as the dictionary wants it.
std::vector<std::string> Words(std::span<const std::string> known) {
  std::vector<std::string> words;
  const auto add = [&](std::string_view word) {
    if (word.size() >= kMinWord && words.size() < kMaxWords) words.emplace_back(word);
  };
  for (const auto& text : known) {
    const std::string lower = text::Lower(text::Truncate(text, kEstimatedBytes));
    add(lower);
    for (auto from = lower.begin(); from != lower.end();) {
      from = std::find_if(from, lower.end(), IsWordByte);
      const auto to = std::find_if_not(from, lower.end(), IsWordByte);
      if (static_cast<std::size_t>(to - from) < lower.size()) add({from, to});
      from = to;
    }
  }
  return words;
}

}  // namespace

int PasswordScore(std::string_view password, std::span<const std::string> known) {
  const auto words = Words(known);
  std::vector<const char*> dictionary;
  dictionary.reserve(words.size() + 1);
  for (const auto& word : words) dictionary.push_back(word.c_str());
  dictionary.push_back(nullptr);

  std::string text(password.substr(0, kEstimatedBytes));
  const double bits = ZxcvbnMatch(text.c_str(), dictionary.data(), nullptr);
  Wipe(text);

  // log2 of 10^3, 10^6, 10^8, 10^10 guesses.
  constexpr std::array kThresholds = {9.965784, 19.931569, 26.575425, 33.219281};
  return static_cast<int>(std::upper_bound(kThresholds.begin(), kThresholds.end(), bits) -
                          kThresholds.begin());
}

}  // namespace gatehouse
