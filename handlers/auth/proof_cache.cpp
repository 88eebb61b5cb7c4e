#include "handlers/auth/proof_cache.h"

#include "fcgi/run/log.h"
#include "fcgi/run/metrics.h"

namespace gatehouse::auth {
namespace {

// A tombstone outlives every access token; a session's refresh token is asked of MariaDB anyway.
constexpr Seconds kTombstoneTtl{86400 + 60};

struct CacheMetrics {
  Metrics::Handle failed = Metrics::Instance().Counter(
      "gatehouse_cache_failures_total", "Questions to memcached that got no usable answer.");
  Metrics::Handle revoke_failed = Metrics::Instance().Counter(
      "gatehouse_cache_revocations_missed_total",
      "Revocations that memcached could not be told of; proof_ttl bounds them.");
};
CacheMetrics& Counters() {
  static CacheMetrics counters;
  return counters;
}

}  // namespace

ProofCache::ProofCache(Memcache cache, std::string_view cache_key, Seconds proof_ttl,
                       const Clock& clock, Entropy& entropy)
    : cache_(std::move(cache)),
      codec_(cache_key),
      ttl_(proof_ttl),
      clock_(clock),
      entropy_(entropy) {
  Counters();
}

bool ProofCache::IsFresh(TimePoint read_at, TimePoint now) const {
  return read_at <= now && now < read_at + ttl_;
}

void ProofCache::Read(ProofAnswer& answer, const std::optional<CacheItem>& session,
                      const std::optional<CacheItem>& tenant, TimePoint now) const {
  answer.session_version = session ? std::optional(session->version) : std::nullopt;
  answer.tenant_version = tenant ? std::optional(tenant->version) : std::nullopt;
  if (!session) return;
  auto record = codec_.Decode(answer.session_key, session->value);
  if (!record) return;
  if (record->kind == RecordKind::kTombstone) {
    answer.state = ProofAnswer::State::kRevoked;
    answer.session_version.reset();  // nothing is ever published over a tombstone
    return;
  }
  if (record->kind != RecordKind::kProof || !tenant || !IsFresh(record->read_at, now)) return;
  const auto generation = codec_.Decode(answer.tenant_key, tenant->value);
  if (!generation || generation->kind != RecordKind::kGeneration ||
      !IsFresh(generation->read_at, now) ||
      generation->generation != record->proof.tenant_generation) {
    return;
  }
  answer.state = ProofAnswer::State::kProof;
  answer.proof = std::move(record->proof);
}

std::vector<ProofAnswer> ProofCache::Find(std::span<const ProofQuestion> questions) {
  std::vector<ProofAnswer> answers(questions.size());
  std::vector<std::string> keys;
  keys.reserve(questions.size() * 2);
  for (std::size_t i = 0; i < questions.size(); ++i) {
    answers[i].session_key = codec_.SessionKey(questions[i].tenant, questions[i].session);
    answers[i].tenant_key = codec_.TenantKey(questions[i].tenant);
    keys.push_back(answers[i].session_key);
    keys.push_back(answers[i].tenant_key);
  }
  const auto items = cache_.MultiGet(keys);
  if (!items.ok()) {
    Metrics::Instance().Add(Counters().failed);
    return answers;  // all unknown
  }
  // After the answer: a proof may have been published while we asked.
  const TimePoint now = clock_.Now();
  for (std::size_t i = 0; i < answers.size(); ++i) {
    Read(answers[i], (*items)[2 * i], (*items)[2 * i + 1], now);
  }
  return answers;
}

void ProofCache::Lease(ProofAnswer& answer) {
  if (ttl_.count() == 0 || (answer.session_version && answer.tenant_version)) return;
  const std::string nonce = entropy_.Bytes(16);
  for (const auto* key : {&answer.session_key, &answer.tenant_key}) {
    const bool absent =
        !(key == &answer.session_key ? answer.session_version : answer.tenant_version);
    if (absent &&
        cache_.Add(*key, codec_.EncodeLease(*key, nonce), ttl_) == Memcache::Outcome::kFailed) {
      return;  // without a lease nothing is published
    }
  }
  const std::vector<std::string> keys = {answer.session_key, answer.tenant_key};
  const auto items = cache_.MultiGet(keys);
  if (!items.ok()) {
    answer.session_version.reset();
    answer.tenant_version.reset();
    return;
  }
  // Whoever stored what is there now did so before our read of MariaDB: as good as our own lease.
  Read(answer, (*items)[0], (*items)[1], clock_.Now());
  if (answer.state == ProofAnswer::State::kProof) {
    // Somebody else was quicker. The caller reads MariaDB all the same; state stays a question.
    answer.state = ProofAnswer::State::kUnknown;
    answer.proof.reset();
  }
}

void ProofCache::Publish(const ProofAnswer& answer, const Proof& proof) {
  if (ttl_.count() == 0) return;
  // The generation first: a proof without it is not used.
  if (answer.tenant_version) {
    cache_.Replace(
        answer.tenant_key,
        codec_.EncodeGeneration(answer.tenant_key, proof.tenant_generation, proof.read_at), ttl_,
        *answer.tenant_version);
  }
  if (answer.session_version) {
    cache_.Replace(answer.session_key, codec_.EncodeProof(answer.session_key, proof), ttl_,
                   *answer.session_version);
  }
}

void ProofCache::PublishTombstone(const ProofAnswer& answer) {
  if (!answer.session_version) return;
  cache_.Replace(answer.session_key, codec_.EncodeTombstone(answer.session_key), kTombstoneTtl,
                 *answer.session_version);
}

void ProofCache::Revoke(TenantId tenant, SessionId session) {
  const std::string key = codec_.SessionKey(tenant, session);
  if (cache_.Set(key, codec_.EncodeTombstone(key), kTombstoneTtl) != Memcache::Outcome::kStored) {
    Metrics::Instance().Add(Counters().revoke_failed);
    log::Warn("cache.revoke_missed", {{"session_id", session.ToString()}});
  }
}

void ProofCache::Invalidate(TenantId tenant, SessionId session) {
  if (cache_.Delete(codec_.SessionKey(tenant, session)) != Memcache::Outcome::kStored) {
    Metrics::Instance().Add(Counters().revoke_failed);
    log::Warn("cache.invalidate_missed", {{"session_id", session.ToString()}});
  }
}

void ProofCache::InvalidateTenant(TenantId tenant) {
  if (cache_.Delete(codec_.TenantKey(tenant)) != Memcache::Outcome::kStored) {
    Metrics::Instance().Add(Counters().revoke_failed);
    log::Warn("cache.invalidate_missed", {{"tenant_id", tenant.ToString()}});
  }
}

}  // namespace gatehouse::auth
