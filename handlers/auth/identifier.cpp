#include "handlers/auth/identifier.h"

#include "fcgi/lib/crypto.h"
#include "fcgi/lib/text.h"

namespace gatehouse::auth {

std::string CanonicalEmail(std::string_view email) {
  // Lower-casing can undo normalization (U+0130), so normalize last.
  const std::string lower = text::Lower(text::Nfc(email).value_or(std::string()));
  return text::Nfc(lower).value_or(lower);
}

std::string IdentifierKey(const KeyRings& keys, std::string_view tenant,
                          std::string_view identifier) {
  const crypto::HmacSha256 mac(keys.Active(Ring::kIdentifier).secret.Reveal());
  return std::string(crypto::AsView(mac.Mac(crypto::LengthPrefixed({tenant, identifier}))));
}

}  // namespace gatehouse::auth
