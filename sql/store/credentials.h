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

// Where a page ended.
struct CredentialCursor {
  TimePoint created_at;
  CredentialId id;
};

// By id alone: it is what authenticates, and says of which tenant it is. Not of a tenant that is
// suspended or deleted.
Result<std::optional<Credential>> FindLiveCredential(db::Executor& ex, CredentialId id);

Status InsertCredential(db::Executor& ex, const Credential& credential);
Result<std::optional<Credential>> FindCredential(db::Executor& ex, TenantId tenant,
                                                 CredentialId id);
Result<std::optional<Credential>> LockCredential(db::Executor& ex, TenantId tenant,
                                                 CredentialId id);
// kNotFound where the tenant has no such credential.
Status DeleteCredential(db::Executor& ex, TenantId tenant, CredentialId id);
// By created_at and id, after the cursor.
Result<std::vector<Credential>> ListCredentials(db::Executor& ex, TenantId tenant,
                                                const std::optional<CredentialCursor>& after,
                                                bool ascending, int limit);

}  // namespace gatehouse::store
