#include "handlers/auth/self.h"

#include "handlers/auth/attempt.h"
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
                         const Principal& who, std::string_view password) {
  GH_ASSIGN(const auto tenant, LoadTenantContext(ex, who.tenant_id));
  // In the order of all: the address, the tenant (they may be its last administrator), the user.
  GH_TRY(LockAddress(services, ex, tenant, who.email));
  GH_TRY(store::LockTenant(ex, who.tenant_id));
  GH_ASSIGN(const auto found, store::FindUser(ex, who.tenant_id, who.user_id));
  if (!found) return Outcome{MakeError(ErrorCode::kInvalidToken, "deleted before"), {}};
  const AttemptSubject subject{who.tenant_id, who.tenant_slug, tenant.settings, who.email,
                               std::nullopt};
  GH_ASSIGN(const auto evaluation, EvaluatePassword(services, ex, caller, subject, password));
  if (evaluation.outcome != Evaluation::Outcome::kRight) {
    return Outcome{EvaluationError(evaluation, ErrorCode::kWrongPassword), {}};
  }
  const store::User& user = *evaluation.user;
  if (user.id != who.user_id) return MakeError(ErrorCode::kInvalidToken, "address moved on");
  GH_TRY(ClearFailures(services, ex, subject));
  auto ended = DeleteUserIn(services, ex, caller, {who, who.tenant_id}, user);
  if (!ended.ok() && ended.error().code == ErrorCode::kLastTenantAdmin) {
    return Outcome{std::move(ended).error(), {}};
  }
  GH_TRY(ended);
  return Outcome{std::nullopt, std::move(ended).value()};
}

}  // namespace

Status DeleteOwnAccount(Services& services, const Caller& caller, const Principal& who,
                        std::string_view password) {
  GH_ASSIGN(Outcome outcome, services.db.Transact<Outcome>(caller.deadline, [&](db::Executor& ex) {
    return DeleteIn(services, ex, caller, who, password);
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
