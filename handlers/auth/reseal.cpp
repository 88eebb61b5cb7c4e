#include "handlers/auth/reseal.h"

#include <array>

#include "handlers/auth/totp_secret.h"

namespace gatehouse::auth {

std::span<const SealedKind> SealedKinds() {
  static constexpr std::array kKinds = {
      SealedKind{"TOTP secrets", &ResealTotpSecrets, &store::AnyTotpUnder},
  };
  return kKinds;
}

}  // namespace gatehouse::auth
