#include "handlers/auth/catalogue.h"

#include <algorithm>
#include <array>

#include "handlers/auth/permission.h"

namespace gatehouse::auth {
namespace {

constexpr std::string_view kOwn = ":own";
// A role can name thousands; the answer stays readable.
constexpr std::size_t kMaxProblems = 50;
constexpr unsigned kMasks = 8;  // each of three segments as it is, or "*"

using Segments = std::array<std::string_view, 3>;

// Of "m:r:a", well-formed.
Segments SegmentsOf(std::string_view code) {
  const auto first = code.find(':');
  const auto second = code.find(':', first + 1);
  return {code.substr(0, first), code.substr(first + 1, second - first - 1),
          code.substr(second + 1)};
}

std::string Spell(const Segments& segments, unsigned mask) {
  std::string out;
  for (unsigned i = 0; i < segments.size(); ++i) {
    if (i > 0) out.push_back(':');
    out += (mask & (1U << i)) != 0 ? std::string_view("*") : segments[i];
  }
  return out;
}

}  // namespace

Catalogue::Catalogue(std::span<const std::string> codes) {
  spellings_.reserve(codes.size() * 3);
  for (const auto& code : codes) {
    if (!IsQuestion(code)) continue;
    const Segments segments = SegmentsOf(code);
    for (unsigned mask = 0; mask < kMasks; ++mask) spellings_.insert(Spell(segments, mask));
  }
}

bool Catalogue::Lists(std::string_view grant) const {
  if (grant == kAllPermissions) return true;
  if (!IsGrant(grant)) return false;
  if (grant.ends_with(kOwn) && std::count(grant.begin(), grant.end(), ':') == 3) {
    grant.remove_suffix(kOwn.size());
  }
  return spellings_.contains(std::string(grant));
}

Status Catalogue::Check(std::span<const std::string> asked) const {
  Error error = MakeError(ErrorCode::kUnknownPermission);
  for (std::size_t i = 0; i < asked.size(); ++i) {
    if (Lists(asked[i])) continue;
    if (error.fields.size() == kMaxProblems) break;
    if (error.inner.empty()) error.inner = asked[i] + ": not in the catalogue of permissions";
    error.fields.push_back({"/permissions/" + std::to_string(i), "unknown_permission",
                            asked[i] + ": the catalogue of permissions lists nothing like it.",
                            "This permission does not exist."});
  }
  if (error.fields.empty()) return {};
  return error;
}

bool HoldsGrant(const TextList& grants, std::string_view other) {
  const auto has = [&](std::string_view grant) {
    return std::binary_search(grants.begin(), grants.end(), grant);
  };
  if (has(kAllPermissions) || has(other)) return true;
  if (other == kAllPermissions || !IsGrant(other)) return false;
  const bool own = std::count(other.begin(), other.end(), ':') == 3;
  if (own) other.remove_suffix(kOwn.size());
  const Segments segments = SegmentsOf(other);
  for (unsigned mask = 0; mask < kMasks; ++mask) {
    std::string grant = Spell(segments, mask);
    if (has(grant)) return true;
    // What is held of one's own only covers no more than that.
    if (own && has(grant.append(kOwn))) return true;
  }
  return false;
}

std::vector<std::string> Folded(std::vector<std::string> permissions) {
  std::sort(permissions.begin(), permissions.end());
  permissions.erase(std::unique(permissions.begin(), permissions.end()), permissions.end());
  return permissions;
}

}  // namespace gatehouse::auth
