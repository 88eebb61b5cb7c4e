// Serving FastCGI (the only place that knows how connections are handled).
//
// epoll over the listening socket and all kept connections; FCGX_Accept_r is called only on a
// connection that is readable, so that an idle connection kept by nginx never occupies the process
// (a plain accept loop starves under more clients than workers). All requests that are ready, up to
// `max_batch`, are handed to the handler at once and answered together. With max_batch 1 the worker
// takes a new connection only when it has nothing to do, so that a long request never has others
// queued behind it in this process while a neighbour idles.
//
// Unfinished business is bounded: a peer that stalls while sending or receiving is dropped after
// io_timeout. A connection that is not kept is closed at once (FCGX_Detach; without it libfcgi
// lingers in shutdown, select and read on every close).
#pragma once

#include <atomic>
#include <span>

#include "fcgi/base/clock.h"
#include "fcgi/http/message.h"

namespace gatehouse::http {

class Handler {
 public:
  virtual ~Handler() = default;
  // Fills in every response. Must not throw.
  virtual void Handle(std::span<Exchange> batch) = 0;
  // Called after the answers of a batch have been sent, and about every 500 ms when idle: the place
  // for work that no request should wait for.
  virtual void AfterBatch() {}
};

struct ServerOptions {
  int listen_fd = 0;  // spawn-fcgi hands over the socket as descriptor 0
  int max_batch = 1;
  int max_connections = 512;  // further ones wait in the listen queue
  Millis io_timeout{5000};
  // Longer than nginx keeps idle connections itself (60 s), so that it is nginx who closes them.
  Millis idle_timeout{75000};
  Millis drain{300};  // how long kept connections are still answered after a stop
};

// Serves until `stop` becomes true (checked at least every 500 ms; a signal interrupts the wait),
// then drains: takes no new connection, answers what has arrived, returns. False where the socket
// is unusable.
bool Serve(const ServerOptions& options, Handler& handler, const std::atomic<bool>& stop);

}  // namespace gatehouse::http
