// Service credentials (SPEC T10).
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "sql/db/database.h"

namespace gatehouse::store {

struct Credential {
  CredentialId id;
  TenantId tenant_id;
  std::string name;
  std::string secret_hash;  // SHA-256 of the secret
  TimePoint created_at;
  std::optional<UserId> created_by;
};

// By id alone: it is what authenticates, and says of which tenant it is. Not of a tenant that is
// suspended or deleted.
Result<std::optional<Credential>> FindLiveCredential(db::Executor& ex, CredentialId id);

}  // namespace gatehouse::store
