#include "fcgi/lib/smtp.h"

#include <curl/curl.h>
#include <sys/socket.h>

#include <algorithm>
#include <cstdlib>
#include <cstring>
#include <string_view>
#include <utility>

#include "fcgi/base/codec.h"
#include "fcgi/lib/text.h"

namespace gatehouse {
namespace {

constexpr std::size_t kMaxAddress = 254;  // RFC 5321 4.5.3.1.3, less the angle brackets
constexpr std::size_t kMaxReply = 200;
constexpr Millis kMaxConnect{10000};

// How far a delivery came. libcurl's result codes do not tell RCPT from MAIL FROM.
enum class Stage {
  kSession,  // up to MAIL FROM: the server's state, not the message's
  kMessage,  // RCPT and on
};

struct Transfer {
  explicit Transfer(std::string_view message) : unsent(message) {}
  std::string_view unsent;  // of the message
  Stage stage = Stage::kSession;
  std::string reply;   // the server's last line
  bool quits = false;  // what follows is no longer about the message
};

struct FreeCurl {
  void operator()(CURL* curl) const { curl_easy_cleanup(curl); }
};
struct FreeList {
  void operator()(curl_slist* list) const { curl_slist_free_all(list); }
};

std::size_t ReadMessage(char* buffer, std::size_t size, std::size_t count, void* user) {
  auto& transfer = *static_cast<Transfer*>(user);
  const std::size_t n = std::min(size * count, transfer.unsent.size());
  std::memcpy(buffer, transfer.unsent.data(), n);
  transfer.unsent.remove_prefix(n);
  return n;
}

int FollowDialogue(CURL*, curl_infotype type, char* data, std::size_t size, void* user) {
  // Between deliveries libcurl may still say QUIT, to nobody's interest.
  if (user == nullptr) return 0;
  auto& transfer = *static_cast<Transfer*>(user);
  const std::string_view line(data, size);
  if (type == CURLINFO_HEADER_OUT && line.starts_with("QUIT")) transfer.quits = true;
  if (transfer.quits) return 0;
  if (type == CURLINFO_HEADER_OUT) {
    // Only the verb is looked at: the line may be a password.
    if (line.starts_with("RCPT TO:")) transfer.stage = Stage::kMessage;
    transfer.reply.clear();
  } else if (type == CURLINFO_HEADER_IN) {
    transfer.reply = text::Printable(line, kMaxReply);
  }
  return 0;
}

bool IsAddress(std::string_view address) {
  const auto at = address.rfind('@');
  return address.size() <= kMaxAddress && at != std::string_view::npos && at > 0 &&
         at + 1 < address.size() && IsUtf8(address) && !text::HasControl(address) &&
         address.find_first_of(" <>") == std::string_view::npos;
}

// A bare CR or LF is a line end to some servers and none to others, which is how one message
// smuggles in another. libcurl doubles dots after CRLF only.
bool HasCleanLines(std::string_view message) {
  for (std::size_t i = 0; i < message.size(); ++i) {
    if (message[i] == '\n') return false;
    if (message[i] == '\r' && (++i == message.size() || message[i] != '\n')) return false;
  }
  return true;
}

SmtpOutcome OutcomeOf(const Transfer& transfer) {
  if (transfer.stage == Stage::kSession) return SmtpOutcome::kServerUnreachable;
  return transfer.reply.starts_with('5') ? SmtpOutcome::kRefused : SmtpOutcome::kDeferred;
}

}  // namespace

struct SmtpClient::Impl {
  explicit Impl(SmtpOptions given) : options(std::move(given)) {
    // Implicit TLS is said by the scheme.
    if (options.security == "tls" && options.url.starts_with("smtp://")) {
      options.url.insert(4, 1, 's');
    }
    Open();
  }
  ~Impl() {
    Close();
    Wipe(options.password);
  }
  Impl(const Impl&) = delete;
  Impl& operator=(const Impl&) = delete;

  void Open() {
    static const bool ready = curl_global_init(CURL_GLOBAL_DEFAULT) == CURLE_OK;
    curl.reset(ready ? curl_easy_init() : nullptr);
    if (curl == nullptr) std::abort();
    Configure();
  }
  void Close() {
    // libcurl says QUIT and waits for the answer, two minutes if need be; without a way to read it
    // does not wait.
    curl_socket_t fd = CURL_SOCKET_BAD;
    if (curl_easy_getinfo(curl.get(), CURLINFO_ACTIVESOCKET, &fd) == CURLE_OK &&
        fd != CURL_SOCKET_BAD) {
      shutdown(fd, SHUT_RD);
    }
    curl.reset();
  }
  void Reopen() {
    Close();
    Open();
  }

