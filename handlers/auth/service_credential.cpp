#include "handlers/auth/service_credential.h"

#include <algorithm>

#include "fcgi/base/codec.h"
#include "fcgi/lib/crypto.h"
#include "fcgi/lib/json.h"
#include "handlers/auth/audit.h"

namespace gatehouse::auth {
namespace {

constexpr std::size_t kMaxHeader = 512;
constexpr std::string_view kScheme = "basic ";
constexpr std::size_t kSecretBytes = 32;
// Services come in the verify pool, where others wait: a MariaDB that takes longer counts as away.
constexpr Millis kMaxRead{1000};

bool IsBasic(std::string_view header) {
  return header.size() > kScheme.size() && header.size() <= kMaxHeader &&
         std::equal(kScheme.begin(), kScheme.end(), header.begin(), [](char a, char b) {
           return a == (b >= 'A' && b <= 'Z' ? static_cast<char>(b - 'A' + 'a') : b);
         });
}

std::string NameJson(std::string_view name) {
  json::Writer out;
  out.BeginObject().Member("name", name).EndObject();
  return out.Take();
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
  // An id that cannot be ours is looked up too, as one that nobody has, and its secret is hashed
  // and compared like any other: what is wrong cannot be told by the time.
  const auto id = CredentialId::Parse(credential.client_id);
  GH_TRY(services.database_rest.Ask());
  const auto executor = services.db.Auto(caller.deadline.Within(kMaxRead));
  auto row = store::FindLiveCredential(*executor, id.value_or(CredentialId{}));
  if (!row.ok()) {
    services.database_rest.Failed();
    return RetryLater(ErrorCode::kUnavailable, 2, std::move(row.error().inner));
  }
  const bool known = id.has_value() && row->has_value();
  const auto hash = crypto::Sha256(credential.secret);
  const auto nobodys = crypto::Digest{};
  const bool right = crypto::ConstantTimeEqual(
      crypto::AsView(hash), known ? (*row)->secret_hash : crypto::AsView(nobodys));
  if (!known || !right) {
    return MakeError(ErrorCode::kInvalidClient, known ? "wrong secret" : "unknown client_id");
  }
  return Service{(*row)->id, (*row)->tenant_id};
}

Result<NewCredential> CreateCredential(Services& services, const Caller& caller, const Actor& actor,
                                       std::string name) {
  const TimePoint now = services.clock.Now();
  Secret secret(Base64UrlEncode(services.entropy.Bytes(kSecretBytes)));
  store::Credential row{CredentialId::New(now, services.entropy),
                        actor.tenant,
                        std::move(name),
                        std::string(crypto::AsView(crypto::Sha256(secret.Reveal()))),
                        now,
                        actor.who.user_id};
  const auto insert = [&](db::Executor& ex) -> Status {
    GH_TRY(store::InsertCredential(ex, row));
    return Audit(services, ex, caller,
                 ByActor(actor, event::kCredentialCreated, "credential", row.id.ToString(),
                         std::nullopt, NameJson(row.name)));
  };
  // Where the commit's outcome was not heard, the row tells.
  const auto committed = [&](db::Executor& ex) -> Result<bool> {
    GH_ASSIGN(const auto found, store::FindCredential(ex, row.tenant_id, row.id));
    return found.has_value();
  };
  GH_TRY(services.db.Transact<void>(caller.deadline, insert, committed));
  return NewCredential{std::move(row), std::move(secret)};
}

Status DeleteCredential(Services& services, const Caller& caller, const Actor& actor,
                        CredentialId id) {
  return services.db.Transact<void>(caller.deadline, [&](db::Executor& ex) -> Status {
    GH_ASSIGN(const auto row, store::LockCredential(ex, actor.tenant, id));
    if (!row) return MakeError(ErrorCode::kNotFound, "credential");
    GH_TRY(store::DeleteCredential(ex, actor.tenant, id));
    return Audit(services, ex, caller,
                 ByActor(actor, event::kCredentialDeleted, "credential", id.ToString(),
                         NameJson(row->name), std::nullopt));
  });
}

}  // namespace gatehouse::auth
