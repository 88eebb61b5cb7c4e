// Against a small real mail server, tests/support/smtp_server.py (SPEC M2).
#include "fcgi/lib/smtp.h"

#include <gtest/gtest.h>

#include <fstream>
#include <sstream>

#include "tests/support/process.h"

namespace gatehouse {
namespace {

using std::chrono::milliseconds;
using testing::Process;
using testing::TempDir;

constexpr char kMessage[] = "From: a@example.org\r\nSubject: hi\r\n\r\nhello\r\n";

constexpr const char* kServerScript = GATEHOUSE_SOURCE_DIR "/tests/support/smtp_server.py";

class SmtpTest : public ::testing::Test {
 protected:
  void Start(const std::vector<std::string>& options = {}) {
    std::vector<std::string> argv = {"/usr/bin/python3",    "-W",       "ignore", kServerScript,
                                     std::to_string(port_), dir_.path()};
    argv.insert(argv.end(), options.begin(), options.end());
    server_ = std::make_unique<Process>(argv, dir_.File("log"));
    ASSERT_TRUE(server_->WaitForListener(port_, milliseconds(20000))) << Read("log");
  }
  SmtpOptions Options(const std::string& scheme = "smtp") const {
    SmtpOptions options;
    options.url = scheme + "://127.0.0.1:" + std::to_string(port_);
    options.timeout = Millis(5000);
    return options;
  }
  std::string Read(const std::string& name) const {
    std::ifstream in(dir_.File(name), std::ios::binary);
    std::ostringstream out;
    out << in.rdbuf();
    return out.str();
  }
  // A key and certificate for 127.0.0.1, in one file.
  std::string MakeCertificate(const std::string& name, const std::string& address) const {
    const std::string pem = dir_.File(name);
    Process make({"openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256",
                  "-nodes", "-keyout", pem, "-out", pem + ".crt", "-subj", "/CN=test", "-days", "2",
                  "-addext", "subjectAltName=IP:" + address},
                 dir_.File("openssl.log"));
    EXPECT_EQ(make.Wait(), 0);
    std::ofstream(pem, std::ios::app) << Read(name + ".crt");
    return pem;
  }
  static SmtpOutcome Outcome(SmtpClient& client, const std::string& to,
                             const std::string& from = "sender@example.org") {
    return client.Send(from, to, kMessage).outcome;
  }

