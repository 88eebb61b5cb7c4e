#include "handlers/auth/service_credential.h"

#include <algorithm>

#include "fcgi/base/codec.h"
#include "fcgi/lib/crypto.h"
#include "sql/store/credentials.h"

namespace gatehouse::auth {
namespace {

constexpr std::size_t kMaxHeader = 512;
constexpr std::string_view kScheme = "basic ";

bool IsBasic(std::string_view header) {
  return header.size() > kScheme.size() && header.size() <= kMaxHeader &&
         std::equal(kScheme.begin(), kScheme.end(), header.begin(), [](char a, char b) {
           return a == (b >= 'A' && b <= 'Z' ? static_cast<char>(b - 'A' + 'a') : b);
         });
}

}  // namespace

std::optional<BasicCredential> ParseBasic(std::string_view authorization) {
  if (!IsBasic(authorization)) return std::nullopt;
  const auto text = Base64Decode(authorization.substr(kScheme.size()));
  if (!text) return std::nullopt;
  const auto colon = text->find(':');
  if (colon == std::string::npos) return std::nullopt;
  return BasicCredential{text->substr(0, colon), text->substr(colon + 1)};
}

Result<Service> Authenticate(Services& services, const Caller& caller,
                             const BasicCredential& credential) {
  const auto id = CredentialId::Parse(credential.client_id);
  if (!id) return MakeError(ErrorCode::kInvalidClient, "client_id is none of ours");
  GH_ASSIGN(const auto row, store::FindLiveCredential(*services.db.Auto(caller.deadline), *id));
  if (!row) return MakeError(ErrorCode::kInvalidClient, "unknown client_id");
  const auto hash = crypto::Sha256(credential.secret);
  if (!crypto::ConstantTimeEqual(crypto::AsView(hash), row->secret_hash)) {
    return MakeError(ErrorCode::kInvalidClient, "wrong secret");
  }
  return Service{row->id, row->tenant_id};
}

}  // namespace gatehouse::auth
