// Nobody waits for somebody else's silence, and nothing accepted is lost (DESIGN 2 and 6).
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>

#include "tests/fcgi/http/server_harness.h"

namespace gatehouse::http {
namespace {

namespace fcgi = gatehouse::testing::fcgi;
using gatehouse::testing::FcgiClient;
using std::chrono::steady_clock;
using ::testing::EndsWith;

constexpr ServerOptions kVerify{.max_batch = 16, .io_timeout = milliseconds(400)};
constexpr ServerOptions kAccount{.max_batch = 1, .io_timeout = milliseconds(400)};

bool Answered(const FcgiClient& client, bool keep = true, std::string_view path = "/unread") {
  return client.Send(fcgi::Request(keep, path)) && client.Receive(kSoon).has_value();
}

std::string NameOf(const ServerOptions& options) {
  return options.max_batch == 1 ? "Account" : "Verify";
}

class Starvation : public ::testing::TestWithParam<ServerOptions> {};
INSTANTIATE_TEST_SUITE_P(Pools, Starvation, ::testing::Values(kVerify, kAccount),
                         [](const auto& test) { return NameOf(test.param); });

TEST_P(Starvation, MoreIdleKeptConnectionsThanWorkers) {
  const Workers workers(2, GetParam());
  std::vector<FcgiClient> idle;
  for (int i = 0; i < 40; ++i) {
    idle.push_back(workers.Connect());
    ASSERT_TRUE(Answered(idle.back())) << i;
  }
  EXPECT_TRUE(Answered(workers.Connect(), false));
  for (const auto& client : idle) EXPECT_TRUE(Answered(client));
}

TEST_P(Starvation, ConnectionsThatNeverSpeak) {
  const Workers workers(2, GetParam());
  std::vector<FcgiClient> silent;
  for (int i = 0; i < 40; ++i) silent.push_back(workers.Connect());
  EXPECT_TRUE(Answered(workers.Connect(), false));
  EXPECT_TRUE(Answered(silent.front()));
}

TEST_P(Starvation, SixtyFourClientsOnTwoWorkersAllProgress) {
  const Workers workers(2, GetParam());
  std::vector<FcgiClient> clients;
  for (int i = 0; i < 64; ++i) clients.push_back(workers.Connect());
  for (int round = 0; round < 20; ++round) {
    for (const auto& client : clients) ASSERT_TRUE(client.Send(fcgi::Request(true, "/unread")));
    for (const auto& client : clients) ASSERT_TRUE(client.Receive(kSoon)) << round;
  }
}

TEST_P(Starvation, HalfARequestDelaysNobodyAndIsDropped) {
  const Workers workers(1, GetParam());
  const std::string request = fcgi::Request(false, "/unread");
  std::vector<FcgiClient> half;
  for (const std::size_t n : {1u, 7u, 8u, 16u, 20u, 40u}) {
    half.push_back(workers.Connect());
    ASSERT_TRUE(half.back().Send(std::string_view(request).substr(0, n)));
  }
  const std::string post = fcgi::Request(false, "/echo", "body that is never complete");
  half.push_back(workers.Connect());
  ASSERT_TRUE(half.back().Send(std::string_view(post).substr(0, post.size() - 12)));
  const auto start = steady_clock::now();
  for (int i = 0; i < 20; ++i) ASSERT_TRUE(Answered(workers.Connect(), false));
  EXPECT_LT(steady_clock::now() - start, milliseconds(300));
  for (const auto& client : half) EXPECT_TRUE(client.SeesClose(kSoon));
}

TEST_P(Starvation, ASlowSenderIsServedInTheEnd) {
  const Workers workers(1, GetParam());
  const std::string request = fcgi::Request(false, "/echo", "slow");
  const auto slow = workers.Connect();
  for (const char byte : request) {
    ASSERT_TRUE(slow.Send(std::string_view(&byte, 1)));
    std::this_thread::sleep_for(milliseconds(1));
  }
  EXPECT_THAT(slow.Receive(kSoon).value_or("nothing"), EndsWith("slow"));
}

TEST_P(Starvation, ALongBodyThatStopsHoldsTheWorkerNoLongerThanTheIoTimeout) {
  const Workers workers(1, GetParam());
  const auto stalled = workers.Connect();
  ASSERT_TRUE(
      stalled.Send(fcgi::Head(false, {{"DOCUMENT_URI", "/echo"}, {"CONTENT_LENGTH", "1000000"}}) +
                   fcgi::Record(5, std::string(40000, 'x'))));
  std::this_thread::sleep_for(milliseconds(20));
  const auto start = steady_clock::now();
  EXPECT_TRUE(Answered(workers.Connect(), false));
  EXPECT_LT(steady_clock::now() - start, milliseconds(1200));
}

TEST_P(Starvation, APeerThatDoesNotReadItsAnswerIsDropped) {
  const Workers workers(1, GetParam());
  const auto deaf = workers.Connect();
  ASSERT_TRUE(deaf.Send(fcgi::Request(false, "/bytes/5000000")));
  std::this_thread::sleep_for(milliseconds(50));
  const auto start = steady_clock::now();
  EXPECT_TRUE(Answered(workers.Connect(), false));
  EXPECT_LT(steady_clock::now() - start, milliseconds(1200));
}

TEST_P(Starvation, ClientsThatGoAwayAtAnyPoint) {
  Workers workers(1, GetParam());
  const std::string request = fcgi::Request(true, "/bytes/300000");
  for (std::size_t n = 0; n <= request.size(); ++n) {
    auto client = workers.Connect();
    client.Send(std::string_view(request).substr(0, n));
    client.Close();
  }
  EXPECT_TRUE(Answered(workers.Connect(), false));
  workers.Terminate();
  EXPECT_TRUE(workers.Wait()) << "the worker died";
}

// A worker that hashes a password must not sit on other people's requests meanwhile.
TEST(Account, NothingQueuesBehindALongRequestWhileANeighbourIsIdle) {
  const Workers workers(2, kAccount);
  ASSERT_TRUE(Answered(workers.Connect(), false));
  // All at once into the listen queue, the long one first.
  for (const pid_t pid : workers.pids()) kill(pid, SIGSTOP);
  const auto slow = workers.Connect();
  ASSERT_TRUE(slow.Send(fcgi::Request(false, "/sleep/1500")));
  std::vector<FcgiClient> quick;
  for (int i = 0; i < 50; ++i) {
    quick.push_back(workers.Connect());
    ASSERT_TRUE(quick.back().Send(fcgi::Request(false, "/unread")));
  }
  const auto start = steady_clock::now();
  for (const pid_t pid : workers.pids()) kill(pid, SIGCONT);
  for (const auto& client : quick) ASSERT_TRUE(client.Receive(kSoon));
  EXPECT_LT(steady_clock::now() - start, milliseconds(1000));
  EXPECT_TRUE(slow.Receive(kSoon));
}

// DESIGN 6, "worker upgrade": no acknowledged request lost.
TEST_P(Starvation, SigtermAnswersWhatWasAccepted) {
  Workers workers(1, GetParam());
  const auto kept = workers.Connect();
  ASSERT_TRUE(Answered(kept));
  const auto slow = workers.Connect();
  ASSERT_TRUE(slow.Send(fcgi::Request(false, "/sleep/300")));
  std::this_thread::sleep_for(milliseconds(50));
  workers.Terminate();
  std::this_thread::sleep_for(milliseconds(20));
  ASSERT_TRUE(kept.Send(fcgi::Request(true, "/unread")));
  EXPECT_TRUE(slow.Receive(kSoon));
  EXPECT_TRUE(kept.Receive(kSoon));
  EXPECT_TRUE(kept.SeesClose(kSoon));
  EXPECT_TRUE(workers.Wait());
}

// Whatever a client could still send is answered; when no more is taken, sending fails.
TEST_P(Starvation, SigtermUnderLoadLosesNothing) {
  for (int round = 0; round < 5; ++round) {
    Workers workers(2, GetParam());
    std::atomic<int> lost{0};
    std::atomic<int> answered{0};
    std::vector<std::thread> clients;
    for (int i = 0; i < 8; ++i) {
      clients.emplace_back([&] {
        const auto client = workers.Connect();
        if (!Answered(client)) return;  // perhaps still in the listen queue
        while (client.Send(fcgi::Request(true, "/unread"))) {
          ++(client.Receive(kSoon) ? answered : lost);
        }
      });
    }
    std::this_thread::sleep_for(milliseconds(100));
    workers.Terminate();
    EXPECT_TRUE(workers.Wait());
    for (auto& client : clients) client.join();
    EXPECT_EQ(lost, 0);
    EXPECT_GT(answered, 0);
  }
}

TEST_P(Starvation, IdleConnectionsCostNothingAndAreClosedInTheEnd) {
  ServerOptions options = GetParam();
  options.idle_timeout = milliseconds(600);
  Workers workers(1, options);
  std::vector<FcgiClient> idle;
  for (int i = 0; i < 100; ++i) {
    idle.push_back(workers.Connect());
    ASSERT_TRUE(Answered(idle.back()));
  }
  for (const auto& client : idle) EXPECT_TRUE(client.SeesClose(kSoon));
  std::this_thread::sleep_for(milliseconds(500));
  workers.Terminate();
  milliseconds cpu{0};
  EXPECT_TRUE(workers.Wait(&cpu));
  EXPECT_LT(cpu, milliseconds(150));
}

TEST_P(Starvation, AtTheConnectionLimitTheIdlestGivesWay) {
  ServerOptions options = GetParam();
  options.max_connections = 4;
  const Workers workers(1, options);
  std::vector<FcgiClient> idle;
  for (int i = 0; i < 4; ++i) {
    idle.push_back(workers.Connect());
    ASSERT_TRUE(Answered(idle.back()));
  }
  EXPECT_TRUE(Answered(workers.Connect(), false));
  EXPECT_TRUE(Answered(idle.back())) << "only the idlest";
  EXPECT_TRUE(idle.front().SeesClose(kSoon));
}

TEST_P(Starvation, OutOfDescriptorsTheServerWaitsWithoutSpinning) {
  Workers workers(1, GetParam(), [] {
    const int spare = open("/dev/null", O_RDONLY);  // the lowest free number
    const rlimit few{static_cast<rlim_t>(spare) + 8, static_cast<rlim_t>(spare) + 8};
    close(spare);
    setrlimit(RLIMIT_NOFILE, &few);
  });
  std::vector<FcgiClient> clients;
  for (int i = 0; i < 30; ++i) clients.push_back(workers.Connect());
  std::this_thread::sleep_for(milliseconds(900));
  clients.clear();
  EXPECT_TRUE(Answered(workers.Connect(), false));
  workers.Terminate();
  milliseconds cpu{0};
  EXPECT_TRUE(workers.Wait(&cpu));
  EXPECT_LT(cpu, milliseconds(250));
}

}  // namespace

void PrintTo(const ServerOptions& options, std::ostream* out) { *out << NameOf(options); }

}  // namespace gatehouse::http
