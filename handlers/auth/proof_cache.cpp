#include "handlers/auth/proof_cache.h"

#include <array>
#include <utility>

#include "fcgi/run/log.h"
#include "fcgi/run/metrics.h"

namespace gatehouse::auth {
namespace {

// A tombstone outlives every access token; a session's refresh token is asked of MariaDB anyway.
constexpr Seconds kTombstoneTtl{86400 + 60};

constexpr std::size_t kMaxKeyBytes = 1024 * 1024;
constexpr std::size_t kMaxDecodedBytes = 4 * 1024 * 1024;
// What a record takes in memory beside its bytes, which it holds twice: a dozen short strings.
constexpr std::size_t kDecodedStrings = 640;

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

// The index of `key` in `keys`, which gets it where it lacks it.
std::size_t PlaceOf(std::string_view key, std::vector<std::string_view>& keys) {
  // From the end: what comes together is often the same.
  for (std::size_t i = keys.size(); i > 0; --i) {
    if (keys[i - 1] == key) return i - 1;
  }
  keys.push_back(key);
  return keys.size() - 1;
}

}  // namespace

ProofCache::ProofCache(Memcache cache, std::string_view cache_key, Seconds proof_ttl,
                       const Clock& clock, Entropy& entropy)
    : cache_(std::move(cache)),
      codec_(cache_key),
      ttl_(proof_ttl),
      clock_(clock),
      entropy_(entropy),
      keys_(kMaxKeyBytes),
      decoded_(kMaxDecodedBytes) {
  Counters();
}

bool ProofCache::IsFresh(TimePoint read_at, TimePoint now) const {
  return read_at <= now && now < read_at + ttl_;
}

std::shared_ptr<const ProofKeys> ProofCache::KeysOf(const ProofQuestion& question) {
  std::string ids(question.tenant.view());
  ids.append(question.session.view());
  if (const auto* known = keys_.Find(ids)) return *known;
  auto keys = std::make_shared<const ProofKeys>(ProofKeys{
      codec_.SessionKey(question.tenant, question.session), codec_.TenantKey(question.tenant)});
  keys_.Put(ids, keys, sizeof(ProofKeys) + keys->session.size() + keys->tenant.size());
  return keys;
}

std::shared_ptr<const Record> ProofCache::Decode(std::string_view key, std::string&& value) {
  const auto* known = decoded_.Find(key);
  if (known != nullptr && (*known)->value == value) return {*known, &(*known)->record};
  auto record = codec_.Decode(key, value);
  if (!record) return nullptr;
  const std::size_t bytes = sizeof(Decoded) + kDecodedStrings + 2 * value.size();
  const auto decoded =
      std::make_shared<const Decoded>(Decoded{std::move(value), std::move(*record)});
  decoded_.Put(key, decoded, bytes);
  return {decoded, &decoded->record};
}

ProofCache::Found ProofCache::FoundIn(std::string_view key, std::optional<CacheItem>&& item) {
  if (!item) return {};
  return {Decode(key, std::move(item->value)), item->version};
}

void ProofCache::Read(ProofAnswer& answer, const Found& session, const Found& tenant,
                      TimePoint now) const {
  answer.session_version = session.version;
  answer.tenant_version = tenant.version;
  const auto& record = session.record;
  if (!record) return;
  if (record->kind == RecordKind::kTombstone) {
    answer.state = ProofAnswer::State::kRevoked;
    answer.session_version.reset();  // nothing is ever published over a tombstone
    return;
  }
  const auto& generation = tenant.record;
  if (record->kind != RecordKind::kProof || !IsFresh(record->read_at, now) || !generation ||
      generation->kind != RecordKind::kGeneration || !IsFresh(generation->read_at, now) ||
      generation->generation != record->proof.tenant_generation) {
    return;
  }
  answer.state = ProofAnswer::State::kProof;
  answer.proof = {record, &record->proof};
}

std::vector<ProofAnswer> ProofCache::Find(std::span<const ProofQuestion> questions) {
  std::vector<ProofAnswer> answers(questions.size());
  // A batch is of few sessions or of few tenants: no key is asked for twice.
  std::vector<std::string_view> keys, tenants;
  std::vector<std::pair<std::size_t, std::size_t>> places;
  places.reserve(questions.size());
  for (std::size_t i = 0; i < questions.size(); ++i) {
    answers[i].keys = KeysOf(questions[i]);
    places.emplace_back(PlaceOf(answers[i].keys->session, keys),
                        PlaceOf(answers[i].keys->tenant, tenants));
  }
  const std::size_t first_tenant = keys.size();
  keys.insert(keys.end(), tenants.begin(), tenants.end());
  auto items = cache_.MultiGet(keys);
  if (!items.ok()) {
    Metrics::Instance().Add(Counters().failed);
    return answers;  // all unknown
  }
  // After the answer: a proof may have been published while we asked.
  const TimePoint now = clock_.Now();
  std::vector<Found> found(keys.size());
  for (std::size_t i = 0; i < keys.size(); ++i) found[i] = FoundIn(keys[i], std::move((*items)[i]));
  for (std::size_t i = 0; i < answers.size(); ++i) {
    const auto [session, tenant] = places[i];
    Read(answers[i], found[session], found[first_tenant + tenant], now);
  }
  return answers;
}

void ProofCache::Lease(ProofAnswer& answer) {
  if (ttl_.count() == 0 || (answer.session_version && answer.tenant_version)) return;
  const std::string nonce = entropy_.Bytes(16);
  const ProofKeys& keys = *answer.keys;
  for (const auto* key : {&keys.session, &keys.tenant}) {
    const bool absent = !(key == &keys.session ? answer.session_version : answer.tenant_version);
    if (absent &&
        cache_.Add(*key, codec_.EncodeLease(*key, nonce), ttl_) == Memcache::Outcome::kFailed) {
      return;  // without a lease nothing is published
    }
  }
  const std::array<std::string_view, 2> both = {keys.session, keys.tenant};
  auto items = cache_.MultiGet(both);
  if (!items.ok()) {
    answer.session_version.reset();
    answer.tenant_version.reset();
    return;
  }
  // Whoever stored what is there now did so before our read of MariaDB: as good as our own lease.
  Read(answer, FoundIn(keys.session, std::move((*items)[0])),
       FoundIn(keys.tenant, std::move((*items)[1])), clock_.Now());
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
        answer.keys->tenant,
        codec_.EncodeGeneration(answer.keys->tenant, proof.tenant_generation, proof.read_at), ttl_,
        *answer.tenant_version);
  }
  if (answer.session_version) {
    cache_.Replace(answer.keys->session, codec_.EncodeProof(answer.keys->session, proof), ttl_,
                   *answer.session_version);
  }
}

void ProofCache::PublishTombstone(const ProofAnswer& answer) {
  if (!answer.session_version) return;
  cache_.Replace(answer.keys->session, codec_.EncodeTombstone(answer.keys->session), kTombstoneTtl,
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
