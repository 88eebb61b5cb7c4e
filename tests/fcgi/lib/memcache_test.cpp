// Against a real memcached, because what can go wrong goes wrong between the two (SPEC T8, T9).
#include "fcgi/lib/memcache.h"

#include <gtest/gtest.h>

#include <atomic>

#include "tests/support/process.h"

namespace gatehouse {
namespace {

using std::chrono::milliseconds;
using testing::Process;
using testing::TempDir;
using Outcome = Memcache::Outcome;

constexpr Millis kPatient{5000};  // where a test is not about time, the machine may be busy
constexpr Millis kPrompt{150};
constexpr Seconds kTtl{60};

auto Gets(Memcache& cache, std::span<const std::string> keys) {
  const std::vector<std::string_view> views(keys.begin(), keys.end());
  return cache.MultiGet(views);
}

class MemcacheTest : public ::testing::Test {
 protected:
  MemcacheTest() { Start(); }

  void Start() {
    unlink(socket_.c_str());
    server_ = std::make_unique<Process>(
        std::vector<std::string>{"memcached", "-u", "root", "-s", socket_, "-m", "16"});
    ASSERT_TRUE(server_->WaitForListener(socket_, milliseconds(5000)));
  }
  void Restart() {
    server_->Kill();
    Start();
  }

  Memcache Client() const { return Client({socket_}); }
  static Memcache Client(std::vector<std::string> servers, Millis timeout = kPatient) {
    return Memcache({std::move(servers), timeout, timeout});
  }

  // The value of one key; "(absent)" or "(error)" where there is none.
  static std::string Get(Memcache& cache, const std::string& key) {
    auto got = Gets(cache, std::span(&key, 1));
    if (!got.ok()) return "(error)";
    return got.value()[0] ? got.value()[0]->value : "(absent)";
  }
  // The same after a thaw, when the server may still be slow: an error is no answer yet.
  static std::string Settled(Memcache& cache, const std::string& key) {
    std::string got;
    testing::WaitUntil([&] { return (got = Get(cache, key)) != "(error)"; }, milliseconds(10000));
    return got;
  }
  static CacheVersion VersionOf(Memcache& cache, const std::string& key) {
    auto got = Gets(cache, std::span(&key, 1));
    return got.ok() && got.value()[0] ? got.value()[0]->version : CacheVersion{};
  }

