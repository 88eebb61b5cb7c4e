#include "handlers/auth/gate.h"

#include <malloc.h>

#include <utility>

#include "fcgi/run/log.h"
#include "fcgi/run/metrics.h"
#include "handlers/auth/ip_mismatch.h"
#include "handlers/auth/live_tokens.h"
#include "handlers/auth/session.h"
#include "handlers/auth/settings.h"
#include "sql/store/roles.h"
#include "sql/store/sessions.h"

namespace gatehouse::auth {
namespace {

struct GateMetrics {
  static Metrics::Handle Make(std::string_view source) {
    return Metrics::Instance().Counter("gatehouse_verifications_total",
                                       "Access tokens decided, by where the answer came from.",
                                       "source=\"" + std::string(source) + "\"");
  }
  Metrics::Handle token = Make("token");        // refused by the token alone
  Metrics::Handle cache = Make("cache");        // proof or tombstone
  Metrics::Handle database = Make("database");  // MariaDB was asked
  Metrics::Handle nobody = Make("none");        // nobody could say
};
GateMetrics& Counters() {
  static GateMetrics counters;
  return counters;
}

constexpr std::size_t kMaxPending = 256;
// Who hammers with a stolen token costs a look at the audit log this often, not at every request.
constexpr Millis kMismatchRest{std::chrono::minutes(5)};
constexpr std::size_t kMaxOnRecord = 4096;
// A verify worker has others waiting: a MariaDB that does not answer a primary-key read within
// this time counts as away, and is left alone for a while.
constexpr Millis kMaxRead{1000};

// An idle session stays so unless another worker's last touch was on its way: MariaDB is asked this
// often, not at every request of whoever goes on with the token.
constexpr Millis kIdleRest{1000};

// Reading as many permissions takes a few MiB for a moment, and malloc would keep them.
constexpr std::size_t kManyPermissions = 1000;

bool ReadLately(const Proof& proof, TimePoint now) { return now < proof.read_at + kIdleRest; }

bool MustEnrol(const store::GateRow& row, const TenantSettings& settings, bool platform_admin) {
  if (row.two_factor_enabled) return false;
  if (settings.require_2fa == "all") return true;
  return settings.require_2fa == "admins" && (row.is_tenant_admin || platform_admin);
}

}  // namespace

Result<ProofRead> ReadProof(db::Executor& ex, TenantId tenant, SessionId session, TimePoint now) {
  ProofRead out{std::make_shared<Proof>(), false};
  Proof& proof = *out.proof;
  proof.read_at = now;
  proof.session_id = session;
  proof.tenant_id = tenant;
  GH_ASSIGN(const auto row, store::ReadGate(ex, tenant, session));
  out.gone = !row || row->session.revoked_at || now >= row->session.expires_at;
  proof.revoked = out.gone || !row->user_active || row->tenant_suspended;
  if (proof.revoked) {
    // A soft refusal is published as a proof too, so it carries the generation that ends it.
    if (row) proof.tenant_generation = row->tenant_generation;
    return out;
  }
  GH_ASSIGN(auto grants, store::GrantsOf(ex, tenant, row->session.user_id));
  // Until they are one no more, as with a tenant that is suspended.
  if (ExceedsFirstFactor(row->session.amr, row->session.by_installation, grants)) {
    proof.revoked = true;
    proof.tenant_generation = row->tenant_generation;
    return out;
  }
  const TenantSettings settings = ParseSettings(row->tenant_settings);
  proof.user_id = row->session.user_id;
  proof.tenant_generation = row->tenant_generation;
  proof.session_expires_at = row->session.expires_at;
  proof.last_active_at = row->session.last_active_at;
  proof.idle_timeout = settings.idle_timeout;
  proof.authenticated_at = row->session.authenticated_at;
  proof.access_ttl = settings.access_ttl;
  proof.sliding_renewal = settings.sliding_renewal;
  proof.roles_as_csv = settings.roles_claim == "csv";
  proof.with_permissions = settings.permissions_claim;
  proof.bound_to_ip = settings.ip_binding == "strict";
  proof.bound_to_subnet = settings.ip_binding == "subnet";
  proof.amr = row->session.amr;
  proof.session_ip = row->session.ip;
  proof.tenant_admin = row->is_tenant_admin;
  proof.platform_admin = grants.platform_admin;
  proof.must_change_password = row->must_change_password;
  proof.must_enrol = MustEnrol(*row, settings, grants.platform_admin);
  proof.subscription_ends_at = row->subscription_ends_at;
  proof.tenant_slug = row->tenant_slug;
  proof.email = row->email;
  proof.name = row->display_name;
  proof.branch_id = row->branch_id;
  proof.restaurant_id = row->restaurant_id;
  for (auto& role : grants.roles) proof.roles.push_back(std::move(role.name));
  proof.permissions = grants.permissions;
  return out;
}

Result<std::shared_ptr<const Proof>> PeekProof(Services& services, const ProofQuestion& question,
                                               const Caller& caller) {
  using Held = std::shared_ptr<const Proof>;
  ProofAnswer answer = std::move(services.proofs.Find({&question, 1})[0]);
  Held cached;
  if (answer.state == ProofAnswer::State::kProof) {
    cached = std::move(answer.proof);
    // As at the gate: a proof that is about to be called idle may merely be older than the last
    // touch, and MariaDB knows.
    const bool active_lately =
        caller.now - cached->last_active_at < TouchInterval(cached->idle_timeout);
    if (cached->revoked || active_lately || ReadLately(*cached, caller.now)) return cached;
    answer.state = ProofAnswer::State::kUnknown;
  }
  if (answer.state == ProofAnswer::State::kUnknown) services.proofs.Lease(answer);
  if (answer.state == ProofAnswer::State::kRevoked) return Held();
  if (auto rests = services.database_rest.Ask(); !rests.ok()) {
    if (cached) return cached;
    return std::move(rests).error();
  }
  // Taken before the read: what is learnt is no older than this.
  const TimePoint read_at = services.clock.Now();
  const auto executor = services.db.Auto(caller.deadline.Within(kMaxRead));
  auto read = ReadProof(*executor, question.tenant, question.session, read_at);
  if (!read.ok()) {
    services.database_rest.Failed();
    if (cached) return cached;
    return RetryLater(ErrorCode::kUnavailable, 2, std::move(read.error().inner));
  }
  if (read->gone) {
    services.proofs.PublishTombstone(answer);
    return Held();
  }
  services.proofs.Publish(answer, *read->proof);
  return Held(std::move(read->proof));
}

Gate::Gate(Services& services) : services_(services) { Counters(); }

Result<Ticket> Gate::Open(std::string_view token, TimePoint now) const {
  const auto verified = services_.tokens.Verify(token, now);
  if (const auto* reject = std::get_if<TokenReject>(&verified)) {
    Metrics::Instance().Add(Counters().token);
    return MakeError(ErrorCode::kInvalidToken, std::string(reject->reason));
  }
  return Ticket{std::get<TokenClaims>(verified), {}};
}

void Gate::Ask(std::span<Ticket* const> tickets) {
  std::vector<ProofQuestion> questions;
  questions.reserve(tickets.size());
  for (const auto* t : tickets) questions.push_back({t->claims.tenant_id, t->claims.session_id});
  auto answers = services_.proofs.Find(questions);
  for (std::size_t i = 0; i < tickets.size(); ++i) tickets[i]->answer = std::move(answers[i]);
}

Result<Principal> Gate::Decide(Ticket& ticket, const Caller& caller) {
  if (ticket.answer.state == ProofAnswer::State::kRevoked) {
    Metrics::Instance().Add(Counters().cache);
    return MakeError(ErrorCode::kInvalidToken, "revoked (tombstone)");
  }
  if (ticket.answer.state == ProofAnswer::State::kProof) {
    const std::shared_ptr<const Proof> proof = std::move(ticket.answer.proof);
    auto verdict = JudgeFor(proof, ticket.claims, caller);
    // MariaDB is asked although the proof would do: once a while per session, because it is also
    // told that the session is active (SPEC S3), and where the proof may be older than the last
    // touch. Nobody else who is refused: that would go on for as long as they do. Where MariaDB is
    // away, the proof still counts.
    const bool ask =
        verdict.ok()
            ? caller.now - proof->last_active_at >= TouchInterval(proof->idle_timeout)
            : !proof->revoked && IsIdle(*proof, caller.now) && !ReadLately(*proof, caller.now);
    if (ask) {
      auto decided = DecideFromDatabase(ticket, caller);
      if (decided.ok() || decided.error().code == ErrorCode::kInvalidToken) return decided;
    }
    Metrics::Instance().Add(Counters().cache);
    return verdict;
  }
  return DecideFromDatabase(ticket, caller);
}

Result<Principal> Gate::JudgeFor(const std::shared_ptr<const Proof>& proof,
                                 const TokenClaims& claims, const Caller& caller) {
  auto verdict = Judge(proof, claims, caller.ip, caller.now);
  if (!verdict.ok() && IsBoundElsewhere(*proof, caller.ip)) NoteMismatch(proof, claims, caller);
  return verdict;
}

void Gate::NoteMismatch(const std::shared_ptr<const Proof>& proof, const TokenClaims& claims,
                        const Caller& caller) {
  // Nobody is alarmed by a token that would be refused at home too.
  if (!Judge(proof, claims, std::nullopt, caller.now).ok()) return;
  if (mismatches_.size() >= kMaxPending) return;
  const auto known = on_record_.find(std::string(proof->session_id.view()) + caller.ip);
  if (known != on_record_.end() && !known->second.Expired()) return;
  mismatches_.push_back({proof->tenant_id, proof->user_id, proof->session_id, caller});
}

Result<Principal> Gate::DecideFromDatabase(Ticket& ticket, const Caller& caller) {
  GH_TRY(services_.database_rest.Ask());
  auto& answer = ticket.answer;
  answer.state = ProofAnswer::State::kUnknown;
  services_.proofs.Lease(answer);
  if (answer.state == ProofAnswer::State::kRevoked) {
    Metrics::Instance().Add(Counters().cache);
    return MakeError(ErrorCode::kInvalidToken, "revoked (tombstone)");
  }
  // Taken before the read: what is learnt is no older than this.
  const TimePoint read_at = services_.clock.Now();
  const auto executor = services_.db.Auto(caller.deadline.Within(kMaxRead));
  auto read = ReadProof(*executor, ticket.claims.tenant_id, ticket.claims.session_id, read_at);
  if (!read.ok()) {
    Metrics::Instance().Add(Counters().nobody);
    services_.database_rest.Failed();
    return RetryLater(ErrorCode::kUnavailable, 2, std::move(read.error().inner));
  }
  Metrics::Instance().Add(Counters().database);
  if (read->gone) {
    services_.proofs.PublishTombstone(answer);
    return MakeError(ErrorCode::kInvalidToken, "revoked, ended or unknown session");
  }
  Proof& proof = *read->proof;
  read_much_ = read_much_ || proof.permissions.size() >= kManyPermissions;
  auto verdict = JudgeFor(read->proof, ticket.claims, caller);
  if (verdict.ok() && caller.now - proof.last_active_at >= TouchInterval(proof.idle_timeout)) {
    if (touches_.size() < kMaxPending) {
      touches_.push_back(
          {proof.tenant_id, proof.session_id, caller.now, TouchInterval(proof.idle_timeout)});
    }
    proof.last_active_at = caller.now;  // as it is about to be written
  }
  services_.proofs.Publish(answer, proof);
  return verdict;
}

Status Gate::WriteTouches() {
  if (touches_.empty()) return {};
  // One commit for all of them; a few hundred rows take a millisecond or two.
  return services_.db.Transact<void>(Deadline::In(kMaxRead), [&](db::Executor& ex) -> Status {
    for (const auto& t : touches_) {
      GH_TRY(store::TouchSession(ex, t.tenant, t.session, t.at, t.apart));
    }
    return {};
  });
}

Status Gate::WriteMismatches() {
  for (const auto& m : mismatches_) {
    std::string key = std::string(m.session.view()) + m.caller.ip;
    const auto known = on_record_.find(key);
    if (known != on_record_.end() && !known->second.Expired()) continue;  // twice in a batch
    // A transaction each: none holds a session's row while it waits for another's.
    GH_TRY(services_.db.Transact<void>(Deadline::In(kMaxRead), [&](db::Executor& ex) {
      return RecordIpMismatch(services_, ex, m.caller, {m.tenant, m.user, m.session, "access"});
    }));
    if (on_record_.size() >= kMaxOnRecord) on_record_.clear();
    on_record_.insert_or_assign(std::move(key), Deadline::In(kMismatchRest));
  }
  return {};
}

void Gate::ReturnMemory() {
  if (std::exchange(read_much_, false)) malloc_trim(0);
}

void Gate::WriteNotes() {
  if ((touches_.empty() && mismatches_.empty()) || !services_.database_rest.Ask().ok()) return;
  for (const Status& written : {WriteTouches(), WriteMismatches()}) {
    if (written.ok()) continue;
    services_.database_rest.Failed();
    log::Warn("gate.notes_not_written", {{"reason", written.error().inner}});
  }
  touches_.clear();
  mismatches_.clear();
}

}  // namespace gatehouse::auth
