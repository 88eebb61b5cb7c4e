#include "sql/store/second_factor.h"

#include "sql/store/outcome.h"

namespace gatehouse::store {
namespace {

#define GH_TOTP_COLUMNS "user_id, tenant_id, secret, kid, last_step, created_at"

const db::Sql kPutTotp{"totp.put",
                       "REPLACE INTO totp_secrets (" GH_TOTP_COLUMNS ") VALUES (?, ?, ?, ?, ?, ?)"};
const db::Sql kFindTotp{"totp.find", "SELECT " GH_TOTP_COLUMNS
                                     " FROM totp_secrets WHERE user_id = ? AND tenant_id = ?"};
const db::Sql kUseStep{"totp.use_step",
                       "UPDATE totp_secrets SET last_step = ? WHERE user_id = ? AND tenant_id = ?"
                       " AND (last_step IS NULL OR last_step < ?)"};
const db::Sql kSetTwoFactor{"users.set_two_factor",
                            "UPDATE users SET two_factor_enabled = ?, updated_at = ?,"
                            " updated_by = ? WHERE tenant_id = ? AND id = ?"};
const db::Sql kDeleteTotp{"totp.delete",
                          "DELETE FROM totp_secrets WHERE user_id = ? AND tenant_id = ?"};
const db::Sql kDeleteCodes{"recovery_codes.delete_all",
                           "DELETE FROM recovery_codes WHERE user_id = ? AND tenant_id = ?"};
const db::Sql kInsertCode{"recovery_codes.insert",
                          "INSERT INTO recovery_codes (user_id, code_hash, tenant_id, created_at)"
                          " VALUES (?, ?, ?, ?)"};
const db::Sql kUseCode{
    "recovery_codes.use",
    "DELETE FROM recovery_codes WHERE user_id = ? AND code_hash = ? AND tenant_id = ?"};
const db::Sql kHasCode{
    "recovery_codes.find",
    "SELECT 1 FROM recovery_codes WHERE user_id = ? AND code_hash = ? AND tenant_id = ?"};
const db::Sql kNotUnder{"totp.not_under", "SELECT " GH_TOTP_COLUMNS
                                          " FROM totp_secrets WHERE kid <> ? AND user_id > ?"
                                          " ORDER BY user_id LIMIT ?"};
const db::Sql kReseal{"totp.reseal",
                      "UPDATE totp_secrets SET secret = ?, kid = ?"
                      " WHERE user_id = ? AND tenant_id = ? AND secret = ?"};
const db::Sql kAnyUnder{"totp.any_under", "SELECT 1 FROM totp_secrets WHERE kid = ? LIMIT 1"};

#undef GH_TOTP_COLUMNS

TotpSecret ReadTotp(const db::Row& row) {
  TotpSecret out;
  out.user_id = row.As<UserId>(0);
  out.tenant_id = row.As<TenantId>(1);
  out.secret = row.Text(2);
  out.kid = row.Text(3);
  out.last_step = row.OptionalInt(4);
  out.created_at = row.Time(5);
  return out;
}

}  // namespace

Status PutTotp(db::Executor& ex, const TotpSecret& s) {
  return Done(
      ex.Execute(kPutTotp, {s.user_id, s.tenant_id, s.secret, s.kid, s.last_step, s.created_at}));
}

Result<std::optional<TotpSecret>> FindTotp(db::Executor& ex, TenantId tenant, UserId user) {
  return Map(ex.QueryOne(kFindTotp, {user, tenant}), ReadTotp);
}

Result<bool> UseTotpStep(db::Executor& ex, TenantId tenant, UserId user, std::int64_t step) {
  return Any(ex.Execute(kUseStep, {step, user, tenant, step}));
}

Status SetTwoFactor(db::Executor& ex, TenantId tenant, UserId user, bool enabled, TimePoint now,
                    std::optional<UserId> by) {
  return OneRow(kSetTwoFactor, ex.Execute(kSetTwoFactor, {enabled, now, by, tenant, user}));
}

Status DeleteSecondFactor(db::Executor& ex, TenantId tenant, UserId user) {
  GH_TRY(ex.Execute(kDeleteTotp, {user, tenant}));
  return Done(ex.Execute(kDeleteCodes, {user, tenant}));
}

Status ReplaceRecoveryCodes(db::Executor& ex, TenantId tenant, UserId user,
                            const std::vector<std::string>& hashes, TimePoint now) {
  GH_TRY(ex.Execute(kDeleteCodes, {user, tenant}));
  for (const auto& hash : hashes) GH_TRY(ex.Execute(kInsertCode, {user, hash, tenant, now}));
  return {};
}

Result<bool> UseRecoveryCode(db::Executor& ex, TenantId tenant, UserId user,
                             std::string_view hash) {
  return Any(ex.Execute(kUseCode, {user, hash, tenant}));
}

Result<bool> HasRecoveryCode(db::Executor& ex, TenantId tenant, UserId user,
                             std::string_view hash) {
  GH_ASSIGN(const auto row, ex.QueryOne(kHasCode, {user, hash, tenant}));
  return row.has_value();
}

Result<std::vector<TotpSecret>> TotpNotUnder(db::Executor& ex, std::string_view kid, UserId after,
                                             int limit) {
  return Map(ex.Query(kNotUnder, {kid, after, limit}), ReadTotp);
}

Status ResealTotp(db::Executor& ex, const TotpSecret& old, std::string_view box,
                  std::string_view kid) {
  return Done(ex.Execute(kReseal, {box, kid, old.user_id, old.tenant_id, old.secret}));
}

Result<bool> AnyTotpUnder(db::Executor& ex, std::string_view kid) {
  GH_ASSIGN(const auto row, ex.QueryOne(kAnyUnder, {kid}));
  return row.has_value();
}

}  // namespace gatehouse::store