  TempDir dir_;
  std::string socket_ = dir_.File("mc.sock");
  std::unique_ptr<Process> server_;
};

TEST_F(MemcacheTest, StoresReadsAndDeletes) {
  Memcache cache = Client();
  EXPECT_EQ(Get(cache, "k"), "(absent)");
  EXPECT_EQ(cache.Set("k", "v1", kTtl), Outcome::kStored);
  EXPECT_EQ(Get(cache, "k"), "v1");
  EXPECT_EQ(cache.Add("k", "v2", kTtl), Outcome::kNotStored);
  EXPECT_EQ(Get(cache, "k"), "v1");
  EXPECT_EQ(cache.Delete("k"), Outcome::kStored);
  EXPECT_EQ(cache.Delete("k"), Outcome::kStored);
  EXPECT_EQ(Get(cache, "k"), "(absent)");
  EXPECT_EQ(cache.Add("k", "v3", kTtl), Outcome::kStored);
  EXPECT_EQ(Get(cache, "k"), "v3");
  EXPECT_TRUE(cache.Ping());
}

TEST_F(MemcacheTest, ValuesAreAnyBytes) {
  Memcache cache = Client();
  std::string all;
  for (int i = 0; i < 256; ++i) all.push_back(static_cast<char>(i));
  for (const std::string& value :
       {std::string(), all, std::string("\r\nEND\r\nVALUE k 0 1 1\r\nx\r\n"),
        std::string(900000, '\0'), std::string(8192, 'x'), std::string(8193, '\n')}) {
    EXPECT_EQ(cache.Set("k", value, kTtl), Outcome::kStored);
    EXPECT_TRUE(Get(cache, "k") == value) << value.size();
  }
}

TEST_F(MemcacheTest, MultiGetAnswersInTheOrderOfTheKeys) {
  Memcache cache = Client();
  std::vector<std::string> keys;
  for (int i = 0; i < 100; ++i) {
    keys.push_back("key" + std::to_string(i) + std::string(200, 'x'));
    if (i % 3 != 0) {
      EXPECT_EQ(cache.Set(keys.back(), "value" + std::to_string(i), kTtl), Outcome::kStored);
    }
  }
  keys.push_back(keys[1]);  // asked twice, answered twice
  auto got = Gets(cache, keys);
  ASSERT_TRUE(got.ok());
  ASSERT_EQ(got.value().size(), 101U);
  for (std::size_t i = 0; i < 100; ++i) {
    ASSERT_EQ(got.value()[i].has_value(), i % 3 != 0) << i;
    if (i % 3 != 0) {
      EXPECT_EQ(got.value()[i]->value, "value" + std::to_string(i));
    }
  }
  EXPECT_EQ(got.value()[100]->value, "value1");
  auto none = Gets(cache, {});
  EXPECT_TRUE(none.ok() && none.value().empty());
}

TEST_F(MemcacheTest, HostileKeysNeverReachTheServer) {
  Memcache cache = Client();
  ASSERT_EQ(cache.Set("good", "v", kTtl), Outcome::kStored);
  const std::vector<std::string> bad = {"",
                                        "a b",
                                        "a\r\nset evil 0 0 1\r\nx\r\n",
                                        "a\n",
                                        "a\t",
                                        "\x7f",
                                        "\xc3\xa9",
                                        std::string("a\0b", 3),
                                        " ",
                                        "\r",
                                        "a\vb",
                                        std::string(251, 'k')};
  for (const auto& key : bad) {
    const std::vector<std::string> keys = {"good", key};
    EXPECT_FALSE(Gets(cache, keys).ok());
    EXPECT_EQ(cache.Set(key, "x", kTtl), Outcome::kFailed);
    EXPECT_EQ(cache.Add(key, "x", kTtl), Outcome::kFailed);
    EXPECT_EQ(cache.Delete(key), Outcome::kFailed);
    EXPECT_EQ(cache.Replace(key, "x", kTtl, VersionOf(cache, "good")), Outcome::kFailed);
  }
  EXPECT_EQ(Get(cache, "evil"), "(absent)");
  EXPECT_EQ(Get(cache, "good"), "v");
  const std::string longest(250, 'k');
  EXPECT_EQ(cache.Set(longest, "x", kTtl), Outcome::kStored);
  EXPECT_EQ(Get(cache, longest), "x");
}

TEST_F(MemcacheTest, ReplaceNeedsTheVersionThatWasRead) {
  Memcache cache = Client();
  Memcache other = Client();
  EXPECT_EQ(cache.Replace("k", "x", kTtl, {}), Outcome::kNotStored);
  ASSERT_EQ(cache.Set("k", "v1", kTtl), Outcome::kStored);
  const auto v1 = VersionOf(cache, "k");
  EXPECT_EQ(cache.Replace("k", "v2", kTtl, v1), Outcome::kStored);
  EXPECT_EQ(cache.Replace("k", "v3", kTtl, v1), Outcome::kNotStored);
  EXPECT_EQ(Get(cache, "k"), "v2");

  // A tombstone in between wins.
  const auto v2 = VersionOf(cache, "k");
  ASSERT_EQ(other.Set("k", "tombstone", kTtl), Outcome::kStored);
  EXPECT_EQ(cache.Replace("k", "proof", kTtl, v2), Outcome::kNotStored);
  EXPECT_EQ(Get(cache, "k"), "tombstone");

  // So does a deletion, and another client's version is no version of ours.
  const auto v3 = VersionOf(cache, "k");
  EXPECT_EQ(other.Replace("k", "x", kTtl, v3), Outcome::kNotStored);
  ASSERT_EQ(other.Delete("k"), Outcome::kStored);
  EXPECT_EQ(cache.Replace("k", "proof", kTtl, v3), Outcome::kNotStored);
  EXPECT_EQ(Get(cache, "k"), "(absent)");

  // A version without a number must not be sent: memcached would read the value as commands.
  ASSERT_EQ(cache.Set("k", "v", kTtl), Outcome::kStored);
  auto none = VersionOf(cache, "k");
  none.cas = 0;
  EXPECT_EQ(cache.Replace("k", "flush_all\r\n", kTtl, none), Outcome::kNotStored);
  EXPECT_EQ(Get(cache, "k"), "v");
}

// SPEC T8: a restarted memcached counts versions from the beginning, so numbers coincide.
TEST_F(MemcacheTest, T8_AVersionFromBeforeARestartNeverMatches) {
  for (const bool read_before_replace : {false, true}) {
    Memcache cache = Client();
    ASSERT_EQ(cache.Set("k", "old", kTtl), Outcome::kStored);
    const auto before = VersionOf(cache, "k");
    Restart();
    Memcache other = Client();
    std::uint64_t cas = 0;
    while (cas < before.cas) {
      ASSERT_EQ(other.Set("k", "tombstone", kTtl), Outcome::kStored);
      cas = VersionOf(other, "k").cas;
    }
    ASSERT_EQ(cas, before.cas) << "the numbers must coincide, or this proves nothing";
    if (read_before_replace) {
      EXPECT_EQ(Get(cache, "k"), "tombstone");
    }
    EXPECT_NE(cache.Replace("k", "revived", kTtl, before), Outcome::kStored);
    EXPECT_NE(cache.Replace("k", "revived", kTtl, before), Outcome::kStored);
    EXPECT_EQ(Get(other, "k"), "tombstone");
    EXPECT_EQ(Get(cache, "k"), "tombstone");
    Restart();
  }
}

TEST_F(MemcacheTest, T8_ARestartCostsNoError) {
  Memcache cache = Client();
  ASSERT_EQ(cache.Set("k", "v", kTtl), Outcome::kStored);
  for (int i = 0; i < 3; ++i) {
    Restart();
    EXPECT_EQ(Get(cache, "k"), "(absent)");
    EXPECT_EQ(cache.Add("k", "v", kTtl), Outcome::kStored);
    Restart();
    EXPECT_EQ(cache.Set("k", "v", kTtl), Outcome::kStored);
    EXPECT_EQ(Get(cache, "k"), "v");
    Restart();
    EXPECT_EQ(cache.Delete("k"), Outcome::kStored);
    // Add does not try again: whether the first one was carried out is unknown.
    Restart();
    EXPECT_EQ(cache.Add("k", "v", kTtl), Outcome::kFailed);
    EXPECT_EQ(cache.Add("k", "v", kTtl), Outcome::kStored);
  }
}

// DESIGN 3: "absent means fine" is how a cache fails open. However often we ask.
TEST_F(MemcacheTest, T8_ADeadServerIsAnErrorNeverAbsence) {
  Memcache cache = Client();
  ASSERT_EQ(cache.Set("k", "v", kTtl), Outcome::kStored);
  server_->Kill();
  for (int i = 0; i < 30; ++i) {
    EXPECT_EQ(Get(cache, "k"), "(error)");
    EXPECT_EQ(cache.Set("k", "x", kTtl), Outcome::kFailed);
    EXPECT_EQ(cache.Add("k", "x", kTtl), Outcome::kFailed);
    EXPECT_EQ(cache.Delete("k"), Outcome::kFailed);
  }
  EXPECT_FALSE(cache.Ping());
  // No waiting time after failures: the very next call reaches the server.
  Start();
  EXPECT_EQ(Get(cache, "k"), "(absent)");
  EXPECT_TRUE(cache.Ping());
}

// SPEC T8: frozen, every call ends in time with an error; thawed, nothing is out of step.
TEST_F(MemcacheTest, T8_AFrozenServerCostsTimeOnly) {
  Memcache cache = Client({socket_}, kPrompt);
  Memcache patient = Client();
  for (const auto* key : {"a", "b", "c"}) {
    ASSERT_EQ(patient.Set(key, std::string("value of ") + key, kTtl), Outcome::kStored);
  }
  ASSERT_EQ(Settled(cache, "a"), "value of a");  // an open connection
  server_->Freeze();
  const auto within = [](auto&& call, milliseconds limit) {
    const auto start = std::chrono::steady_clock::now();
    call();
    EXPECT_LT(std::chrono::steady_clock::now() - start, limit);
  };
  constexpr milliseconds kSlack{300};  // the machine may be busy
  for (int i = 0; i < 2; ++i) {
    within([&] { EXPECT_EQ(Get(cache, "a"), "(error)"); }, kPrompt + kSlack);
    within([&] { EXPECT_EQ(cache.Add("new", "x", kTtl), Outcome::kFailed); }, kPrompt + kSlack);
    within([&] { EXPECT_EQ(cache.Set("b", "new", kTtl), Outcome::kFailed); }, 2 * kPrompt + kSlack);
    within([&] { EXPECT_EQ(cache.Delete("nothing"), Outcome::kFailed); }, 2 * kPrompt + kSlack);
    within([&] { EXPECT_FALSE(cache.Ping()); }, kPrompt + kSlack);
  }
  server_->Thaw();
  EXPECT_TRUE(testing::WaitUntil([&] { return cache.Ping(); }, milliseconds(10000)));
  for (int i = 0; i < 20; ++i) {
    EXPECT_EQ(Settled(cache, "a"), "value of a");
    EXPECT_EQ(Settled(cache, "c"), "value of c");
    EXPECT_EQ(Settled(cache, "nothing"), "(absent)");
  }
}

TEST_F(MemcacheTest, FlushIsAbsence) {
  Memcache cache = Client();
  ASSERT_EQ(cache.Set("k", "v", kTtl), Outcome::kStored);
  const auto version = VersionOf(cache, "k");
  Process nc({"/usr/bin/python3", "-c",
              "import socket,sys\ns=socket.socket(socket.AF_UNIX)\ns.connect(sys.argv[1])\n"
              "s.send(b'flush_all\\r\\n')\nassert s.recv(9)==b'OK\\r\\n'",
              socket_});
  ASSERT_EQ(nc.Wait(), 0);
  EXPECT_EQ(Get(cache, "k"), "(absent)");
  EXPECT_EQ(cache.Replace("k", "x", kTtl, version), Outcome::kNotStored);
}

TEST_F(MemcacheTest, ATooLargeValueLeavesTheConnectionRight) {
  Memcache cache = Client();
  ASSERT_EQ(cache.Set("small", "v", kTtl), Outcome::kStored);
  const std::string large(3 << 20, 'x');
  for (int i = 0; i < 3; ++i) {
    EXPECT_EQ(cache.Set("large", large, kTtl), Outcome::kFailed);
    EXPECT_EQ(cache.Add("large", large, kTtl), Outcome::kFailed);
    EXPECT_EQ(cache.Replace("small", large, kTtl, VersionOf(cache, "small")), Outcome::kFailed);
    EXPECT_EQ(Get(cache, "large"), "(absent)");
    ASSERT_EQ(cache.Set("small", "v", kTtl), Outcome::kStored);
    EXPECT_EQ(Get(cache, "small"), "v");
  }
}

TEST_F(MemcacheTest, LifetimesAreSecondsNeverDatesNorForEver) {
  Memcache cache = Client();
  // Over 30 days memcached would take the number as a date in 1970 and drop the item at once.
  EXPECT_EQ(cache.Set("long", "v", Seconds(365 * 24 * 3600)), Outcome::kStored);
  EXPECT_EQ(Get(cache, "long"), "v");
  // 0 would be for ever.
  EXPECT_EQ(cache.Set("short", "v", Seconds(0)), Outcome::kStored);
  EXPECT_TRUE(
      testing::WaitUntil([&] { return Get(cache, "short") == "(absent)"; }, milliseconds(4000)));
  EXPECT_EQ(Get(cache, "long"), "v");
}

TEST_F(MemcacheTest, NoServersNoCache) {
  Memcache cache = Client(std::vector<std::string>{});
  EXPECT_EQ(Get(cache, "k"), "(error)");
  EXPECT_EQ(cache.Set("k", "v", kTtl), Outcome::kFailed);
  EXPECT_EQ(cache.Add("k", "v", kTtl), Outcome::kFailed);
  EXPECT_EQ(cache.Replace("k", "v", kTtl, {1, 1}), Outcome::kFailed);
  EXPECT_EQ(cache.Delete("k"), Outcome::kFailed);
  EXPECT_FALSE(cache.Ping());
}

TEST_F(MemcacheTest, AnAddressThatIsNoneFails) {
  for (const auto* server :
       {"/nowhere/at/all.sock", "127.0.0.1:1", "127.0.0.1:99999", "127.0.0.1:x", "127.0.0.1:"}) {
    Memcache cache = Client({server});
    EXPECT_EQ(Get(cache, "k"), "(error)") << server;
    EXPECT_EQ(cache.Set("k", "v", kTtl), Outcome::kFailed) << server;
  }
}

TEST_F(MemcacheTest, OverTcp) {
  const int port = testing::FreePort();
  Process tcp(
      {"memcached", "-u", "root", "-l", "127.0.0.1", "-p", std::to_string(port), "-U", "0"});
  ASSERT_TRUE(tcp.WaitForListener(port, milliseconds(5000)));
  Memcache cache = Client({"127.0.0.1:" + std::to_string(port)});
  EXPECT_EQ(cache.Set("k", "v", kTtl), Outcome::kStored);
  EXPECT_EQ(Get(cache, "k"), "v");
  Memcache prompt = Client({"127.0.0.1:" + std::to_string(port)}, kPrompt);
  EXPECT_EQ(Settled(prompt, "k"), "v");
  tcp.Freeze();
  EXPECT_EQ(Get(prompt, "k"), "(error)");
  tcp.Thaw();
  EXPECT_EQ(Settled(prompt, "k"), "v");
}

// DESIGN 11: several servers by ketama.
class MemcacheRingTest : public MemcacheTest {
 protected:
  MemcacheRingTest() {
    for (int i = 0; i < 3; ++i) {
      sockets_.push_back(dir_.File("ring" + std::to_string(i)));
      servers_.emplace_back(
          std::vector<std::string>{"memcached", "-u", "root", "-s", sockets_.back(), "-m", "16"});
      EXPECT_TRUE(servers_.back().WaitForListener(sockets_.back(), milliseconds(5000)));
    }
    for (int i = 0; i < 300; ++i) keys_.push_back("s:" + std::to_string(i * 7919));
  }
  std::vector<std::string> sockets_;
  std::vector<Process> servers_;
  std::vector<std::string> keys_;
};

TEST_F(MemcacheRingTest, KeysSpreadAndStayWhereTheyAre) {
  Memcache cache = Client(sockets_);
  for (const auto& key : keys_) ASSERT_EQ(cache.Set(key, "=" + key, kTtl), Outcome::kStored);
  auto got = Gets(cache, keys_);
  ASSERT_TRUE(got.ok());
  for (std::size_t i = 0; i < keys_.size(); ++i) {
    ASSERT_TRUE(got.value()[i].has_value());
    EXPECT_EQ(got.value()[i]->value, "=" + keys_[i]);
    EXPECT_EQ(cache.Replace(keys_[i], "new", kTtl, got.value()[i]->version), Outcome::kStored);
  }
  std::size_t total = 0;
  for (const auto& socket : sockets_) {
    Memcache one = Client({socket});
    auto part = Gets(one, keys_);
    ASSERT_TRUE(part.ok());
    std::size_t here = 0;
    for (const auto& item : part.value()) here += item.has_value() ? 1U : 0U;
    EXPECT_GT(here, 40U);
    total += here;
  }
  EXPECT_EQ(total, keys_.size());
  // Another order of the list, or one server fewer, moves few keys or none.
  Memcache two = Client({sockets_[0], sockets_[1]});
  auto most = Gets(two, keys_);
  ASSERT_TRUE(most.ok());
  std::size_t found = 0;
  for (const auto& item : most.value()) found += item.has_value() ? 1U : 0U;
  EXPECT_GT(found, 100U);
}

TEST_F(MemcacheRingTest, T8_OneDeadServerIsAnErrorForItsKeysOnly) {
  Memcache cache = Client(sockets_);
  for (const auto& key : keys_) ASSERT_EQ(cache.Set(key, "=" + key, kTtl), Outcome::kStored);
  servers_[1].Kill();
  EXPECT_FALSE(Gets(cache, keys_).ok());
  std::size_t errors = 0;
  for (const auto& key : keys_) {
    const auto got = Get(cache, key);
    EXPECT_NE(got, "(absent)");
    if (got == "(error)") {
      ++errors;
    } else {
      EXPECT_EQ(got, "=" + key);
    }
  }
  EXPECT_GT(errors, 0U);
  EXPECT_LT(errors, keys_.size());
  EXPECT_TRUE(cache.Ping());
}

TEST_F(MemcacheRingTest, T8_OneFrozenServerLeavesNothingOutOfStep) {
  Memcache cache = Client(sockets_, kPrompt);
  Memcache patient = Client(sockets_);
  for (const auto& key : keys_) ASSERT_EQ(patient.Set(key, "=" + key, kTtl), Outcome::kStored);
  ASSERT_TRUE(testing::WaitUntil([&] { return Gets(cache, keys_).ok(); }, milliseconds(10000)));
  servers_[2].Freeze();
  for (int i = 0; i < 5; ++i) EXPECT_FALSE(Gets(cache, keys_).ok());
  servers_[2].Thaw();
  EXPECT_TRUE(testing::WaitUntil([&] { return Gets(cache, keys_).ok(); }, milliseconds(10000)));
  for (const auto& key : keys_) EXPECT_EQ(Settled(cache, key), "=" + key);
}

// A server that says, connection by connection and request by request, what the test wants.
class ScriptedServer {
 public:
  using Connection = std::vector<std::string>;  // an answer a request; then it hangs up

