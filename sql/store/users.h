// Users (SPEC U). E-mail addresses are canonical here: NFC, lower case
// (handlers/auth/identifier.h). A change to one user is kNotFound where the tenant has no such user
// (or none in the state that it changes), unless said otherwise.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "sql/db/database.h"

namespace gatehouse::store {

enum class UserStatus { kPending, kActive, kDisabled };
std::string_view ToString(UserStatus status);  // "pending", …
UserStatus ParseUserStatus(std::string_view text);

struct User {
  UserId id;
  TenantId tenant_id;
  std::string email;
  std::optional<TimePoint> email_verified_at;
  UserStatus status = UserStatus::kPending;
  std::optional<std::string> password_hash;
  bool must_change_password = false;
  std::optional<std::string> first_name, last_name, phone, address, employee_id, kra_pin, branch_id,
      restaurant_id;
  bool is_tenant_admin = false;
  bool two_factor_enabled = false;
  std::optional<std::string> picture_hash;  // SHA-256 of the stored picture
  std::optional<TimePoint> last_login_at;
  TimePoint created_at;
  std::optional<UserId> created_by;
  TimePoint updated_at;
  std::optional<UserId> updated_by;

  // First and last name, or what there is of them; else the address (SPEC T1 `username`).
  std::string DisplayName() const;
};

Result<std::optional<User>> FindUser(db::Executor& ex, TenantId tenant, UserId id);
Result<std::optional<User>> FindUserByEmail(db::Executor& ex, TenantId tenant,
                                            std::string_view email);
// The same, holding the row's lock to the end of the transaction.
Result<std::optional<User>> LockUser(db::Executor& ex, TenantId tenant, UserId id);
Result<std::optional<User>> LockUserByEmail(db::Executor& ex, TenantId tenant,
                                            std::string_view email);
// kAlreadyExists ("users_email") where the address is taken.
Status InsertUser(db::Executor& ex, const User& user);
// A pending registration overwritten by a newer one: password and profile.
Status UpdatePending(db::Executor& ex, TenantId tenant, UserId id,
                     const std::optional<std::string>& password_hash,
                     const std::optional<std::string>& first_name,
                     const std::optional<std::string>& last_name,
                     const std::optional<std::string>& phone, TimePoint now);
// Pending becomes active and verified.
Status ActivateUser(db::Executor& ex, TenantId tenant, UserId id, TimePoint now);
// Clears must_change_password.
Status SetPassword(db::Executor& ex, TenantId tenant, UserId id, std::string_view hash,
                   TimePoint now, std::optional<UserId> by);
// Re-hash under today's parameters: only where the stored hash is still `old_hash`, else nothing.
Status UpgradeHash(db::Executor& ex, TenantId tenant, UserId id, std::string_view old_hash,
                   std::string_view new_hash);
Status SetStatus(db::Executor& ex, TenantId tenant, UserId id, UserStatus status, TimePoint now,
                 std::optional<UserId> by);
Status SetLastLogin(db::Executor& ex, TenantId tenant, UserId id, TimePoint now);
// What an administrator, or the person themselves, may change: address and its verification,
// status, names, phone, …, the tenant-admin flag. Neither password nor what sign-ins write.
// kAlreadyExists ("users_email") where the address is taken.
Status UpdateUser(db::Executor& ex, const User& user);
// The password is gone: only a mailed link makes a new one.
Status ClearPassword(db::Executor& ex, TenantId tenant, UserId id, TimePoint now,
                     std::optional<UserId> by);
// Its sessions, links, roles and picture go with it.
Status DeleteUser(db::Executor& ex, TenantId tenant, UserId id);
// Tenant admins who can sign in, but `id`. Under the tenant's row lock where the answer decides
// anything.
Result<bool> HasOtherTenantAdmin(db::Executor& ex, TenantId tenant, UserId id);
// By address, at most `limit`, those after `after_email`.
Result<std::vector<User>> ListUsers(db::Executor& ex, TenantId tenant, std::string_view after_email,
                                    int limit);

}  // namespace gatehouse::store
