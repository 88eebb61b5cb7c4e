// What the catalogue of permissions lets a role hold (SPEC R1, R5; API.md "a role may hold only
// what it lists, wildcards that match something there, and :own forms"). Pure.
#pragma once

#include <span>
#include <string>
#include <string_view>
#include <unordered_set>
#include <vector>

#include "fcgi/base/result.h"
#include "fcgi/base/text_list.h"

namespace gatehouse::auth {

class Catalogue {
 public:
  // `codes`: module:resource:action each.
  explicit Catalogue(std::span<const std::string> codes);

  // ALL_PERMISSIONS is always listed.
  bool Lists(std::string_view grant) const;

  // kUnknownPermission with a field a piece, "/permissions/3", where any of `asked` is not listed.
  Status Check(std::span<const std::string> asked) const;

 private:
  // Every grant that some code answers to, without ":own": thousands of questions cost one look-up
  // each, not a walk through the codes each.
  std::unordered_set<std::string> spellings_;
};

// Does somebody who holds `grants` (sorted) hold everything that `other` would give (SPEC R4)? The
// answer of CoversGrant, by look-up: roles of thousands are compared with people who hold
// thousands.
bool HoldsGrant(const TextList& grants, std::string_view other);

// Sorted, each once: how permissions are stored and shown.
std::vector<std::string> Folded(std::vector<std::string> permissions);

}  // namespace gatehouse::auth
