#include "handlers/auth/link_token.h"

#include "fcgi/base/codec.h"
#include "fcgi/lib/crypto.h"

namespace gatehouse::auth {

LinkToken NewLinkToken(Entropy& entropy) {
  LinkToken out;
  out.text = Base64UrlEncode(entropy.Bytes(32));
  out.hash = LinkTokenHash(out.text);
  return out;
}

std::string LinkTokenHash(std::string_view text) {
  const auto raw = Base64UrlDecode(text);
  if (!raw || raw->size() != 32) return {};
  return std::string(crypto::AsView(crypto::Sha256(*raw)));
}

}  // namespace gatehouse::auth