  template <class Value>
  void Set(CURLoption option, Value value) {
    if (curl_easy_setopt(curl.get(), option, value) != CURLE_OK) std::abort();
  }

  void Configure() {
    Set(CURLOPT_URL, options.url.c_str());
    Set(CURLOPT_PROTOCOLS_STR, "smtp,smtps");
    Set(CURLOPT_PROXY, "");  // not even one from the environment
    if (options.security == "starttls") Set(CURLOPT_USE_SSL, long{CURLUSESSL_ALL});
    Set(CURLOPT_SSLVERSION, long{CURL_SSLVERSION_TLSv1_2});
    Set(CURLOPT_SSL_VERIFYPEER, 1L);
    Set(CURLOPT_SSL_VERIFYHOST, 2L);
    if (!options.ca_file.empty()) {
      Set(CURLOPT_CAINFO, options.ca_file.c_str());
      Set(CURLOPT_CAPATH, nullptr);  // that file, not the system's as well
    }
    if (!options.user.empty()) {
      Set(CURLOPT_USERNAME, options.user.c_str());
      Set(CURLOPT_PASSWORD, options.password.c_str());
    }
    Set(CURLOPT_NOSIGNAL, 1L);
    Set(CURLOPT_TIMEOUT_MS, static_cast<long>(options.timeout.count()));
    Set(CURLOPT_CONNECTTIMEOUT_MS,
        static_cast<long>(std::min(options.timeout, kMaxConnect).count()));
    Set(CURLOPT_UPLOAD, 1L);
    Set(CURLOPT_READFUNCTION, &ReadMessage);
    Set(CURLOPT_VERBOSE, 1L);
    Set(CURLOPT_DEBUGFUNCTION, &FollowDialogue);
  }

  CURLcode Deliver(const std::string& from, const std::string& to, Transfer& transfer) {
    const std::unique_ptr<curl_slist, FreeList> recipients(
        curl_slist_append(nullptr, ("<" + to + ">").c_str()));
    if (recipients == nullptr) std::abort();
    Set(CURLOPT_MAIL_FROM, ("<" + from + ">").c_str());
    Set(CURLOPT_MAIL_RCPT, recipients.get());
    Set(CURLOPT_READDATA, &transfer);
    Set(CURLOPT_DEBUGDATA, &transfer);
    const CURLcode rc = curl_easy_perform(curl.get());
    Set(CURLOPT_MAIL_RCPT, nullptr);
    Set(CURLOPT_READDATA, nullptr);
    Set(CURLOPT_DEBUGDATA, nullptr);
    return rc;
  }

  bool ReusedConnection() const {
    long opened = 0;
    curl_easy_getinfo(curl.get(), CURLINFO_NUM_CONNECTS, &opened);
    return opened == 0;
  }

  SmtpOptions options;
  std::unique_ptr<CURL, FreeCurl> curl;
};

SmtpClient::SmtpClient(SmtpOptions options) : impl_(std::make_unique<Impl>(std::move(options))) {}
SmtpClient::~SmtpClient() = default;
SmtpClient::SmtpClient(SmtpClient&&) noexcept = default;

SmtpResult SmtpClient::Send(const std::string& from, const std::string& to,
                            const std::string& message) {
  if (!IsAddress(from)) return {SmtpOutcome::kRefused, "sender address not acceptable"};
  if (!IsAddress(to)) return {SmtpOutcome::kRefused, "recipient address not acceptable"};
  if (!HasCleanLines(message)) return {SmtpOutcome::kRefused, "message has a bare CR or LF"};

  Transfer transfer(message);
  CURLcode rc = impl_->Deliver(from, to, transfer);
  const bool stale = transfer.stage == Stage::kSession && rc != CURLE_OPERATION_TIMEDOUT;
  if (rc != CURLE_OK && stale && impl_->ReusedConnection()) {
    // The server had closed the kept connection, or would not take another message over it.
    impl_->Reopen();
    transfer = Transfer(message);
    rc = impl_->Deliver(from, to, transfer);
  }
  // libcurl would use the connection again even after a timeout, and take the late answer about
  // this message for one about the next.
  if (rc != CURLE_OK) impl_->Reopen();
  if (rc == CURLE_OK) return {SmtpOutcome::kAccepted, transfer.reply};
  std::string detail = curl_easy_strerror(rc);
  if (!transfer.reply.empty()) detail += "; server: " + transfer.reply;
  return {OutcomeOf(transfer), std::move(detail)};
}

}  // namespace gatehouse
