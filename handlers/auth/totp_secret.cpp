#include "handlers/auth/totp_secret.h"

#include "fcgi/run/log.h"
#include "handlers/auth/live_tokens.h"
#include "handlers/auth/sealed.h"

namespace gatehouse::auth {
namespace {

constexpr int kBatch = 200;
constexpr Millis kBatchDeadline{30000};

std::string ContextOf(UserId user) { return "totp_secrets.secret " + user.ToString(); }

}  // namespace

store::TotpSecret SealTotp(Services& services, const store::User& user, std::string_view secret) {
  SealedSecret sealed = SealSecret(services, secret, ContextOf(user.id));
  return {user.id,      user.tenant_id,      std::move(sealed.box), std::move(sealed.kid),
          std::nullopt, services.clock.Now()};
}

Result<Secret> OpenTotp(Services& services, const store::TotpSecret& row) {
  auto secret = OpenSecret(services, {row.secret, row.kid}, ContextOf(row.user_id));
  if (!secret) {
    return MakeError(ErrorCode::kInternal, "key " + row.kid + " does not open the TOTP secret of " +
                                               row.user_id.ToString());
  }
  return std::move(*secret);
}

Result<std::uint64_t> ResealTotpSecrets(Services& services) {
  const std::string kid = services.tokens.ActiveKey(Ring::kTotp).kid;
  std::uint64_t done = 0;
  UserId after{};
  while (true) {
    const auto ex = services.db.Auto(Deadline::In(kBatchDeadline));
    GH_ASSIGN(const auto rows, store::TotpNotUnder(*ex, kid, after, kBatch));
    for (const auto& row : rows) {
      const auto secret = OpenTotp(services, row);
      if (!secret.ok()) {
        log::Err("totp.not_resealed", {{"reason", secret.error().inner}});
        continue;
      }
      const auto sealed = SealSecret(services, secret->Reveal(), ContextOf(row.user_id));
      GH_TRY(store::ResealTotp(*ex, row, sealed.box, sealed.kid));
      ++done;
    }
    if (rows.size() < kBatch) return done;
    after = rows.back().user_id;
  }
}

}  // namespace gatehouse::auth
