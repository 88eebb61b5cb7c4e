// Users by the thousand: what `gatehouse import` writes, in a few round trips a batch. A batch is
// held to one transaction by its caller, and to a size that one packet carries (1,000 users of a
// few kilobytes).
#pragma once

#include <set>
#include <span>
#include <string>
#include <vector>

#include "sql/db/database.h"
#include "sql/store/users.h"

namespace gatehouse::store {

struct ImportedUser {
  UserId id;
  std::string email;  // canonical
  std::string password_hash;
  std::optional<std::string> first_name, last_name;
  std::vector<RoleId> roles;  // each once, in the order of assignment
  EventId event_id;
  std::string audit_after;  // JSON object
};

// Who caused it, for the audit log: "user.created", without an actor.
struct ImportCause {
  TimePoint now;
  std::string ip, request_id;
};

// Those of `emails` that users of the tenant have.
Result<std::set<std::string>> TakenEmails(db::Executor& ex, TenantId tenant,
                                          std::span<const std::string> emails);

// Inserts all of them, active and verified: the users, the words that a search finds them by,
// their roles, one audit event each. kAlreadyExists ("users_email") where an address is taken;
// kNotFound where a role is neither the tenant's nor the system's, or is a system role with
// ALL_PERMISSIONS, which no file gives (SPEC R4).
Status InsertImported(db::Executor& ex, TenantId tenant, std::span<const ImportedUser> users,
                      const ImportCause& cause);

}  // namespace gatehouse::store