  ScriptedServer(const std::string& path, std::vector<Connection> script)
      : script_(std::move(script)) {
    listener_ = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
    sockaddr_un address{};
    address.sun_family = AF_UNIX;
    std::memcpy(address.sun_path, path.c_str(), path.size() + 1);
    if (bind(listener_, reinterpret_cast<sockaddr*>(&address), sizeof(address)) != 0 ||
        listen(listener_, 8) != 0) {
      testing::Die("scripted server");
    }
    thread_ = std::thread([this] { Serve(); });
  }
  ScriptedServer(const ScriptedServer&) = delete;
  ScriptedServer& operator=(const ScriptedServer&) = delete;
  ~ScriptedServer() {
    shutdown(listener_, SHUT_RDWR);
    thread_.join();
    close(listener_);
  }

  int connections() const { return connections_; }

 private:
  void Serve() {
    for (const auto& connection : script_) {
      const int fd = accept(listener_, nullptr, nullptr);
      if (fd < 0) return;
      ++connections_;
      for (const auto& answer : connection) {
        std::string request;
        char c = 0;
        while (!request.ends_with("\r\n") && recv(fd, &c, 1, 0) == 1) request.push_back(c);
        if (request.empty()) break;
        (void)!send(fd, answer.data(), answer.size(), MSG_NOSIGNAL);
      }
      close(fd);
    }
  }

