#include <CLI/CLI.hpp>
#include <fstream>
#include <memory>

#include "fcgi/cli/command.h"
#include "fcgi/cli/doctor.h"
#include "fcgi/run/config_check.h"
#include "handlers/nginx_config.h"
#include "sql/db/migrate.h"

namespace gatehouse::cli {
namespace {

constexpr Millis kMigrateDeadline{std::chrono::minutes(30)};

struct Options {
  std::string out, app_host;
};

Status Migrate(const Invocation& invocation, const Options& options) {
  GH_ASSIGN(const Config config, LoadConfig(invocation.config_path));
  std::string password;
  if (!config.db_migrate_password_file.empty()) {
    GH_ASSIGN(password, ReadSecretFile(config.db_migrate_password_file));
  }
  db::Database db(DatabaseOptions(config, config.db_migrate_user, std::move(password)));
  const bool local = config.db_host.empty() || IsLoopbackHost(config.db_host);
  const std::string host = !options.app_host.empty() ? options.app_host : local ? "localhost" : "%";
  GH_ASSIGN(const auto applied,
            db::Migrate(db, config.db_user, host, Deadline::In(kMigrateDeadline)));
  for (const auto& name : applied) Say("applied " + name);
  if (applied.empty()) Say("the schema is current");
  return {};
}

Status CheckConfig(const Invocation& invocation) {
  GH_TRY(LoadConfig(invocation.config_path));
  Say(invocation.config_path + " is fine");
  return {};
}

Status WriteFile(const std::string& path, const std::string& text) {
  std::ofstream out(path, std::ios::binary | std::ios::trunc);
  out << text;
  out.close();
  return out ? Status() : Status(MakeError(ErrorCode::kInternal, path + ": cannot be written"));
}

Status NginxConfig(const Invocation& invocation, const Options& options) {
  GH_ASSIGN(const Config config, LoadConfig(invocation.config_path));
  const std::string http = NginxHttpConfig(config);
  const std::string server = NginxServerConfig(config);
  if (options.out.empty()) {
    Say("# http.conf, for the http {} context\n" + http);
    Say("# server.conf, for a server {} context\n" + server);
    return {};
  }
  for (const auto& [name, text] : {std::pair("http.conf", &http), {"server.conf", &server}}) {
    const std::string path = options.out + "/" + name;
    GH_TRY(WriteFile(path, *text));
    Say(path);
  }
  return {};
}

}  // namespace

void AddOperationCommands(CLI::App& app, Invocation& invocation) {
  const auto options = std::make_shared<Options>();
  const auto add = [&](CLI::App* parent, const char* name, const char* about,
                       Status (*run)(const Invocation&, const Options&)) {
    auto* command = parent->add_subcommand(name, about);
    command->callback([&invocation, options, run] {
      invocation.action = [&invocation, options, run] { return run(invocation, *options); };
    });
    return command;
  };
  add(&app, "migrate", "Bring the database's schema up to date", &Migrate)
      ->add_option("--app-host", options->app_host,
                   "Host part of mariadb.user's account; localhost or % by mariadb.host");
  add(&app, "doctor", "Check everything that an installation needs",
      [](const Invocation& i, const Options&) { return Doctor(i.config_path); });
  auto* config = app.add_subcommand("config", "The configuration file")->require_subcommand(1);
  add(config, "check", "Say what is wrong with it",
      [](const Invocation& i, const Options&) { return CheckConfig(i); });
  add(config, "example", "Print one with every key at its default",
      [](const Invocation&, const Options&) -> Status {
        std::string text = ConfigExample();
        text.pop_back();  // Say ends the line
        Say(text);
        return {};
      });
  add(&app, "nginx-config", "Write nginx's part of the configuration", &NginxConfig)
      ->add_option("--out", options->out,
                   "Folder for http.conf and server.conf; else they are printed");
}

}  // namespace gatehouse::cli
