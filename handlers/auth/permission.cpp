#include "handlers/auth/permission.h"

#include <algorithm>
#include <array>
#include <optional>

namespace gatehouse::auth {
namespace {

struct Parts {
  std::array<std::string_view, 3> segment;
  bool own = false;
};

bool IsWord(std::string_view s) {
  return !s.empty() && s.size() <= 60 && std::all_of(s.begin(), s.end(), [](char c) {
    return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '_' || c == '-';
  });
}

std::optional<Parts> Split(std::string_view s, bool allow_wildcards) {
  Parts out;
  for (std::size_t i = 0; i < 3; ++i) {
    const auto colon = s.find(':');
    if ((colon == std::string_view::npos) != (i == 2) && i < 2) return std::nullopt;
    out.segment[i] = s.substr(0, colon);
    if (!IsWord(out.segment[i]) && !(allow_wildcards && out.segment[i] == "*")) return std::nullopt;
    s = colon == std::string_view::npos ? std::string_view() : s.substr(colon + 1);
    if (i == 2 && colon != std::string_view::npos) {
      if (s != "own") return std::nullopt;
      out.own = true;
    }
  }
  return out;
}

bool CoversParts(const Parts& grant, const Parts& question, bool owns) {
  for (std::size_t i = 0; i < 3; ++i) {
    if (grant.segment[i] != "*" && grant.segment[i] != question.segment[i]) return false;
  }
  return !grant.own || owns || question.own;
}

}  // namespace

bool IsGrant(std::string_view permission) {
  return permission == kAllPermissions || Split(permission, true).has_value();
}

bool IsQuestion(std::string_view permission) { return Split(permission, false).has_value(); }

bool Covers(std::string_view grant, std::string_view question, bool owns) {
  const auto q = Split(question, false);
  if (!q) return false;
  if (grant == kAllPermissions) return true;
  const auto g = Split(grant, true);
  return g && CoversParts(*g, *q, owns);
}

bool CoversGrant(std::span<const std::string> grants, std::string_view other) {
  const auto wanted = Split(other, true);
  return std::any_of(grants.begin(), grants.end(), [&](const std::string& grant) {
    if (grant == kAllPermissions || grant == other) return true;
    const auto held = Split(grant, true);
    // "*" is compared like a word: only a held "*" covers a wanted one.
    return wanted && held && CoversParts(*held, *wanted, false);
  });
}

bool Allows(const TextList& grants, std::string_view question, bool owns) {
  const auto q = Split(question, false);
  if (!q) return false;
  // Every grant that can cover a question is one of 17 spellings of it: look each up instead of
  // walking the grants (10,000 of them cost what ten do).
  const auto has = [&](std::string_view grant) {
    return std::binary_search(grants.begin(), grants.end(), grant);
  };
  if (has(kAllPermissions)) return true;
  for (unsigned mask = 0; mask < 8; ++mask) {
    std::string grant;
    grant.reserve(question.size() + 4);
    for (unsigned i = 0; i < 3; ++i) {
      if (i > 0) grant.push_back(':');
      grant.append((mask & (1U << i)) != 0 ? std::string_view("*") : q->segment[i]);
    }
    if (has(grant)) return true;
    if ((owns || q->own) && has(grant + ":own")) return true;
  }
  return false;
}

}  // namespace gatehouse::auth
