// gatehouse-worker: one FastCGI worker process. spawn-fcgi hands it the listening socket as
// descriptor 0, multiwatch keeps it alive.
//
//   gatehouse-worker --config FILE --pool verify|account
#include <atomic>
#include <csignal>
#include <cstdio>
#include <string>
#include <string_view>

#include "fcgi/http/server.h"
#include "fcgi/run/log.h"
#include "fcgi/run/metrics.h"
#include "fcgi/run/priority.h"
#include "handlers/dispatch.h"
#include "handlers/runtime.h"

namespace {

std::atomic<bool> stop{false};

void OnSignal(int /*signal*/) { stop = true; }

void InstallSignals() {
  struct sigaction action {};
  action.sa_handler = OnSignal;
  sigaction(SIGTERM, &action, nullptr);
  sigaction(SIGINT, &action, nullptr);
}

int Fail(const std::string& why) {
  std::fprintf(stderr, "gatehouse-worker: %s\n", why.c_str());
  return 1;
}

int Run(const std::string& config_path, std::string_view pool) {
  // Hashes passwords; a storm of sign-ins must not starve verification, nginx or the databases.
  const bool gave_way = pool != "account" || gatehouse::GiveWay();
  gatehouse::ForbidCoreDumps();
  auto runtime = gatehouse::Runtime::Load(config_path);
  if (!runtime.ok()) return Fail(runtime.error().inner);
  const gatehouse::Config& config = (*runtime)->config();
  gatehouse::log::Open(config.log_file, gatehouse::log::ParseLevel(config.log_level),
                       "worker." + std::string(pool));
  if (!gave_way) gatehouse::log::Warn("worker.priority_not_lowered");
  gatehouse::Dispatch dispatch((*runtime)->services());
  if (const auto attached = gatehouse::Metrics::Instance().Attach(config.run_dir); !attached.ok()) {
    gatehouse::log::Warn("metrics.not_shared", {{"reason", attached.error().inner}});
  }
  InstallSignals();
  gatehouse::http::ServerOptions options;
  // The account pool takes one request at a time, so that none waits behind a hash in a process
  // while a neighbour idles.
  options.max_batch = pool == "verify" ? static_cast<int>(config.verify_batch) : 1;
  gatehouse::log::Info("worker.started");
  const bool served = gatehouse::http::Serve(options, dispatch, stop);
  gatehouse::log::Info("worker.stopped");
  return served ? 0 : Fail("descriptor 0 is not a listening socket; start me with spawn-fcgi");
}

}  // namespace

int main(int argc, char** argv) {
  std::string config;
  std::string_view pool;
  for (int i = 1; i + 1 < argc; i += 2) {
    const std::string_view option = argv[i];
    if (option == "--config") config = argv[i + 1];
    if (option == "--pool") pool = argv[i + 1];
  }
  if (config.empty() || (pool != "verify" && pool != "account")) {
    return Fail("usage: gatehouse-worker --config FILE --pool verify|account");
  }
  return Run(config, pool);
}
