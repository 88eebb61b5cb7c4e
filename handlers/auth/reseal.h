// What is sealed under the ring totp (sealed.h), kind by kind: for the command line, which brings
// it under a new key and refuses to retire one that is needed.
#pragma once

#include <cstdint>
#include <span>
#include <string_view>

#include "handlers/auth/services.h"

namespace gatehouse::auth {

struct SealedKind {
  std::string_view name;
  // Everything under another key than the active one, sealed again; how many there were. One that
  // does not open is logged and left as it is, and stops no other.
  Result<std::uint64_t> (*reseal)(Services& services);
  Result<bool> (*any_under)(db::Executor& ex, std::string_view kid);
};
std::span<const SealedKind> SealedKinds();

}  // namespace gatehouse::auth
