// One FastCGI connection: the owner of libfcgi's FCGX_Request and of its socket.
//
// The socket is blocking. A request is received only after Peek() has seen that it is there as a
// whole (or that its head is there and at least kAhead bytes of a long body), so that receiving
// does not wait for the peer; a long body is waited for in ReadBody, within the io timeout.
#pragma once

#include <fcgiapp.h>

#include <chrono>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "fcgi/base/clock.h"
#include "fcgi/http/message.h"

namespace gatehouse::http {

using SteadyTime = std::chrono::steady_clock::time_point;

// A body of which so much is there is handed on before it is complete.
inline constexpr std::size_t kAhead = 32 * 1024;
// Room to look at a head of kMaxParams and what frames it.
inline constexpr std::size_t kPeekRoom = 72 * 1024;

struct PeekRoom {
  std::vector<char> bytes = std::vector<char>(kPeekRoom);
  std::string params;
};

enum class Peeked {
  kReady,    // Receive() will not wait
  kWaiting,  // nothing, or not enough
  kGone,     // closed by the peer, or broken, or refused: close it
};

class Connection final : public Request {
 public:
  Connection() { FCGX_InitRequest(&fcgx_, -1, 0); }
  Connection(const Connection&) = delete;
  Connection& operator=(const Connection&) = delete;
  ~Connection() override { Close(); }

  // Takes ownership of an accepted, blocking socket. Requires !open().
  void Open(int fd, Millis io_timeout, SteadyTime now);
  void Close();
  bool open() const { return fcgx_.ipcFd >= 0; }
  int fd() const { return fcgx_.ipcFd; }

  // Looks at what has arrived without taking it. The contents of `room` do not matter.
  Peeked Peek(PeekRoom& room, SteadyTime now);

  // Parses the request (after Peek said kReady). False where the connection is no more.
  bool Receive();
  // Sends the answer and ends the request; the connection then is open only if the peer asked to
  // keep it, `keep` allows it, and nothing went wrong. `scratch` holds the answer meanwhile.
  void Answer(const Response& response, bool keep, std::string& scratch, SteadyTime now);

  // After this the peer can send no more, and a request that it has sent before is the last.
  void RefuseMore();

  // When it was opened, answered, or the request that is arriving began to.
  SteadyTime since() const { return since_; }
  bool arriving() const { return arriving_; }

  std::string_view Param(const char* name) const override;
  Result<std::string> ReadBody(std::size_t limit) override;

 private:
  void BoundBlocking();
  bool Drain();
  void Send(std::string_view bytes);

  FCGX_Request fcgx_{};
  Millis io_timeout_{0};
  SteadyTime since_{};
  bool arriving_ = false;  // some bytes of a request are there, not enough of them
  bool last_ = false;      // close it after the answer
  bool bounded_ = false;   // socket timeouts are set
  bool body_read_ = false;
  // Of the request that was received: views into what libfcgi holds of it.
  std::vector<std::pair<std::string_view, std::string_view>> params_;
};

}  // namespace gatehouse::http
