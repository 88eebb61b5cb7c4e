// Who a request comes from, once verification said yes: the session and what its person may do.
#pragma once

#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "fcgi/base/clock.h"
#include "fcgi/base/ids.h"
#include "fcgi/base/text_list.h"

namespace gatehouse::auth {

// What is known of a session's person. Shared by all requests that the same proof decides, so that
// none of them copies it; never changed.
struct Identity {
  std::string tenant_slug;
  std::string email;
  std::string name;                // first and last name, or the address
  std::string amr;                 // comma-separated (RFC 8176)
  std::vector<std::string> roles;  // names, in order of assignment
  TextList permissions;            // sorted
  std::optional<std::string> branch_id, restaurant_id;
  // What the gate's endpoint has made of the above, kept with it (handlers/api/gate.cpp). One
  // thread.
  mutable std::string headers;
};

struct Principal {
  SessionId session_id;
  UserId user_id;
  TenantId tenant_id;
  std::shared_ptr<const Identity> identity = Nobody();
  bool tenant_admin = false;
  bool platform_admin = false;
  bool must_change_password = false;
  bool must_enrol = false;  // require_2fa, and not enrolled
  bool by_cookie = false;   // the credential came in a cookie: CSRF applies
  bool subscription_ended = false;
  TimePoint session_expires_at;
  TimePoint token_expires_at;
  // What a renewed token is made of (SPEC T7), beside the above.
  bool renewal_due = false;
  TimePoint authenticated_at;
  Seconds access_ttl{0};
  bool roles_as_csv = false;
  bool with_permissions = true;

  bool roleless() const { return identity->roles.empty() && !tenant_admin && !platform_admin; }

 private:
  static const std::shared_ptr<const Identity>& Nobody() {
    static const auto nobody = std::make_shared<const Identity>();
    return nobody;
  }
};

// Who administers, and the tenant in which they do: their own, or one that a platform administrator
// named. Rules of administration take one; whoever makes it has checked that the tenant may be
// named and is there. The command line acts as a platform administrator without an account.
struct Actor {
  const Principal& who;
  TenantId tenant;

  std::optional<UserId> id() const {
    return who.user_id.uuid.is_nil() ? std::nullopt : std::optional(who.user_id);
  }
};

// A service that holds a credential (SPEC T10).
struct Service {
  CredentialId id;
  TenantId tenant_id;
};

}  // namespace gatehouse::auth
