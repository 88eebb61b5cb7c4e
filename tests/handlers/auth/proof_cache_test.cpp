// SPEC T8, T9: the cache protocol against a real memcached, step by step. Readers and revokers have
// a cache (and so a connection) each, as two workers have.
#include "handlers/auth/proof_cache.h"

#include <gtest/gtest.h>

#include "tests/support/process.h"

namespace gatehouse::auth {
namespace {

using State = ProofAnswer::State;
using namespace std::chrono_literals;  // NOLINT(*using-namespace*)

class ProofCacheTest : public ::testing::Test {
 protected:
  ProofCacheTest() { Start(); }

  void Start() {
    memcached_.emplace(std::vector<std::string>{"/usr/bin/memcached", "-s", socket_, "-u", "root"});
    ASSERT_TRUE(memcached_->WaitForListener(socket_, 5s));
  }
  void Restart() {
    memcached_->Kill();
    unlink(socket_.c_str());
    Start();
  }
  ProofCache NewWorker(Seconds ttl = Seconds(10)) {
    return ProofCache(Memcache({{socket_}, Millis(100), Millis(100)}), "0123456789abcdef", ttl,
                      clock_, entropy_);
  }
  ProofAnswer Ask(ProofCache& worker) { return std::move(worker.Find(question_)[0]); }
  Proof GoodProof() {
    Proof proof;
    proof.read_at = clock_.Now();
    proof.tenant_id = question_[0].tenant;
    proof.session_id = question_[0].session;
    proof.tenant_generation = 1;
    return proof;
  }
  // A whole miss: ask, lease, (read MariaDB), publish.
  void PublishVia(ProofCache& worker) {
    auto answer = Ask(worker);
    worker.Lease(answer);
    worker.Publish(answer, GoodProof());
  }
  void Flush() { FlushAll(socket_); }
  static void FlushAll(const std::string& path);

