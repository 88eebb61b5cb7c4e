// gatehouse: the command line (SPEC A4; API.md, "Operation").
#include <CLI/CLI.hpp>
#include <cstdio>
#include <exception>
#include <string>

#include "fcgi/cli/command.h"
#include "fcgi/run/log.h"

namespace {

constexpr const char* kDefaultConfig = "/etc/gatehouse/gatehouse.toml";

int Fail(const std::string& why, int code) {
  std::fprintf(stderr, "gatehouse: %s\n", why.c_str());
  return code;
}

int Run(int argc, char** argv) {
  CLI::App app("Gatehouse: accounts, tenants, keys and the health of an installation", "gatehouse");
  gatehouse::cli::Invocation invocation{kDefaultConfig, nullptr};
  app.add_option("--config", invocation.config_path, "Configuration file")
      ->envname("GATEHOUSE_CONFIG")
      ->capture_default_str()
      ->type_name("FILE");
  app.require_subcommand(1);
  app.fallthrough();  // --config is understood anywhere

  gatehouse::cli::AddOperationCommands(app, invocation);
  gatehouse::cli::AddKeyCommands(app, invocation);
  gatehouse::cli::AddTenantCommands(app, invocation);
  gatehouse::cli::AddUserCommands(app, invocation);
  gatehouse::cli::AddRoleCommands(app, invocation);
  gatehouse::cli::AddSessionCommands(app, invocation);
  gatehouse::cli::AddImportCommands(app, invocation);

  try {
    app.parse(argc, argv);
  } catch (const CLI::Success& help) {
    return app.exit(help);
  } catch (const CLI::ParseError& error) {
    return Fail(std::string(error.what()) + " (see --help)", 2);
  }
  gatehouse::ForbidCoreDumps();
  // What goes wrong is told once, by the command itself.
  gatehouse::log::Open("", gatehouse::log::Level::kError, "cli");
  const auto done = invocation.action();
  if (!done.ok()) return Fail(gatehouse::cli::Describe(done.error()), 1);
  return std::fflush(stdout) == 0 ? 0 : Fail("standard output cannot be written", 1);
}

}  // namespace

int main(int argc, char** argv) {
  try {
    return Run(argc, argv);
  } catch (const std::exception& error) {
    return Fail(error.what(), 1);
  }
}
