// Proofs in memcached: how they are looked up, published and voided (SPEC T8, T9; DESIGN.md 3).
//
// The promise: nothing that starts after a revocation was acknowledged is accepted, with a healthy
// cache and when memcached is flushed, killed or restarted; at most `proof_ttl` late when it is
// frozen or cut off. Its parts:
//   - A revoker commits to MariaDB first, then overwrites (tombstone) or deletes the record, then
//     answers.
//   - A reader that does not find a proof takes a lease on the key before it reads MariaDB, and
//     publishes only where the lease is still there, unchanged, on the same connection (compare and
//     store). A revoker's write, a flush, a restart or an eviction in between each take the lease
//     away, so what was read before them is never published after them.
//   - A proof counts until read_at + proof_ttl whatever memcached thinks, so that a write delayed
//     inside a frozen memcached cannot revive anything for longer.
//
// memcached is asked every time. What a process remembers is only how it read a value: where the
// same bytes come back under the same key, they need not be authenticated and parsed again.
#pragma once

#include <memory>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "fcgi/base/clock.h"
#include "fcgi/base/entropy.h"
#include "fcgi/base/lru.h"
#include "fcgi/lib/memcache.h"
#include "handlers/auth/proof.h"

namespace gatehouse::auth {

struct ProofQuestion {
  TenantId tenant;
  SessionId session;
};

// Where the records of a session and its tenant lie.
struct ProofKeys {
  std::string session, tenant;
};

// What the cache knows of one session.
struct ProofAnswer {
  enum class State {
    kProof,    // `proof` decides
    kRevoked,  // a tombstone: final
    kUnknown,  // ask MariaDB
  };
  State state = State::kUnknown;
  std::shared_ptr<const Proof> proof;  // kProof
  // For publishing: the keys and what is stored there now, where anything is.
  std::shared_ptr<const ProofKeys> keys;
  std::optional<CacheVersion> session_version, tenant_version;
};

class ProofCache {
 public:
  // `proof_ttl` 0: proofs are neither trusted nor published; tombstones still are.
  ProofCache(Memcache cache, std::string_view cache_key, Seconds proof_ttl, const Clock& clock,
             Entropy& entropy);

  // One round trip for all.
  std::vector<ProofAnswer> Find(std::span<const ProofQuestion> questions);

  // Before reading MariaDB: makes sure of a lease on both keys. May find out that a tombstone has
  // come meanwhile (state kRevoked).
  void Lease(ProofAnswer& answer);
  // After reading: publishes under the lease, silently does not where it is gone.
  void Publish(const ProofAnswer& answer, const Proof& proof);
  // The session is gone for good, as MariaDB says.
  void PublishTombstone(const ProofAnswer& answer);

  // After the commit that ended it, before the answer. Failure is logged and counted; the bound is
  // then proof_ttl.
  void Revoke(TenantId tenant, SessionId session);
  // After a commit that changed what a proof holds (roles, status): the next reader asks MariaDB.
  void Invalidate(TenantId tenant, SessionId session);
  // After a commit that bumped the tenant's generation: voids all proofs of the tenant.
  void InvalidateTenant(TenantId tenant);

  bool Ping() { return cache_.Ping(); }
  Seconds proof_ttl() const { return ttl_; }

 private:
  // A value as it was read once: a pure function of key and value.
  struct Decoded {
    std::string value;
    Record record;
  };
  bool IsFresh(TimePoint read_at, TimePoint now) const;
  std::shared_ptr<const ProofKeys> KeysOf(const ProofQuestion& question);
  // Null where the value is none of ours.
  std::shared_ptr<const Record> Decode(std::string_view key, std::string&& value);
  // What came back of one key.
  struct Found {
    std::shared_ptr<const Record> record;  // null where there is none, or none of ours
    std::optional<CacheVersion> version;
  };
  Found FoundIn(std::string_view key, std::optional<CacheItem>&& item);
  void Read(ProofAnswer& answer, const Found& session, const Found& tenant, TimePoint now) const;

  Memcache cache_;
  RecordCodec codec_;
  Seconds ttl_;
  const Clock& clock_;
  Entropy& entropy_;
  Lru<std::shared_ptr<const ProofKeys>> keys_;   // by tenant and session
  Lru<std::shared_ptr<const Decoded>> decoded_;  // by cache key
};

}  // namespace gatehouse::auth
