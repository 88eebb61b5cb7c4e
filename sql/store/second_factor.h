// TOTP secrets and recovery codes (SPEC F1, F3). Call what changes them under the user's row lock:
// it is what makes a code good for one use, whichever worker it comes to.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "sql/db/database.h"

namespace gatehouse::store {

struct TotpSecret {
  UserId user_id;
  TenantId tenant_id;
  std::string secret;  // sealed (handlers/auth/sealed.h)
  std::string kid;
  std::optional<std::int64_t> last_step;  // the newest that was used
  TimePoint created_at;
};

// In place of what was there.
Status PutTotp(db::Executor& ex, const TotpSecret& secret);
Result<std::optional<TotpSecret>> FindTotp(db::Executor& ex, TenantId tenant, UserId user);
// Forward only: false where this step or a later one was used before.
Result<bool> UseTotpStep(db::Executor& ex, TenantId tenant, UserId user, std::int64_t step);
// users.two_factor_enabled.
Status SetTwoFactor(db::Executor& ex, TenantId tenant, UserId user, bool enabled, TimePoint now,
                    std::optional<UserId> by);
// The secret and every recovery code.
Status DeleteSecondFactor(db::Executor& ex, TenantId tenant, UserId user);

// In place of those that were there.
Status ReplaceRecoveryCodes(db::Executor& ex, TenantId tenant, UserId user,
                            const std::vector<std::string>& hashes, TimePoint now);
// Uses one up; false where there is none.
Result<bool> UseRecoveryCode(db::Executor& ex, TenantId tenant, UserId user, std::string_view hash);
Result<bool> HasRecoveryCode(db::Executor& ex, TenantId tenant, UserId user, std::string_view hash);

// For the rotation of keys, across tenants: secrets under another key than `kid`, by user, those
// after `after`.
Result<std::vector<TotpSecret>> TotpNotUnder(db::Executor& ex, std::string_view kid, UserId after,
                                             int limit);
// The same secret under another key; nothing where it was replaced meanwhile.
Status ResealTotp(db::Executor& ex, const TotpSecret& old, std::string_view box,
                  std::string_view kid);
Result<bool> AnyTotpUnder(db::Executor& ex, std::string_view kid);

}  // namespace gatehouse::store
