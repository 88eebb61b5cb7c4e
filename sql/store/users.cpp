#include "sql/store/users.h"

#include "sql/store/outcome.h"
#include "sql/store/user_row.h"
#include "sql/store/user_words.h"

namespace gatehouse::store {
namespace {

#define GH_USER_COLUMNS                                                        \
  "id, tenant_id, email, email_verified_at, status, password_hash,"            \
  " must_change_password, first_name, last_name, phone, address, employee_id," \
  " kra_pin, branch_id, restaurant_id, is_tenant_admin, two_factor_enabled,"   \
  " picture_hash, last_login_at, created_at, created_by, updated_at, updated_by"
#define GH_SELECT_USER "SELECT " GH_USER_COLUMNS " FROM users WHERE tenant_id = ?"

const db::Sql kFind{"users.find", GH_SELECT_USER " AND id = ?"};
const db::Sql kFindByEmail{"users.find_by_email", GH_SELECT_USER " AND email = ?"};
const db::Sql kLock{"users.lock", GH_SELECT_USER " AND id = ? FOR UPDATE"};
const db::Sql kLockByEmail{"users.lock_by_email", GH_SELECT_USER " AND email = ? FOR UPDATE"};
const db::Sql kList{"users.list", GH_SELECT_USER " AND email > ? ORDER BY email LIMIT ?"};
const db::Sql kInsert{"users.insert", "INSERT INTO users (" GH_USER_COLUMNS
                                      ") VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?,"
                                      " ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)"};
const db::Sql kUpdatePending{
    "users.update_pending",
    "UPDATE users SET password_hash = ?, first_name = ?, last_name = ?, phone = ?, updated_at = ?"
    " WHERE tenant_id = ? AND id = ? AND status = 'pending'"};
const db::Sql kActivate{"users.activate",
                        "UPDATE users SET status = 'active', email_verified_at = ?, updated_at = ?"
                        " WHERE tenant_id = ? AND id = ? AND status = 'pending'"};
const db::Sql kSetPassword{
    "users.set_password",
    "UPDATE users SET password_hash = ?, must_change_password = FALSE, updated_at = ?,"
    " updated_by = ? WHERE tenant_id = ? AND id = ?"};
const db::Sql kUpgradeHash{"users.upgrade_hash",
                           "UPDATE users SET password_hash = ?"
                           " WHERE tenant_id = ? AND id = ? AND password_hash = ?"};
const db::Sql kSetStatus{"users.set_status",
                         "UPDATE users SET status = ?, updated_at = ?, updated_by = ?"
                         " WHERE tenant_id = ? AND id = ?"};
const db::Sql kUpdate{
    "users.update",
    "UPDATE users SET email = ?, email_verified_at = ?, status = ?, first_name = ?, last_name = ?,"
    " phone = ?, address = ?, employee_id = ?, kra_pin = ?, branch_id = ?, restaurant_id = ?,"
    " is_tenant_admin = ?, updated_at = ?, updated_by = ? WHERE tenant_id = ? AND id = ?"};
const db::Sql kClearPassword{"users.clear_password",
                             "UPDATE users SET password_hash = NULL, updated_at = ?,"
                             " updated_by = ? WHERE tenant_id = ? AND id = ?"};
const db::Sql kDelete{"users.delete", "DELETE FROM users WHERE tenant_id = ? AND id = ?"};
const db::Sql kOtherAdmin{"users.other_tenant_admin",
                          "SELECT 1 FROM users WHERE tenant_id = ? AND is_tenant_admin = TRUE"
                          " AND status = 'active' AND email_verified_at IS NOT NULL AND id <> ?"
                          " LIMIT 1"};
const db::Sql kSetLastLogin{"users.set_last_login",
                            "UPDATE users SET last_login_at = ? WHERE tenant_id = ? AND id = ?"};

}  // namespace

const char* const kUserColumns = GH_USER_COLUMNS;

#undef GH_SELECT_USER
#undef GH_USER_COLUMNS

UserStatus ParseUserStatus(std::string_view text) {
  if (text == "active") return UserStatus::kActive;
  if (text == "pending") return UserStatus::kPending;
  return UserStatus::kDisabled;
}

User ReadUser(const db::Row& row) {
  User user;
  user.id = row.As<UserId>(0);
  user.tenant_id = row.As<TenantId>(1);
  user.email = row.Text(2);
  user.email_verified_at = row.OptionalTime(3);
  user.status = ParseUserStatus(row.Text(4));
  user.password_hash = row.OptionalText(5);
  user.must_change_password = row.Bool(6);
  user.first_name = row.OptionalText(7);
  user.last_name = row.OptionalText(8);
  user.phone = row.OptionalText(9);
  user.address = row.OptionalText(10);
  user.employee_id = row.OptionalText(11);
  user.kra_pin = row.OptionalText(12);
  user.branch_id = row.OptionalText(13);
  user.restaurant_id = row.OptionalText(14);
  user.is_tenant_admin = row.Bool(15);
  user.two_factor_enabled = row.Bool(16);
  user.picture_hash = row.OptionalText(17);
  user.last_login_at = row.OptionalTime(18);
  user.created_at = row.Time(19);
  user.created_by = row.OptionalAs<UserId>(20);
  user.updated_at = row.Time(21);
  user.updated_by = row.OptionalAs<UserId>(22);
  return user;
}

std::string_view ToString(UserStatus status) {
  switch (status) {
    case UserStatus::kPending:
      return "pending";
    case UserStatus::kActive:
      return "active";
    case UserStatus::kDisabled:
      break;
  }
  return "disabled";
}

std::string User::DisplayName() const {
  std::string name = first_name.value_or("");
  if (last_name && !last_name->empty()) {
    if (!name.empty()) name += ' ';
    name += *last_name;
  }
  return name.empty() ? email : name;
}

Result<std::optional<User>> FindUser(db::Executor& ex, TenantId tenant, UserId id) {
  return Map(ex.QueryOne(kFind, {tenant, id}), ReadUser);
}

Result<std::optional<User>> FindUserByEmail(db::Executor& ex, TenantId tenant,
                                            std::string_view email) {
  return Map(ex.QueryOne(kFindByEmail, {tenant, email}), ReadUser);
}

Result<std::optional<User>> LockUser(db::Executor& ex, TenantId tenant, UserId id) {
  return Map(ex.QueryOne(kLock, {tenant, id}), ReadUser);
}

Result<std::optional<User>> LockUserByEmail(db::Executor& ex, TenantId tenant,
                                            std::string_view email) {
  return Map(ex.QueryOne(kLockByEmail, {tenant, email}), ReadUser);
}

Status InsertUser(db::Executor& ex, const User& user) {
  auto done = ex.Execute(kInsert, {user.id,
                                   user.tenant_id,
                                   user.email,
                                   user.email_verified_at,
                                   ToString(user.status),
                                   user.password_hash,
                                   user.must_change_password,
                                   user.first_name,
                                   user.last_name,
                                   user.phone,
                                   user.address,
                                   user.employee_id,
                                   user.kra_pin,
                                   user.branch_id,
                                   user.restaurant_id,
                                   user.is_tenant_admin,
                                   user.two_factor_enabled,
                                   user.picture_hash,
                                   user.last_login_at,
                                   user.created_at,
                                   user.created_by,
                                   user.updated_at,
                                   user.updated_by});
  GH_TRY(std::move(done));
  return InsertWords(ex, user);
}

Status UpdatePending(db::Executor& ex, TenantId tenant, UserId id,
                     const std::optional<std::string>& password_hash,
                     const std::optional<std::string>& first_name,
                     const std::optional<std::string>& last_name,
                     const std::optional<std::string>& phone, TimePoint now) {
  auto matched = OneRow(
      kUpdatePending,
      ex.Execute(kUpdatePending, {password_hash, first_name, last_name, phone, now, tenant, id}));
  // Also where it matched nothing: a registration costs the same for an address that is taken.
  GH_TRY(RefreshWords(ex, tenant, id));
  return matched;
}

Status ActivateUser(db::Executor& ex, TenantId tenant, UserId id, TimePoint now) {
  return OneRow(kActivate, ex.Execute(kActivate, {now, now, tenant, id}));
}

Status SetPassword(db::Executor& ex, TenantId tenant, UserId id, std::string_view hash,
                   TimePoint now, std::optional<UserId> by) {
  return OneRow(kSetPassword, ex.Execute(kSetPassword, {hash, now, by, tenant, id}));
}

Status UpgradeHash(db::Executor& ex, TenantId tenant, UserId id, std::string_view old_hash,
                   std::string_view new_hash) {
  return Done(ex.Execute(kUpgradeHash, {new_hash, tenant, id, old_hash}));
}

Status SetStatus(db::Executor& ex, TenantId tenant, UserId id, UserStatus status, TimePoint now,
                 std::optional<UserId> by) {
  return OneRow(kSetStatus, ex.Execute(kSetStatus, {ToString(status), now, by, tenant, id}));
}

Status SetLastLogin(db::Executor& ex, TenantId tenant, UserId id, TimePoint now) {
  return OneRow(kSetLastLogin, ex.Execute(kSetLastLogin, {now, tenant, id}));
}

Status UpdateUser(db::Executor& ex, const User& user) {
  GH_TRY(OneRow(kUpdate,
                ex.Execute(kUpdate, {user.email, user.email_verified_at, ToString(user.status),
                                     user.first_name, user.last_name, user.phone, user.address,
                                     user.employee_id, user.kra_pin, user.branch_id,
                                     user.restaurant_id, user.is_tenant_admin, user.updated_at,
                                     user.updated_by, user.tenant_id, user.id})));
  return RefreshWords(ex, user.tenant_id, user.id);
}

Status ClearPassword(db::Executor& ex, TenantId tenant, UserId id, TimePoint now,
                     std::optional<UserId> by) {
  return OneRow(kClearPassword, ex.Execute(kClearPassword, {now, by, tenant, id}));
}

Status DeleteUser(db::Executor& ex, TenantId tenant, UserId id) {
  return OneRow(kDelete, ex.Execute(kDelete, {tenant, id}));
}

Result<bool> HasOtherTenantAdmin(db::Executor& ex, TenantId tenant, UserId id) {
  GH_ASSIGN(const auto row, ex.QueryOne(kOtherAdmin, {tenant, id}));
  return row.has_value();
}

Result<std::vector<User>> ListUsers(db::Executor& ex, TenantId tenant, std::string_view after_email,
                                    int limit) {
  return Map(ex.Query(kList, {tenant, after_email, limit}), ReadUser);
}

}  // namespace gatehouse::store
