#include "fcgi/http/server.h"

#include <fcgiapp.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <signal.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <deque>
#include <vector>

#include "fcgi/http/connection.h"
#include "fcgi/run/log.h"

namespace gatehouse::http {
namespace {

using std::chrono::steady_clock;

constexpr Millis kTick{500};
constexpr int kEvents = 256;
// With max_batch 1: how long a new connection may keep silent before it is put aside. nginx sends
// its request right after it has connected.
constexpr Millis kPatience{5};
// A connection that is idle for less is not given up for the sake of another.
constexpr Millis kEvictable{1000};

// Signals come only while the loop waits (or at a tick), so that none of them interrupts a read or
// a write of a request halfway.
class SignalGate {
 public:
  SignalGate() {
    sigset_t held;
    sigemptyset(&held);
    for (const int signal : {SIGTERM, SIGINT, SIGHUP, SIGUSR1, SIGUSR2}) sigaddset(&held, signal);
    pthread_sigmask(SIG_BLOCK, &held, &open_);
  }
  ~SignalGate() { pthread_sigmask(SIG_SETMASK, &open_, nullptr); }
  SignalGate(const SignalGate&) = delete;
  SignalGate& operator=(const SignalGate&) = delete;

  const sigset_t& open() const { return open_; }
  // epoll_pwait delivers none while there are always events.
  void Deliver() {
    sigset_t held;
    pthread_sigmask(SIG_SETMASK, &open_, &held);
    pthread_sigmask(SIG_SETMASK, &held, nullptr);
  }

 private:
  sigset_t open_;
};

struct Slot {
  Connection connection;
  bool watched = false;  // epoll knows it
};

class Loop {
 public:
  Loop(const ServerOptions& options, Handler& handler, const std::atomic<bool>& stop)
      : options_(options),
        handler_(handler),
        stop_(stop),
        max_batch_(static_cast<std::size_t>(std::max(1, options.max_batch))) {}
  ~Loop() {
    if (epoll_ >= 0) close(epoll_);
  }
  Loop(const Loop&) = delete;
  Loop& operator=(const Loop&) = delete;

  bool Open();
  void Run();

 private:
  bool Wait(Millis timeout);
  void Look(Slot& slot, bool peer_closed);
  void Accept();
  bool AcceptOne();
  void ServeReady();
  void ServeBatch();
  void Watch(Slot& slot);
  void Release(Slot& slot);
  void Retire(Slot& slot);
  void EvictIdlest();
  void Tick();
  void Drain();
  bool Listen(bool on);

