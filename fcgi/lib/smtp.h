// The owner of libcurl, for SMTP (RFC 5321): hands one message to a mail server.
#pragma once

#include <memory>
#include <string>

#include "fcgi/base/clock.h"
#include "fcgi/base/secret.h"

namespace gatehouse {

struct SmtpOptions {
  std::string url;                // "smtp://host:port" or "smtps://host:port"
  std::string security = "none";  // "none", "starttls" (required, never opportunistic), "tls"
  std::string user;               // empty: no authentication
  std::string password;
  std::string ca_file;  // empty: the system's
  Millis timeout{30000};
};

enum class SmtpOutcome {
  kAccepted,
  kServerUnreachable,  // no connection, greeting, TLS or login: says nothing about the message
  kDeferred,           // 4xx to the message, or the connection broke: try again
  kRefused,            // 5xx to the message
};

struct SmtpResult {
  SmtpOutcome outcome;
  std::string detail;  // for the log; never the message
};

// Keeps one connection open between messages (libcurl's), reopens it by itself. Not thread-safe.
class SmtpClient {
 public:
  explicit SmtpClient(SmtpOptions options);
  ~SmtpClient();
  SmtpClient(SmtpClient&&) noexcept;

  // `message` is a complete RFC 5322 text with CRLF lines. Addresses with controls, spaces or
  // angle brackets are refused without asking the server.
  SmtpResult Send(const std::string& from, const std::string& to, const std::string& message);

 private:
  struct Impl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace gatehouse
