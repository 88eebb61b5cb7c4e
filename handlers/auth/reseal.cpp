#include "handlers/auth/reseal.h"

#include <array>

#include "handlers/auth/provider_setting.h"
#include "handlers/auth/totp_secret.h"
#include "sql/store/oauth.h"

namespace gatehouse::auth {

std::span<const SealedKind> SealedKinds() {
  static constexpr std::array kKinds = {
      SealedKind{"TOTP secrets", &ResealTotpSecrets, &store::AnyTotpUnder},
      SealedKind{"OAuth client secrets", &ResealClientSecrets, &store::AnyOAuthSecretUnder},
  };
  return kKinds;
}

}  // namespace gatehouse::auth