  const ServerOptions& options_;
  Handler& handler_;
  const std::atomic<bool>& stop_;
  const std::size_t max_batch_;
  SignalGate signals_;
  int epoll_ = -1;
  bool tcp_ = false;
  bool listening_ = false;
  bool draining_ = false;
  SteadyTime now_{};  // of the last wait
  SteadyTime next_tick_{};
  std::deque<Slot> slots_;  // stable addresses; as many as were ever open at once
  std::vector<Slot*> free_;
  int open_ = 0;
  std::vector<Slot*> accepted_;  // not yet looked at
  std::vector<Slot*> ready_;     // a request can be received
  std::vector<Slot*> serving_;
  std::vector<Exchange> batch_;  // of serving_, in the same order
  PeekRoom room_;
  std::string answer_;
};

bool Loop::Open() {
  int accepting = 0;
  socklen_t size = sizeof accepting;
  if (getsockopt(options_.listen_fd, SOL_SOCKET, SO_ACCEPTCONN, &accepting, &size) != 0 ||
      accepting == 0) {
    return false;
  }
  int family = 0;
  size = sizeof family;
  getsockopt(options_.listen_fd, SOL_SOCKET, SO_DOMAIN, &family, &size);
  tcp_ = family != AF_UNIX;
  const int flags = fcntl(options_.listen_fd, F_GETFL);
  if (flags < 0 || fcntl(options_.listen_fd, F_SETFL, flags | O_NONBLOCK) != 0) return false;
  epoll_ = epoll_create1(EPOLL_CLOEXEC);
  return epoll_ >= 0 && Listen(true);
}

void Loop::Run() {
  now_ = steady_clock::now();
  next_tick_ = now_ + kTick;
  while (!stop_.load(std::memory_order_relaxed)) {
    if (Wait(std::chrono::ceil<Millis>(next_tick_ - now_))) Accept();
    ServeReady();
    if (now_ >= next_tick_) Tick();
  }
  Drain();
}

// Waits for something to happen and puts the connections with a request into ready_. True where
// the listening socket has connections.
bool Loop::Wait(Millis timeout) {
  std::array<epoll_event, kEvents> events;
  const int wait_ms = static_cast<int>(std::max<Millis::rep>(timeout.count(), 0));
  const int n = epoll_pwait(epoll_, events.data(), kEvents, wait_ms, &signals_.open());
  now_ = steady_clock::now();
  bool incoming = false;
  for (int i = 0; i < n; ++i) {
    const epoll_event& event = events[static_cast<std::size_t>(i)];
    if (event.data.ptr == nullptr) {
      incoming = true;
    } else {
      Look(*static_cast<Slot*>(event.data.ptr),
           (event.events & (EPOLLRDHUP | EPOLLHUP | EPOLLERR)) != 0);
    }
  }
  return incoming;
}

void Loop::Look(Slot& slot, bool peer_closed) {
  const Peeked peeked = slot.connection.Peek(room_, now_);
  if (peeked == Peeked::kReady) {
    ready_.push_back(&slot);
  } else if (peeked == Peeked::kGone || peer_closed) {
    Release(slot);
  } else if (!slot.watched) {
    Watch(slot);
  }
}

void Loop::Accept() {
  // All are accepted before the first is looked at: nginx gets the time to send its request, and a
  // connection whose request is there never needs to be watched.
  while (ready_.size() + accepted_.size() < max_batch_ && AcceptOne()) {
  }
  for (Slot* slot : accepted_) Look(*slot, false);
  accepted_.clear();
}

// False where there is no more to accept for now.
bool Loop::AcceptOne() {
  if (open_ >= options_.max_connections) {
    EvictIdlest();
    if (open_ >= options_.max_connections) {
      Listen(false);  // until one closes
      return false;
    }
  }
  const int fd = accept4(options_.listen_fd, nullptr, nullptr, SOCK_CLOEXEC);
  if (fd < 0) {
    if (errno == ECONNABORTED || errno == EINTR) return true;
    if (errno != EAGAIN && errno != EWOULDBLOCK) {  // out of descriptors or memory
      log::Warn("http.accept_failed", {{"errno", errno}});
      // The connection stays in the queue and epoll goes on reporting it: look away until a
      // descriptor is free, or for a tick.
      EvictIdlest();
      Listen(false);
    }
    return false;
  }
  if (tcp_) {
    // An answer of several writes must not wait for the peer's delayed ACK.
    const int on = 1;
    setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
  }
  if (free_.empty()) free_.push_back(&slots_.emplace_back());
  Slot& slot = *free_.back();
  free_.pop_back();
  ++open_;
  slot.connection.Open(fd, options_.io_timeout, now_);
  if (max_batch_ == 1) {
    pollfd silent{fd, POLLIN, 0};
    poll(&silent, 1, static_cast<int>(kPatience.count()));
  }
  accepted_.push_back(&slot);
  return max_batch_ > 1;
}

void Loop::ServeReady() {
  for (std::size_t i = 0; i < ready_.size(); i += max_batch_) {
    const std::size_t end = std::min(ready_.size(), i + max_batch_);
    serving_.assign(ready_.begin() + static_cast<std::ptrdiff_t>(i),
                    ready_.begin() + static_cast<std::ptrdiff_t>(end));
    ServeBatch();
  }
  ready_.clear();
}

void Loop::ServeBatch() {
  std::erase_if(serving_, [this](Slot* slot) {
    if (slot->connection.Receive()) return false;
    Release(*slot);
    return true;
  });
  if (serving_.empty()) return;
  batch_.clear();
  for (Slot* slot : serving_) batch_.push_back(Exchange{&slot->connection, {}});
  handler_.Handle(batch_);
  for (std::size_t i = 0; i < serving_.size(); ++i) {
    Slot& slot = *serving_[i];
    slot.connection.Answer(batch_[i].response, !draining_, answer_, now_);
    if (!slot.connection.open()) {
      Release(slot);
    } else if (!slot.watched) {
      Watch(slot);
    }
  }
  handler_.AfterBatch();
}

// Edge-triggered: a request that comes in pieces wakes the loop once a piece, not all the time.
void Loop::Watch(Slot& slot) {
  epoll_event event{};
  event.events = EPOLLIN | EPOLLRDHUP | EPOLLET;
  event.data.ptr = &slot;
  slot.watched = epoll_ctl(epoll_, EPOLL_CTL_ADD, slot.connection.fd(), &event) == 0;
  if (!slot.watched) Release(slot);
}

void Loop::Release(Slot& slot) {
  slot.connection.Close();
  slot.watched = false;
  free_.push_back(&slot);
  --open_;
  if (!draining_) Listen(true);
}

// Closes a connection that is idle or too slow. What nginx had sent before it could notice is
// still answered.
void Loop::Retire(Slot& slot) {
  slot.connection.RefuseMore();
  if (slot.connection.Peek(room_, now_) == Peeked::kReady) {
    ready_.push_back(&slot);
  } else {
    Release(slot);
  }
}

void Loop::EvictIdlest() {
  Slot* idlest = nullptr;
  for (Slot& slot : slots_) {
    if (!slot.connection.open() || now_ - slot.connection.since() < kEvictable) continue;
    if (idlest == nullptr || slot.connection.since() < idlest->connection.since()) idlest = &slot;
  }
  if (idlest != nullptr) Retire(*idlest);
}

void Loop::Tick() {
  next_tick_ = now_ + kTick;
  signals_.Deliver();
  for (Slot& slot : slots_) {
    if (!slot.connection.open()) continue;
    const Millis limit = slot.connection.arriving() ? options_.io_timeout : options_.idle_timeout;
    if (now_ - slot.connection.since() >= limit) Retire(slot);
  }
  ServeReady();
  Listen(true);
  handler_.AfterBatch();
}

void Loop::Drain() {
  draining_ = true;
  Listen(false);
  const SteadyTime end = steady_clock::now() + options_.drain;
  for (now_ = steady_clock::now(); open_ > 0 && now_ < end;) {
    Wait(std::chrono::ceil<Millis>(end - now_));
    ServeReady();
  }
  for (Slot& slot : slots_) {
    if (slot.connection.open()) Retire(slot);
  }
  ServeReady();
}

bool Loop::Listen(bool on) {
  if (on == listening_) return true;
  epoll_event event{};
  // Exclusive: a new connection wakes one idle worker, not all of them.
  event.events = EPOLLIN | EPOLLEXCLUSIVE;
  event.data.ptr = nullptr;
  const int operation = on ? EPOLL_CTL_ADD : EPOLL_CTL_DEL;
  if (epoll_ctl(epoll_, operation, options_.listen_fd, &event) != 0) return false;
  listening_ = on;
  return true;
}

}  // namespace

bool Serve(const ServerOptions& options, Handler& handler, const std::atomic<bool>& stop) {
  if (FCGX_Init() != 0) return false;
  signal(SIGPIPE, SIG_IGN);
  Loop loop(options, handler, stop);
  if (!loop.Open()) return false;
  loop.Run();
  return true;
}

}  // namespace gatehouse::http