  TempDir dir_;
  int port_ = testing::FreePort();
  std::unique_ptr<Process> server_;
};

TEST_F(SmtpTest, DeliversTheMessageAsItIs) {
  Start();
  SmtpClient client(Options());
  const std::string message =
      "Subject: dots\r\n\r\n.\r\n..\r\n.leading\r\nline\r\n" + std::string(500, 'x') + "\r\n";
  const auto result = client.Send("sender@example.org", "jane@example.com", message);
  EXPECT_EQ(result.outcome, SmtpOutcome::kAccepted) << result.detail;
  EXPECT_EQ(Read("1.eml"), "sender@example.org jane@example.com -\n" + message);
  std::string large = "Subject: large\r\n\r\n";
  while (large.size() < (1U << 20U)) large += std::string(70, 'y') + "\r\n";
  EXPECT_EQ(client.Send("sender@example.org", "jane@example.com", large).outcome,
            SmtpOutcome::kAccepted);
}

TEST_F(SmtpTest, M2_RefusalsAreToldApart) {
  Start();
  SmtpClient client(Options());
  for (int round = 0; round < 2; ++round) {
    EXPECT_EQ(Outcome(client, "rcpt450@example.com"), SmtpOutcome::kDeferred);
    EXPECT_EQ(Outcome(client, "rcpt550@example.com"), SmtpOutcome::kRefused);
    EXPECT_EQ(Outcome(client, "data451@example.com"), SmtpOutcome::kDeferred);
    EXPECT_EQ(Outcome(client, "data554@example.com"), SmtpOutcome::kRefused);
    EXPECT_EQ(Outcome(client, "drop@example.com"), SmtpOutcome::kDeferred);
    EXPECT_EQ(Outcome(client, "jane@example.com", "mail421@example.org"),
              SmtpOutcome::kServerUnreachable);
    EXPECT_EQ(Outcome(client, "jane@example.com", "mail550@example.org"),
              SmtpOutcome::kServerUnreachable);
    // None of them stops the next message.
    EXPECT_EQ(Outcome(client, "jane@example.com"), SmtpOutcome::kAccepted);
  }
  const auto refused = client.Send("a@example.org", "rcpt550@example.com", kMessage);
  EXPECT_NE(refused.detail.find("550 5.1.1 no such user"), std::string::npos) << refused.detail;
  EXPECT_EQ(refused.detail.find("hello"), std::string::npos);
}

TEST_F(SmtpTest, M2_AServerThatIsNotThereSaysNothingAboutTheMessage) {
  SmtpClient client(Options());
  EXPECT_EQ(Outcome(client, "jane@example.com"), SmtpOutcome::kServerUnreachable);
  Start();
  EXPECT_EQ(Outcome(client, "jane@example.com"), SmtpOutcome::kAccepted);
  server_->Kill();
  EXPECT_EQ(Outcome(client, "jane@example.com"), SmtpOutcome::kServerUnreachable);
  Start();
  EXPECT_EQ(Outcome(client, "jane@example.com"), SmtpOutcome::kAccepted);
}

TEST_F(SmtpTest, M2_ARefusingGreetingOrEhloIsAboutTheServer) {
  for (const std::vector<std::string>& options :
       {std::vector<std::string>{"--greeting", "554 no service"},
        std::vector<std::string>{"--greeting", "421 busy"},
        std::vector<std::string>{"--ehlo", "550 go away"},
        std::vector<std::string>{"--ehlo", "nonsense"}}) {
    server_.reset();
    Start(options);
    SmtpClient client(Options());
    EXPECT_EQ(Outcome(client, "jane@example.com"), SmtpOutcome::kServerUnreachable) << options[1];
  }
}

TEST_F(SmtpTest, AKeptConnectionThatTheServerClosedIsReplaced) {
  Start();
  SmtpClient client(Options());
  for (int i = 0; i < 3; ++i) {
    EXPECT_EQ(Outcome(client, "reset@example.com"), SmtpOutcome::kAccepted);
    std::this_thread::sleep_for(milliseconds(100));
  }
  server_->Kill();
  Start();
  EXPECT_EQ(Outcome(client, "jane@example.com"), SmtpOutcome::kAccepted);
}

TEST_F(SmtpTest, AServerThatTakesOneMessageAConnectionGetsConnections) {
  Start();
  SmtpClient client(Options());
  for (int i = 0; i < 3; ++i) {
    EXPECT_EQ(Outcome(client, "jane@example.com", "once@example.org"), SmtpOutcome::kAccepted);
  }
}

TEST_F(SmtpTest, M2_ASlowServerCostsTheTimeoutAndNoMore) {
  Start();
  auto options = Options();
  options.timeout = Millis(1500);
  const auto elapsed_of = [](auto&& call) {
    const auto start = std::chrono::steady_clock::now();
    call();
    return std::chrono::steady_clock::now() - start;
  };
  SmtpClient client(options);
  EXPECT_LT(
      elapsed_of([&] { EXPECT_EQ(Outcome(client, "slow@example.com"), SmtpOutcome::kDeferred); }),
      milliseconds(4500));
  EXPECT_EQ(Outcome(client, "jane@example.com"), SmtpOutcome::kAccepted);
  server_->Freeze();
  EXPECT_LT(elapsed_of([&] {
              EXPECT_EQ(Outcome(client, "jane@example.com"), SmtpOutcome::kServerUnreachable);
            }),
            milliseconds(4500));
}

TEST_F(SmtpTest, M2_ALateAnswerIsNotTakenForTheNextMessage) {
  Start();
  auto options = Options();
  options.timeout = Millis(2000);
  SmtpClient client(options);
  EXPECT_EQ(Outcome(client, "late@example.com"), SmtpOutcome::kDeferred);
  EXPECT_EQ(Outcome(client, "jane@example.com"), SmtpOutcome::kAccepted);
  EXPECT_EQ(Outcome(client, "rcpt550@example.com"), SmtpOutcome::kRefused);
}

TEST_F(SmtpTest, GoodbyeToAFrozenServerDoesNotHang) {
  Start();
  auto client = std::make_unique<SmtpClient>(Options());
  ASSERT_EQ(Outcome(*client, "jane@example.com"), SmtpOutcome::kAccepted);
  server_->Freeze();
  const auto start = std::chrono::steady_clock::now();
  client.reset();
  EXPECT_LT(std::chrono::steady_clock::now() - start, milliseconds(1000));
}

TEST_F(SmtpTest, HostileAddressesAreRefusedWithoutAskingTheServer) {
  SmtpClient client(Options());  // nobody listens there: asking would say kServerUnreachable
  for (const std::string& address :
       {std::string(), std::string("jane"), std::string("@example.com"), std::string("jane@"),
        std::string("jane@example.com\r\nRCPT TO:<eve@example.com>"),
        std::string("jane@example.com\n"), std::string("jane doe@example.com"),
        std::string("<jane@example.com>"), std::string("jane@example.com>"),
        std::string("jane@example.com\0", 17), std::string("jane\t@example.com"),
        std::string("jane@example.com\xe2\x80\xa8"), std::string("jane\xff@example.com"),
        std::string(250, 'x') + "@example.com"}) {
    EXPECT_EQ(Outcome(client, address), SmtpOutcome::kRefused) << address;
    EXPECT_EQ(Outcome(client, "jane@example.com", address), SmtpOutcome::kRefused) << address;
  }
}

// A line end that only one side believes in smuggles a second message.
TEST_F(SmtpTest, BareLineEndsAreRefused) {
  SmtpClient client(Options());
  for (const char* message : {"a\nb\r\n", "a\r\n.\nMAIL FROM:<x@y>\r\n", "a\rb\r\n", "a\r",
                              "a\r\r\n", "\n", "a\n.\r\n"}) {
    EXPECT_EQ(client.Send("a@example.org", "b@example.org", message).outcome,
              SmtpOutcome::kRefused);
  }
}

TEST_F(SmtpTest, Authenticates) {
  Start({"--auth"});
  auto options = Options();
  options.user = "mailer";
  options.password = "right";
  SmtpClient right(options);
  EXPECT_EQ(Outcome(right, "jane@example.com"), SmtpOutcome::kAccepted);
  EXPECT_EQ(Read("1.eml").find("sender@example.org jane@example.com mailer\n"), 0U);
  options.password = "wrong-secret";
  SmtpClient wrong(options);
  const auto result = wrong.Send("sender@example.org", "jane@example.com", kMessage);
  EXPECT_EQ(result.outcome, SmtpOutcome::kServerUnreachable);
  EXPECT_EQ(result.detail.find("wrong-secret"), std::string::npos);
  SmtpClient none(Options());
  EXPECT_EQ(Outcome(none, "jane@example.com"), SmtpOutcome::kServerUnreachable);
}

TEST_F(SmtpTest, StartTlsIsRequiredAndVerified) {
  const std::string pem = MakeCertificate("good.pem", "127.0.0.1");
  Start({"--starttls", "--cert", pem});
  auto options = Options();
  options.security = "starttls";
  SmtpClient untrusted(options);
  EXPECT_EQ(Outcome(untrusted, "jane@example.com"), SmtpOutcome::kServerUnreachable);
  options.ca_file = pem;
  SmtpClient trusted(options);
  EXPECT_EQ(Outcome(trusted, "jane@example.com"), SmtpOutcome::kAccepted);
  EXPECT_EQ(Outcome(trusted, "jane@example.com"), SmtpOutcome::kAccepted);
}

TEST_F(SmtpTest, StartTlsIsNeverOpportunistic) {
  Start();  // offers no STARTTLS
  auto options = Options();
  options.security = "starttls";
  SmtpClient client(options);
  EXPECT_EQ(Outcome(client, "jane@example.com"), SmtpOutcome::kServerUnreachable);
  EXPECT_EQ(Read("1.eml"), "");
}

TEST_F(SmtpTest, ImplicitTlsIsVerified) {
  const std::string pem = MakeCertificate("good.pem", "127.0.0.1");
  Start({"--smtps", "--cert", pem});
  for (const std::string scheme : {"smtp", "smtps"}) {
    auto options = Options(scheme);
    options.security = "tls";
    SmtpClient untrusted(options);
    EXPECT_EQ(Outcome(untrusted, "jane@example.com"), SmtpOutcome::kServerUnreachable);
    options.ca_file = pem;
    SmtpClient trusted(options);
    EXPECT_EQ(Outcome(trusted, "jane@example.com"), SmtpOutcome::kAccepted);
  }
}

TEST_F(SmtpTest, ACertificateForAnotherHostIsRefused) {
  const std::string pem = MakeCertificate("other.pem", "127.0.0.2");
  Start({"--smtps", "--cert", pem});
  auto options = Options("smtps");
  options.security = "tls";
  options.ca_file = pem;
  SmtpClient client(options);
  EXPECT_EQ(Outcome(client, "jane@example.com"), SmtpOutcome::kServerUnreachable);
}

TEST_F(SmtpTest, OtherProtocolsAreNotSpoken) {
  for (const char* url : {"file:///etc/passwd", "http://127.0.0.1:1/", "ftp://127.0.0.1:1/", ""}) {
    auto options = Options();
    options.url = url;
    SmtpClient client(options);
    EXPECT_EQ(Outcome(client, "jane@example.com"), SmtpOutcome::kServerUnreachable) << url;
  }
}

}  // namespace
}  // namespace gatehouse
