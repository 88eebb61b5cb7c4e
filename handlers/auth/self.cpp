#include "handlers/auth/self.h"

#include "handlers/auth/attempt.h"
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
  // Before the user's row: they may be the last administrator.
  if (who.tenant_admin) GH_TRY(store::LockTenant(ex, who.tenant_id));
  GH_ASSIGN(const auto tenant, LoadTenantContext(ex, who.tenant_id));
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
  if (outcome.refused) return std::move(*outcome.refused);
  services.proofs.Revoke(who.tenant_id, who.session_id);
  return {};
}

}  // namespace gatehouse::auth
