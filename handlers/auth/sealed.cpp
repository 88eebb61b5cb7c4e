#include "handlers/auth/sealed.h"

#include "fcgi/lib/crypto.h"
#include "handlers/auth/live_tokens.h"

namespace gatehouse::auth {

namespace {
constexpr std::size_t kNonceBytes = 12;
}  // namespace

SealedSecret SealSecret(Services& services, std::string_view secret, std::string_view context) {
  const Key& key = services.tokens.ActiveKey(Ring::kTotp);
  return {crypto::Seal(key.secret.Reveal(), services.entropy.Bytes(kNonceBytes), secret, context),
          key.kid};
}

std::optional<Secret> OpenSecret(Services& services, const SealedSecret& sealed,
                                 std::string_view context) {
  const Key* key = services.tokens.FindKey(Ring::kTotp, sealed.kid);
  if (key == nullptr) return std::nullopt;
  auto secret = crypto::Open(key->secret.Reveal(), sealed.box, context);
  if (!secret) return std::nullopt;
  return Secret(std::move(*secret));
}

}  // namespace gatehouse::auth
