#include "handlers/auth/self.h"

#include "handlers/auth/notify.h"
#include "handlers/auth/proof_cache.h"
#include "handlers/auth/user_admin.h"

namespace gatehouse::auth {
namespace {

// Committed in every case: a wrong password is on record.
struct Outcome {
  std::optional<Error> refused;
  EndedSessions ended;
};

Result<Outcome> DeleteIn(Services& services, db::Executor& ex, const Caller& caller,
                         const Principal& who, const OwnProof& proof) {
  GH_ASSIGN(const auto tenant, LoadTenantContext(ex, who.tenant_id));
  // In the order of all: the address, the tenant (they may be its last administrator), the user.
  GH_TRY(LockAddress(services, ex, tenant, who.identity->email));
  GH_TRY(store::LockTenant(ex, who.tenant_id));
  GH_ASSIGN(const auto found, store::FindUser(ex, who.tenant_id, who.user_id));
  if (!found) return Outcome{MakeError(ErrorCode::kInvalidToken, "deleted before"), {}};
  GH_ASSIGN(auto proven, Reauthenticate(services, ex, caller, tenant, who, proof));
  if (proven.refused) return Outcome{std::move(proven.refused), {}};
  const store::User& user = *proven.user;
  auto ended = DeleteUserIn(services, ex, caller, {who, who.tenant_id}, user);
  if (!ended.ok() && ended.error().code == ErrorCode::kLastTenantAdmin) {
    return Outcome{std::move(ended).error(), {}};
  }
  GH_TRY(ended);
  return Outcome{std::nullopt, std::move(ended).value()};
}

}  // namespace

Status DeleteOwnAccount(Services& services, const Caller& caller, const Principal& who,
                        const OwnProof& proof) {
  GH_ASSIGN(Outcome outcome, services.db.Transact<Outcome>(caller.deadline, [&](db::Executor& ex) {
    return DeleteIn(services, ex, caller, who, proof);
  }));
  TellEnded(services, outcome.ended);
  const bool gone = !outcome.refused || outcome.refused->code == ErrorCode::kInvalidToken;
  if (gone) {
    services.proofs.InvalidateTenant(who.tenant_id);
    services.proofs.Revoke(who.tenant_id, who.session_id);
  }
  if (outcome.refused) return std::move(*outcome.refused);
  return {};
}

}  // namespace gatehouse::auth
