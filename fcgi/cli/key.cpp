#include <CLI/CLI.hpp>
#include <memory>

#include "fcgi/cli/command.h"
#include "fcgi/run/keyring.h"

namespace gatehouse::cli {
namespace {

Status Init(const Invocation& invocation) {
  GH_ASSIGN(const Config config, LoadConfig(invocation.config_path));
  SystemEntropy entropy;
  GH_TRY(KeyRings::Generate(entropy).Save(config.key_file, /*overwrite=*/false));
  Say(config.key_file + " written, with one key in every ring; keep a copy in a safe place");
  return {};
}

Status List(const Invocation& invocation, bool as_json) {
  GH_ASSIGN(const Config config, LoadConfig(invocation.config_path));
  GH_ASSIGN(const KeyRings rings, KeyRings::Load(config.key_file));
  Listing listing({"ring", "kid", "algorithm", "state"});
  for (std::size_t i = 0; i < kRingNames.size(); ++i) {
    for (const Key& key : rings.All(static_cast<Ring>(i))) {
      listing.Add(
          {std::string(kRingNames[i]), key.kid, key.algorithm, std::string(ToString(key.state))});
    }
  }
  listing.Print(as_json);
  return {};
}

}  // namespace

void AddKeyCommands(CLI::App& app, Invocation& invocation) {
  auto* key = app.add_subcommand("key", "The key file")->require_subcommand(1);
  auto* init = key->add_subcommand("init", "Write a new key file; an existing one is left alone");
  init->callback([&invocation] { invocation.action = [&invocation] { return Init(invocation); }; });
  const auto as_json = std::make_shared<bool>(false);
  auto* list = key->add_subcommand("list", "Keys, without their secrets");
  list->add_flag("--json", *as_json, "For programs");
  list->callback([&invocation, as_json] {
    invocation.action = [&invocation, as_json] { return List(invocation, *as_json); };
  });
}

}  // namespace gatehouse::cli
