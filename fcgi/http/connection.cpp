#include "fcgi/http/connection.h"

#include <sys/socket.h>
#include <sys/time.h>

#include <algorithm>
#include <cerrno>

#include "fcgi/http/body.h"
#include "fcgi/http/framing.h"
#include "fcgi/run/log.h"

namespace gatehouse::http {
namespace {

constexpr std::size_t kChunk = 16 * 1024;

// An answer of this size fits into the socket's empty send buffer whatever the peer does.
constexpr std::size_t kNeverBlocks = 16 * 1024;

}  // namespace

void Connection::Open(int fd, Millis io_timeout, SteadyTime now) {
  // No listening socket: where libfcgi gives a connection up it goes on to accept another, which
  // must fail and not block.
  FCGX_InitRequest(&fcgx_, -1, 0);
  fcgx_.ipcFd = fd;
  fcgx_.keepConnection = 1;  // FCGX_Accept_r begins by finishing the last request
  // Until the connection is closed: without it every close waits for the peer's.
  FCGX_Detach(&fcgx_);
  io_timeout_ = io_timeout;
  since_ = now;
  arriving_ = last_ = bounded_ = false;
}

void Connection::Close() {
  params_.clear();
  if (open()) FCGX_Free(&fcgx_, 1);
}

Peeked Connection::Peek(PeekRoom& room, SteadyTime now) {
  const ssize_t n = recv(fd(), room.bytes.data(), room.bytes.size(), MSG_PEEK | MSG_DONTWAIT);
  if (n < 0 && (errno == EAGAIN || errno == EWOULDBLOCK || errno == EINTR)) {
    return Peeked::kWaiting;
  }
  if (n <= 0) return Peeked::kGone;

  const std::string_view bytes(room.bytes.data(), static_cast<std::size_t>(n));
  Framing framing = Inspect(bytes, room.params);
  if (framing.arrival == Arrival::kPartial && bytes.size() == room.bytes.size()) {
    framing = Framing{Arrival::kRefused, 0, "parameters in too many records"};
  }
  if (framing.arrival == Arrival::kRefused) {
    log::Warn("http.refused", {{"reason", framing.reason}});
    return Peeked::kGone;
  }
  const bool long_body = framing.arrival == Arrival::kHead && bytes.size() >= kAhead;
  if (framing.arrival == Arrival::kWhole || long_body) {
    if (long_body) BoundBlocking();
    // libfcgi swallows what follows and forgets it. nginx never sends ahead; who does is told by
    // the end of the connection that only the first request was taken.
    if (framing.arrival == Arrival::kWhole && bytes.size() > framing.size) last_ = true;
    arriving_ = false;
    since_ = now;
    return Peeked::kReady;
  }
  if (!arriving_) since_ = now;
  arriving_ = true;
  return Peeked::kWaiting;
}

bool Connection::Receive() {
  body_read_ = false;
  params_.clear();
  const int status = FCGX_Accept_r(&fcgx_);
  if (status != 0) {
    log::Warn("http.unreadable", {{"status", status}});
    return false;
  }
  for (char** entry = fcgx_.envp; *entry != nullptr; ++entry) {
    const std::string_view text(*entry);
    const auto equals = std::min(text.find('='), text.size());
    params_.emplace_back(text.substr(0, equals), text.substr(std::min(equals + 1, text.size())));
  }
  return true;
}

void Connection::Answer(const Response& response, bool keep, std::string& scratch, SteadyTime now) {
  scratch.clear();
  AppendCgi(scratch, response);
  // nginx may still be sending a body that nobody wanted; were it cut off there, it would report
  // 502 in place of the answer.
  const bool drained = Drain();
  if (!keep || !drained || last_) {
    // Before the answer, so that a peer that has read it cannot send another request into a
    // connection that is about to close.
    if (fcgx_.keepConnection != 0) RefuseMore();
    fcgx_.keepConnection = 0;
  }
  if (scratch.size() > kNeverBlocks) BoundBlocking();
  Send(scratch);
  params_.clear();
  FCGX_Finish_r(&fcgx_);
  if (!open()) return;
  // A kept connection may have a peer that never reads its answers.
  BoundBlocking();
  since_ = now;
}

void Connection::RefuseMore() {
  shutdown(fd(), SHUT_RD);
  last_ = true;
}

std::string_view Connection::Param(const char* name) const {
  // A dozen of them, asked for a dozen times: a list does.
  const std::string_view wanted(name);
  for (const auto& [key, value] : params_) {
    if (key == wanted) return value;
  }
  return {};
}

Result<std::string> Connection::ReadBody(std::size_t limit) {
  if (body_read_) return MakeError(ErrorCode::kInternal, "the body was read before");
  body_read_ = true;
  GH_ASSIGN(const std::size_t expected, DeclaredLength(Param("CONTENT_LENGTH")));
  if (expected > limit) return MakeError(ErrorCode::kBodyTooLarge);

  const Deadline deadline = Deadline::In(io_timeout_);
  std::string body(expected, '\0');
  std::size_t got = 0;
  while (got < expected && !deadline.Expired()) {
    const std::size_t want = std::min(expected - got, kChunk);
    const int n = FCGX_GetStr(body.data() + got, static_cast<int>(want), fcgx_.in);
    if (n <= 0) break;
    got += static_cast<std::size_t>(n);
  }
  if (got < expected) return MakeError(ErrorCode::kMalformedJson, "the body ended early");
  if (FCGX_GetChar(fcgx_.in) >= 0) {
    return MakeError(expected == limit ? ErrorCode::kBodyTooLarge : ErrorCode::kMalformedJson,
                     "the body is longer than CONTENT_LENGTH says");
  }
  return body;
}

// Socket timeouts apply to each read and write of libfcgi.
void Connection::BoundBlocking() {
  if (bounded_) return;
  bounded_ = true;
  timeval timeout{};
  timeout.tv_sec = io_timeout_.count() / 1000;
  timeout.tv_usec = (io_timeout_.count() % 1000) * 1000;
  setsockopt(fd(), SOL_SOCKET, SO_RCVTIMEO, &timeout, sizeof timeout);
  setsockopt(fd(), SOL_SOCKET, SO_SNDTIMEO, &timeout, sizeof timeout);
}

// Reads what is left of the body. False where its end did not come.
bool Connection::Drain() {
  char trash[4096];
  const Deadline deadline = Deadline::In(io_timeout_);
  while (FCGX_HasSeenEOF(fcgx_.in) == 0) {
    if (deadline.Expired()) return false;
    FCGX_GetStr(trash, sizeof trash, fcgx_.in);
  }
  return FCGX_GetError(fcgx_.in) == 0;
}

void Connection::Send(std::string_view bytes) {
  const Deadline deadline = Deadline::In(io_timeout_);
  while (!bytes.empty()) {
    const std::size_t n = std::min(bytes.size(), kChunk);
    if (FCGX_PutStr(bytes.data(), static_cast<int>(n), fcgx_.out) < 0 || deadline.Expired()) {
      // Without the end of the stream nginx knows that the answer is cut off.
      log::Warn("http.unsent", {{"left", static_cast<std::int64_t>(bytes.size())}});
      Close();
      return;
    }
    bytes.remove_prefix(n);
  }
}

}  // namespace gatehouse::http
