// Users as administrators see them (SPEC U2, U5). Every rule is scoped to the actor's tenant: an id
// of another one is kNotFound. Acting on somebody who holds what the actor does not is kEscalation
// (SPEC R4). Each change leaves one audit event beside those of the sessions it ends, and holds for
// the next verification once the rule has returned (SPEC T8).
#pragma once

#include <functional>
#include <optional>
#include <string>
#include <vector>

#include "handlers/auth/principal.h"
#include "handlers/auth/services.h"
#include "handlers/auth/session.h"
#include "sql/store/roles.h"
#include "sql/store/users.h"

namespace gatehouse::auth {

struct UserView {
  store::User user;
  store::Grants grants;
};

// kNotFound.
Result<UserView> FindUserView(db::Executor& ex, TenantId tenant, UserId id);

// What a person's profile consists of; nullopt: not given, and inside it nullopt: cleared.
template <class T>
using Change = std::optional<std::optional<T>>;

struct UserChange {
  Change<std::string> first_name, last_name, phone, address, employee_id, kra_pin, branch_id,
      restaurant_id;
  std::optional<bool> is_tenant_admin;
  std::optional<store::UserStatus> status;  // kActive or kDisabled
  std::optional<std::string> email;
};

struct NewUser {
  std::string email;
  UserChange profile;  // without status and email
  std::vector<RoleId> roles;
};

// Called at the end of the transaction that made the user.
using UserMade = std::function<Status(db::Executor& ex, const UserView& made)>;

// Active and verified, with a generated password in a welcome mail (SPEC P5). kEscalation,
// kAlreadyExists, kTenantUserLimit, kValidationFailed for roles that are not there.
Result<UserView> CreateUser(Services& services, const Caller& caller, const Actor& actor,
                            const NewUser& wanted, const UserMade& made);

// A new address is unverified again: its owner gets a link, the old one a warning, and sessions
// end. kAlreadyExists, kLastTenantAdmin.
Result<UserView> ChangeUser(Services& services, const Caller& caller, const Actor& actor, UserId id,
                            const UserChange& change);

// kLastTenantAdmin.
Status DeleteUser(Services& services, const Caller& caller, const Actor& actor, UserId id);

// The whole list, the first being the primary role. kValidationFailed for roles that are not there
// or too many to fit into a token.
Result<UserView> SetUserRoles(Services& services, const Caller& caller, const Actor& actor,
                              UserId id, const std::vector<RoleId>& roles);

// One more role, after those that the user has. Fine where they have it.
Result<UserView> AddUserRole(Services& services, const Caller& caller, const Actor& actor,
                             UserId id, RoleId role);

// Ends a lock after failed sign-ins.
Status UnlockUser(Services& services, const Caller& caller, const Actor& actor, UserId id);

// The password and all sessions are over; a link that makes a new password goes out by mail.
Status ForcePasswordReset(Services& services, const Caller& caller, const Actor& actor, UserId id);

// All sessions are over.
Status SignOutUser(Services& services, const Caller& caller, const Actor& actor, UserId id);

// A person's own profile: names, phone, address.
Result<UserView> ChangeProfile(Services& services, const Caller& caller, const Principal& who,
                               const UserChange& change);

// For rules on users (user_admin.cpp, user_actions.cpp, self.cpp). Inside a transaction.
//
// The user, locked, once the actor may act on them.
Result<UserView> LockForAction(db::Executor& ex, const Actor& actor, UserId id);
// Deletes the locked user; the caller tells the cache of the sessions that ended. kLastTenantAdmin.
Result<EndedSessions> DeleteUserIn(Services& services, db::Executor& ex, const Caller& caller,
                                   const Actor& actor, const store::User& user);
// kLastTenantAdmin where `user` is the tenant's only active admin. Under the tenant's row
// lock, taken before the user's.
Status KeepATenantAdmin(db::Executor& ex, TenantId tenant, UserId user);

}  // namespace gatehouse::auth
