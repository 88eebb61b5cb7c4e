// Whole requests through Dispatch, without nginx and FastCGI: what is left is the project's own
// work and the one question to memcached, which is a real one.
#include <benchmark/benchmark.h>

#include <string>
#include <vector>

#include "bench/micro_people.h"
#include "fcgi/run/log.h"
#include "handlers/auth/mail.h"
#include "handlers/auth/proof_cache.h"
#include "handlers/auth/services.h"
#include "handlers/dispatch.h"

namespace gatehouse {
namespace {

using bench::kIssuer;
using bench::Must;

// A worker whose clock stands still, so that what it has cached stays good. Nobody asks MariaDB:
// there is none.
class Worker {
 public:
  Worker() {
    log::Open("/dev/null", log::Level::kError, "bench");
    if (!memcached_.WaitForListener(socket_, std::chrono::seconds(5))) bench::Fail("memcached");
  }

  // A request of one of `sessions` people, whose proof is cached.
  std::vector<http::ValueRequest> Verifications(std::size_t sessions) {
    std::vector<http::ValueRequest> out(sessions);
    for (auto& request : out) {
      const auto subject = bench::NewSubject(clock_.Now(), entropy_);
      Publish(bench::NewProof(subject, clock_.Now()));
      Fill(request, "Bearer " + tokens_.Issue(subject, Uuid::V7(clock_.Now(), entropy_),
                                              clock_.Now(), clock_.Now() + Seconds(3600)));
    }
    return out;
  }
  // One without a credential: refused before anybody is asked.
  static http::ValueRequest Anonymous() {
    http::ValueRequest request;
    Fill(request, "");
    return request;
  }

  void Handle(std::vector<http::Exchange>& batch) {
    dispatch_.Handle(batch);
    dispatch_.AfterBatch();
  }

 private:
  static void Fill(http::ValueRequest& request, std::string authorization) {
    request.Set("REQUEST_METHOD", "GET");
    request.Set("DOCUMENT_URI", "/auth/verify");
    request.Set("REMOTE_ADDR", "127.0.0.1");
    request.Set("REQUEST_ID", "0123456789abcdef0123456789abcdef");
    if (!authorization.empty()) request.Set("HTTP_AUTHORIZATION", std::move(authorization));
    request.Set("HTTP_USER_AGENT", std::string(120, 'u'));
  }

  void Publish(const auth::Proof& proof) {
    const auth::ProofQuestion question{proof.tenant_id, proof.session_id};
    auto answer = std::move(proofs_.Find({&question, 1})[0]);
    proofs_.Lease(answer);
    proofs_.Publish(answer, proof);
  }

  db::Options NoDatabase() const {
    db::Options options;
    options.socket = folder_.File("no-mariadb");
    return options;
  }
  auth::LiveTokens OpenTokens() {
    Must(keys_.Create(folder_.File("keys.toml")));
    return Must(auth::LiveTokens::Open(folder_.File("keys.toml"), kIssuer, kIssuer));
  }

  ManualClock clock_{FromUnixSeconds(1'800'000'000)};
  SystemEntropy entropy_;
  testing::TempDir folder_;
  const std::string socket_ = folder_.File("m.sock");
  testing::Process memcached_{{"/usr/bin/memcached", "-s", socket_, "-u", "root"}};
  Config config_{};
  KeyRings keys_ = KeyRings::Generate(entropy_);
  db::Database db_{NoDatabase()};
  auth::ProofCache proofs_{Memcache({{socket_}, Millis(200), Millis(200)}), "0123456789abcdef",
                           Seconds(3600), clock_, entropy_};
  auth::LiveTokens tokens_ = OpenTokens();
  auth::MailTemplates mail_ = Must(auth::MailTemplates::Load(GATEHOUSE_SOURCE_DIR "/nginx/mail"));
  auth::Services services_{config_, keys_, db_, proofs_, tokens_, mail_, clock_, entropy_, {}, ""};
  Dispatch dispatch_{services_};
};

void Run(benchmark::State& state, Worker& worker, std::vector<http::ValueRequest>& requests,
         int expected) {
  std::vector<http::Exchange> batch(requests.size());
  for (auto _ : state) {
    for (std::size_t i = 0; i < batch.size(); ++i) batch[i] = {&requests[i], {}};
    worker.Handle(batch);
    if (batch.back().response.status != expected) state.SkipWithError("another answer");
  }
  state.SetItemsProcessed(static_cast<std::int64_t>(batch.size()) * state.iterations());
}

// A batch of that many sessions, one request each; time is for the batch.
void DispatchVerify(benchmark::State& state) {
  Worker worker;
  auto requests = worker.Verifications(static_cast<std::size_t>(state.range(0)));
  Run(state, worker, requests, 204);
}
BENCHMARK(DispatchVerify)->Arg(1)->Arg(16)->Arg(64)->UseRealTime();

// A batch of 64 requests of one session.
void DispatchVerifyOfOne(benchmark::State& state) {
  Worker worker;
  std::vector<http::ValueRequest> requests(64, worker.Verifications(1)[0]);
  Run(state, worker, requests, 204);
}
BENCHMARK(DispatchVerifyOfOne)->UseRealTime();

void DispatchRefusal(benchmark::State& state) {
  Worker worker;
  std::vector<http::ValueRequest> requests(1, Worker::Anonymous());
  Run(state, worker, requests, 401);
}
BENCHMARK(DispatchRefusal);

}  // namespace
}  // namespace gatehouse
