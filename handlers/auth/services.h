// What the rules work with, made once a process by its composition root and passed down by
// reference. No globals: a test builds its own.
#pragma once

#include <string>

#include "fcgi/base/clock.h"
#include "fcgi/base/entropy.h"
#include "fcgi/lib/memcache.h"
#include "fcgi/lib/password_hash.h"
#include "fcgi/run/config.h"
#include "fcgi/run/keyring.h"
#include "handlers/auth/database_rest.h"
#include "sql/db/database.h"

namespace gatehouse::auth {

class LiveTokens;
class MailTemplates;
class ProofCache;
class ProviderDirectory;

struct Services {
  const Config& config;
  const KeyRings& keys;
  db::Database& db;
  ProofCache& proofs;
  LiveTokens& tokens;
  const MailTemplates& mail;
  const Clock& clock;
  Entropy& entropy;
  HashPolicy hash_policy;
  std::string dummy_hash;  // of nobody's password, under hash_policy: what a missing account costs
  DatabaseRest database_rest{};
  ProviderDirectory* providers = nullptr;  // where nobody signs in through OAuth, none
};

// Who asks, as nginx says. `now` is taken once a request, so that one request sees one time.
struct Caller {
  std::string ip;          // as nginx sees it, text
  std::string user_agent;  // printable, at most 512 bytes
  std::string request_id;
  std::string tenant_slug;  // what nginx chose (GATEHOUSE_TENANT), or ""
  TimePoint now;
  Deadline deadline;
  // What its device cookie says it is (handlers/auth/device_cookie.h); "" without one.
  std::string browser_id{};
};

}  // namespace gatehouse::auth
