// The floor: what a request costs through nginx, FastCGI and this project's connection handling
// when there is nothing to do. Answers 204 at once.
//
//   spawn-fcgi -n -s floor.sock -- floor [--plain] [--batch=N]
//
// --plain serves with libfcgi's own accept loop instead, one connection at a time, for comparison.
#include <fcgiapp.h>
#include <signal.h>

#include <atomic>
#include <cstdlib>
#include <span>
#include <string_view>

#include "fcgi/http/server.h"

namespace {

std::atomic<bool> stop{false};

class Floor final : public gatehouse::http::Handler {
 public:
  void Handle(std::span<gatehouse::http::Exchange> batch) override {
    for (auto& exchange : batch) exchange.response = gatehouse::http::Response::Empty(204);
  }
};

int ServePlain() {
  if (FCGX_Init() != 0) return 1;
  FCGX_Request request;
  FCGX_InitRequest(&request, 0, FCGI_FAIL_ACCEPT_ON_INTR);
  while (FCGX_Accept_r(&request) == 0 && !stop) {
    FCGX_PutS("Status: 204\r\n\r\n", request.out);
    if (request.keepConnection == 0) FCGX_Detach(&request);
    FCGX_Finish_r(&request);
  }
  return 0;
}

}  // namespace

int main(int argc, char** argv) {
  struct sigaction on_stop {};
  on_stop.sa_handler = [](int) { stop = true; };
  sigaction(SIGTERM, &on_stop, nullptr);
  gatehouse::http::ServerOptions options;
  options.max_batch = 16;
  for (const std::string_view arg : std::span(argv + 1, static_cast<std::size_t>(argc - 1))) {
    if (arg == "--plain") return ServePlain();
    if (arg.starts_with("--batch=")) options.max_batch = std::atoi(arg.substr(8).data());
  }
  Floor floor;
  return gatehouse::http::Serve(options, floor, stop) ? 0 : 1;
}
