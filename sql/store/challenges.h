// Sign-ins that wait for their second factor (SPEC F2). Only the SHA-256 of a token is stored; the
// token is the capability, so look-ups by it take no TenantId.
#pragma once

#include <optional>
#include <string>

#include "sql/db/database.h"

namespace gatehouse::store {

struct Challenge {
  std::string token_hash;  // 32 bytes
  TenantId tenant_id;
  UserId user_id;
  std::string amr;               // of the first factor
  bool by_installation = false;  // a provider of the installation vouched
  std::string device_id, device_name, device_type;
  std::string browser_id;  // 16 bytes
  bool cookie_mode = false;
  std::string ip, user_agent;
  int failures = 0;  // wrong codes
  TimePoint created_at, expires_at;
};

Status InsertChallenge(db::Executor& ex, const Challenge& challenge);
// Expired ones too: the rule decides.
Result<std::optional<Challenge>> FindChallenge(db::Executor& ex, std::string_view token_hash);
// Holds the row's lock; after the user's.
Result<std::optional<Challenge>> LockChallenge(db::Executor& ex, std::string_view token_hash);
Status SetFailures(db::Executor& ex, TenantId tenant, std::string_view token_hash, int failures);
Status DeleteChallenge(db::Executor& ex, TenantId tenant, std::string_view token_hash);
// All of a user's but the newest `keep`. Under the user's row lock.
Status TrimChallenges(db::Executor& ex, TenantId tenant, UserId user, int keep);

}  // namespace gatehouse::store