  std::vector<Connection> script_;
  int listener_ = -1;
  std::atomic<int> connections_ = 0;
  std::thread thread_;
};

class MemcacheScriptTest : public MemcacheTest {
 protected:
  std::string path_ = dir_.File("scripted");
};

TEST_F(MemcacheScriptTest, T8_WhatIsNoCompleteAnswerIsAnErrorForAllKeys) {
  const std::string a = "VALUE a 0 1 7\r\nA\r\n";
  const std::string b = "VALUE b 0 1 8\r\nB\r\n";
  for (const std::string& answer :
       {std::string("SERVER_ERROR out of memory writing get response\r\n"),
        std::string("SERVER_ERROR out of memory\r\n"), std::string("ERROR\r\n"),
        std::string("CLIENT_ERROR bad command line format\r\n"),

        std::string("STORED\r\n"), std::string("OK\r\n"), std::string("nonsense\r\n"),
        std::string("\r\n"), std::string("EN"), std::string(""), a, a + "VALUE b 0 100 8\r\nB",
        a + "SERVER_ERROR out of memory\r\n", a + "ERROR\r\n",

        a + "VALUE c 0 1 9\r\nC\r\nEND\r\n", a + a + "END\r\n", a + b + a + "END\r\n",
        std::string("VALUE a 0 x 7\r\nA\r\nEND\r\n")}) {
    unlink(path_.c_str());
    ScriptedServer server(path_, {{answer}});
    Memcache cache = Client({path_});
    const std::vector<std::string> keys = {"a", "b"};
    EXPECT_FALSE(Gets(cache, keys).ok()) << answer;
  }
}

TEST_F(MemcacheScriptTest, CompleteAnswersAreTakenInAnyOrder) {
  ScriptedServer server(path_,
                        {{"VALUE b 0 1 8\r\nB\r\nVALUE a 0 1 7\r\nA\r\nEND\r\n", "END\r\n"}});
  Memcache cache = Client({path_});
  const std::vector<std::string> keys = {"a", "b"};
  auto got = Gets(cache, keys);
  ASSERT_TRUE(got.ok());
  EXPECT_EQ(got.value()[0]->value, "A");
  EXPECT_EQ(got.value()[0]->version.cas, 7U);
  EXPECT_EQ(got.value()[1]->value, "B");
  EXPECT_EQ(Get(cache, "a"), "(absent)");
}

// What came over the old connection before it broke must not be mixed with the new one's answer.
TEST_F(MemcacheScriptTest, ABrokenAnswerOnAStaleConnectionIsAskedForAnew) {
  ScriptedServer server(path_, {{"END\r\n", "VALUE a 0 3 7\r\nold\r\nVALUE b 0 9 9\r\nx"},
                                {"VALUE b 0 3 1\r\nnew\r\nEND\r\n"}});
  Memcache cache = Client({path_});
  const std::vector<std::string> keys = {"a", "b"};
  ASSERT_TRUE(Gets(cache, keys).ok());
  auto got = Gets(cache, keys);
  ASSERT_TRUE(got.ok());
  EXPECT_FALSE(got.value()[0].has_value());
  EXPECT_EQ(got.value()[1]->value, "new");
  EXPECT_EQ(server.connections(), 2);
}

TEST_F(MemcacheScriptTest, AFreshConnectionThatBreaksIsNotTriedForEver) {
  ScriptedServer server(path_, {{""}, {""}, {""}, {""}, {""}});
  Memcache cache = Client({path_});
  EXPECT_EQ(Get(cache, "a"), "(error)");
  EXPECT_EQ(server.connections(), 1);
}

}  // namespace
}  // namespace gatehouse