  testing::TempDir folder_;
  std::string socket_ = folder_.File("m.sock");
  std::optional<testing::Process> memcached_;
  ManualClock clock_{FromUnixSeconds(1'800'000'000)};
  SeededEntropy entropy_{11};
  std::vector<ProofQuestion> question_ = {
      {TenantId::New(clock_.Now(), entropy_), SessionId::New(clock_.Now(), entropy_)}};
};

void ProofCacheTest::FlushAll(const std::string& path) {
  const int fd = socket(AF_UNIX, SOCK_STREAM, 0);
  sockaddr_un address{};
  address.sun_family = AF_UNIX;
  path.copy(address.sun_path, sizeof(address.sun_path) - 1);
  ASSERT_EQ(connect(fd, reinterpret_cast<sockaddr*>(&address), sizeof(address)), 0);
  const std::string_view command = "flush_all\r\n";
  ASSERT_EQ(write(fd, command.data(), command.size()), static_cast<ssize_t>(command.size()));
  char reply[16];
  ASSERT_GT(read(fd, reply, sizeof(reply)), 0);
  close(fd);
}

TEST_F(ProofCacheTest, T9AProofIsFoundByEveryWorkerUntilItsTimeIsOver) {
  auto a = NewWorker();
  auto b = NewWorker();
  EXPECT_EQ(Ask(a).state, State::kUnknown);
  PublishVia(a);
  EXPECT_EQ(Ask(b).state, State::kProof);
  clock_.Advance(Seconds(10));
  EXPECT_EQ(Ask(b).state, State::kUnknown);  // read_at + proof_ttl, whatever memcached thinks
  PublishVia(b);                             // over the old one
  EXPECT_EQ(Ask(a).state, State::kProof);
}

TEST_F(ProofCacheTest, T9AProofFromTheFutureIsNotBelieved) {
  auto a = NewWorker();
  PublishVia(a);
  clock_.Advance(-Seconds(5));
  EXPECT_EQ(Ask(a).state, State::kUnknown);
}

TEST_F(ProofCacheTest, T8RevocationIsSeenAtOnceAndIsNeverOverwritten) {
  auto reader = NewWorker();
  auto revoker = NewWorker();
  PublishVia(reader);
  revoker.Revoke(question_[0].tenant, question_[0].session);
  EXPECT_EQ(Ask(reader).state, State::kRevoked);
  PublishVia(reader);
  EXPECT_EQ(Ask(reader).state, State::kRevoked);
}

// The race: a reader has read MariaDB before the revocation was committed and publishes after.
TEST_F(ProofCacheTest, T8WhatWasReadBeforeARevocationIsNotPublishedAfterIt) {
  auto reader = NewWorker();
  auto revoker = NewWorker();
  auto answer = Ask(reader);
  reader.Lease(answer);
  const Proof stale = GoodProof();
  revoker.Revoke(question_[0].tenant, question_[0].session);
  reader.Publish(answer, stale);
  EXPECT_EQ(Ask(reader).state, State::kRevoked);
}

// With `set` or `add` instead of compare-and-store the stale proof would live in each of these.
TEST_F(ProofCacheTest, T8NorAfterARevocationAndAFlush) {
  auto reader = NewWorker();
  auto revoker = NewWorker();
  auto answer = Ask(reader);
  reader.Lease(answer);
  const Proof stale = GoodProof();
  revoker.Revoke(question_[0].tenant, question_[0].session);
  Flush();
  reader.Publish(answer, stale);
  EXPECT_EQ(Ask(reader).state, State::kUnknown);
}

TEST_F(ProofCacheTest, T8NorAfterARestartEvenWhereVersionsCoincide) {
  auto reader = NewWorker();
  auto other = NewWorker();
  auto answer = Ask(reader);
  reader.Lease(answer);
  const Proof stale = GoodProof();
  Restart();
  // The same steps in the new memcached give the same version numbers.
  auto again = Ask(other);
  other.Lease(again);
  reader.Publish(answer, stale);
  EXPECT_NE(Ask(other).state, State::kProof);
}

TEST_F(ProofCacheTest, T8RevocationReachesAMemcachedThatWasRestarted) {
  auto reader = NewWorker();
  auto revoker = NewWorker();
  EXPECT_EQ(Ask(revoker).state, State::kUnknown);  // has a connection now
  Restart();
  PublishVia(reader);
  ASSERT_EQ(Ask(reader).state, State::kProof);
  revoker.Revoke(question_[0].tenant, question_[0].session);
  EXPECT_EQ(Ask(reader).state, State::kRevoked);
}

TEST_F(ProofCacheTest, T8AChangeOfRolesVoidsTheProofAndWhatIsOnItsWay) {
  auto reader = NewWorker();
  auto changer = NewWorker();
  auto answer = Ask(reader);
  reader.Lease(answer);
  changer.Invalidate(question_[0].tenant, question_[0].session);
  reader.Publish(answer, GoodProof());
  EXPECT_EQ(Ask(reader).state, State::kUnknown);
  PublishVia(reader);
  EXPECT_EQ(Ask(reader).state, State::kProof);
  changer.Invalidate(question_[0].tenant, question_[0].session);
  EXPECT_EQ(Ask(reader).state, State::kUnknown);
}

TEST_F(ProofCacheTest, T8ATenantsNewGenerationVoidsItsProofs) {
  auto reader = NewWorker();
  auto changer = NewWorker();
  PublishVia(reader);
  changer.InvalidateTenant(question_[0].tenant);
  EXPECT_EQ(Ask(reader).state, State::kUnknown);
  auto answer = Ask(reader);
  reader.Lease(answer);
  Proof next = GoodProof();
  next.tenant_generation = 2;
  reader.Publish(answer, next);
  EXPECT_EQ(Ask(reader).state, State::kProof);
}

TEST_F(ProofCacheTest, T8AFrozenCacheIsUnknownAndBoundsStaleness) {
  auto reader = NewWorker();
  auto revoker = NewWorker();
  PublishVia(reader);
  memcached_->Signal(SIGSTOP);
  revoker.Revoke(question_[0].tenant, question_[0].session);  // cannot arrive
  EXPECT_EQ(Ask(reader).state, State::kUnknown);
  memcached_->Signal(SIGCONT);
  clock_.Advance(Seconds(10));
  EXPECT_NE(Ask(reader).state, State::kProof);
}

TEST_F(ProofCacheTest, T9PoisonedAndMixedUpValuesAreMisses) {
  auto reader = NewWorker();
  PublishVia(reader);
  Memcache attacker({{socket_}, Millis(100), Millis(100)});
  const RecordCodec codec("0123456789abcdef");
  const RecordCodec foreign("another key, another installation");
  const auto key = codec.SessionKey(question_[0].tenant, question_[0].session);
  const auto elsewhere =
      codec.SessionKey(question_[0].tenant, SessionId::New(clock_.Now(), entropy_));
  for (const auto& value :
       {std::string("yes"), std::string(4096, '\0'), foreign.EncodeProof(key, GoodProof()),
        codec.EncodeProof(elsewhere, GoodProof()), codec.EncodeProof(key, GoodProof()) + "x"}) {
    ASSERT_EQ(attacker.Set(key, value, Seconds(60)), Memcache::Outcome::kStored);
    EXPECT_EQ(Ask(reader).state, State::kUnknown);
  }
}

// T9: a process remembers how it read a value, never that it may be believed.
TEST_F(ProofCacheTest, T9WhatWasReadBeforeIsNoReasonToBelieveAnythingElse) {
  const RecordCodec codec("0123456789abcdef");
  Memcache attacker({{socket_}, Millis(100), Millis(100)});
  auto reader = NewWorker();
  const auto mine = codec.SessionKey(question_[0].tenant, question_[0].session);
  const auto tenant = codec.TenantKey(question_[0].tenant);
  const auto put = [&](const std::string& key, const std::string& value) {
    ASSERT_EQ(attacker.Set(key, value, Seconds(60)), Memcache::Outcome::kStored);
  };
  Proof proof = GoodProof();
  proof.email = "one@example.org";
  const std::string first = codec.EncodeProof(mine, proof);
  put(mine, first);
  put(tenant, codec.EncodeGeneration(tenant, 1, clock_.Now()));
  const auto before = Ask(reader);
  ASSERT_EQ(before.state, State::kProof);
  EXPECT_EQ(Ask(reader).proof, before.proof) << "the same bytes are not read twice";

  // Another proof of the same session decides at once, and the first may come back.
  proof.email = "two@example.org";
  put(mine, codec.EncodeProof(mine, proof));
  EXPECT_EQ(Ask(reader).proof->email, "two@example.org");
  put(mine, first);
  EXPECT_EQ(Ask(reader).proof->email, "one@example.org");

  for (std::size_t i = 0; i < first.size(); ++i) {
    std::string flipped = first;
    flipped[i] = static_cast<char>(flipped[i] ^ 1);
    put(mine, flipped);
    EXPECT_EQ(Ask(reader).state, State::kUnknown) << i;
  }
  // The bytes of one key under another, both of which were read as good.
  auto elsewhere = question_[0];
  elsewhere.session = SessionId::New(clock_.Now(), entropy_);
  const auto theirs = codec.SessionKey(elsewhere.tenant, elsewhere.session);
  put(mine, first);
  ASSERT_EQ(Ask(reader).state, State::kProof);
  put(theirs, first);
  EXPECT_EQ(reader.Find(std::span(&elsewhere, 1))[0].state, State::kUnknown);

  put(tenant, codec.EncodeGeneration(tenant, 2, clock_.Now()));
  EXPECT_EQ(Ask(reader).state, State::kUnknown) << "the tenant has moved on";
  put(tenant, codec.EncodeGeneration(tenant, 1, clock_.Now()));
  EXPECT_EQ(Ask(reader).state, State::kProof);
  put(mine, codec.EncodeTombstone(mine));
  EXPECT_EQ(Ask(reader).state, State::kRevoked);
  put(mine, first);
  clock_.Advance(Seconds(10));
  EXPECT_EQ(Ask(reader).state, State::kUnknown) << "too old, however often it was read";
}

// A batch asks for each key once, and every question gets its own answer.
TEST_F(ProofCacheTest, T9ABatchOfSessionsAndTenantsInAnyMixture) {
  auto worker = NewWorker();
  std::vector<ProofQuestion> people;
  for (int t = 0; t < 3; ++t) {
    const auto tenant = TenantId::New(clock_.Now(), entropy_);
    for (int s = 0; s < 4; ++s) people.push_back({tenant, SessionId::New(clock_.Now(), entropy_)});
  }
  for (std::size_t i = 0; i < people.size(); i += 2) {  // every other one has a proof
    auto answer = std::move(worker.Find(std::span(&people[i], 1))[0]);
    worker.Lease(answer);
    Proof proof = GoodProof();
    proof.tenant_id = people[i].tenant;
    proof.session_id = people[i].session;
    worker.Publish(answer, proof);
  }
  worker.Revoke(people[1].tenant, people[1].session);
  std::vector<std::size_t> order;
  std::vector<ProofQuestion> questions;
  for (std::size_t n = 0; n < 64; ++n) {
    order.push_back(n * 7 % people.size());
    questions.push_back(people[order.back()]);
  }
  auto reader = NewWorker();
  const auto answers = reader.Find(questions);
  ASSERT_EQ(answers.size(), questions.size());
  for (std::size_t n = 0; n < answers.size(); ++n) {
    const std::size_t i = order[n];
    EXPECT_EQ(answers[n].state, i == 1       ? State::kRevoked
                                : i % 2 == 0 ? State::kProof
                                             : State::kUnknown);
    if (answers[n].proof) {
      EXPECT_EQ(answers[n].proof->session_id, people[i].session);
    }
  }
}

TEST_F(ProofCacheTest, ProofTtlZeroAlwaysAsksMariaDb) {
  auto worker = NewWorker(Seconds(0));
  PublishVia(worker);
  EXPECT_EQ(Ask(worker).state, State::kUnknown);
}

TEST_F(ProofCacheTest, EveryTruncatedOrFlippedRecordIsRefused) {
  const RecordCodec codec("0123456789abcdef");
  Proof proof = GoodProof();
  proof.roles = {"Owner"};
  proof.permissions = {"a:b:c"};
  proof.branch_id = "b";
  const auto value = codec.EncodeProof("s:k", proof);
  const auto decoded = codec.Decode("s:k", value);
  ASSERT_TRUE(decoded);
  EXPECT_EQ(decoded->proof.roles, proof.roles);
  EXPECT_EQ(decoded->proof.permissions, proof.permissions);
  EXPECT_EQ(decoded->proof.branch_id, proof.branch_id);
  EXPECT_EQ(decoded->proof.read_at, proof.read_at);
  for (std::size_t i = 0; i < value.size(); ++i) {
    std::string flipped = value;
    flipped[i] = static_cast<char>(flipped[i] ^ 1);
    EXPECT_FALSE(codec.Decode("s:k", flipped)) << i;
    EXPECT_FALSE(codec.Decode("s:k", value.substr(0, i))) << i;
  }
  EXPECT_FALSE(codec.Decode("s:x", value));
}

}  // namespace
}  // namespace gatehouse::auth
