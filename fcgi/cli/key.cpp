// The key file: `key rotate` and `key retire` change the ring jwt, which every worker follows.
#include <CLI/CLI.hpp>
#include <memory>

#include "fcgi/cli/command.h"
#include "fcgi/lib/signature.h"
#include "fcgi/run/keyring.h"
#include "handlers/auth/audit.h"
#include "handlers/auth/token.h"

namespace gatehouse::cli {
namespace {

constexpr std::string_view kHs256 = "HS256";
constexpr std::size_t kSecretBytes = 32;

struct Options {
  std::string algorithm, kid;
  bool json = false;
};

Status Init(const Invocation& invocation, const Options& /*options*/) {
  GH_ASSIGN(const Config config, LoadConfig(invocation.config_path));
  SystemEntropy entropy;
  GH_TRY(KeyRings::Generate(entropy, SystemClock().Now()).Create(config.key_file));
  Say(config.key_file + " written, with one key in every ring; keep a copy in a safe place");
  return {};
}

Status List(const Invocation& invocation, const Options& options) {
  GH_ASSIGN(const Config config, LoadConfig(invocation.config_path));
  GH_ASSIGN(const KeyRings rings, KeyRings::Load(config.key_file));
  Listing listing({"ring", "kid", "alg", "state", "created"});
  for (std::size_t i = 0; i < kRingNames.size(); ++i) {
    for (const Key& key : rings.All(static_cast<Ring>(i))) {
      listing.Add({std::string(kRingNames[i]), key.kid, key.algorithm,
                   std::string(ToString(key.state)),
                   key.created ? json::Value(ToRfc3339(*key.created)) : json::Value()});
    }
  }
  listing.Print(options.json);
  return {};
}

std::string KeyJson(const Key& key) {
  json::Writer out;
  out.BeginObject().Member("kid", key.kid).Member("alg", key.algorithm);
  return out.Member("state", ToString(key.state)).EndObject().Take();
}

// The changed file is on disk before the change is on record, and takes its place after: no change
// goes unrecorded, and only a rename could make the record wrong.
Status Record(Session& session, KeyFileEdit& edit, const Key& key, std::string before) {
  const Config& config = session.services().config;
  // What a worker would refuse must not get into the file.
  GH_TRY(auth::TokenSigner::Make(edit.rings, config.Issuer(), config.Audience()));
  GH_TRY(edit.Prepare());
  GH_TRY(session.Change([&](db::Executor& ex) {
    return auth::Audit(session.services(), ex, session.caller(),
                       {auth::event::kKeyRotated, std::nullopt, std::nullopt, "key", key.kid,
                        before, KeyJson(key)});
  }));
  return edit.Commit();
}

Status Rotate(const Invocation& invocation, const Options& options) {
  GH_ASSIGN(const auto session, Session::Open(invocation));
  GH_ASSIGN(auto edit, KeyFileEdit::Open(session->services().config.key_file));
  const Key& before = edit.rings.Active(Ring::kJwt);
  const std::string before_json = KeyJson(before);
  Entropy& entropy = session->services().entropy;
  Key key;
  key.kid = KeyRings::NewKid(entropy);
  key.algorithm = options.algorithm.empty() ? before.algorithm : options.algorithm;
  key.created = session->now();
  const auto pair = crypto::ParseSignatureAlgorithm(key.algorithm);
  key.secret = pair ? crypto::SignatureKey::Generate(*pair) : Secret(entropy.Bytes(kSecretBytes));
  edit.rings.Rotate(Ring::kJwt, std::move(key));
  const Key& now = edit.rings.Active(Ring::kJwt);
  GH_TRY(Record(*session, edit, now, before_json));
  Say("key " + now.kid + " (" + now.algorithm + ") signs access tokens; those before it verify on");
  return {};
}

Status Retire(const Invocation& invocation, const Options& options) {
  GH_ASSIGN(const auto session, Session::Open(invocation));
  GH_ASSIGN(auto edit, KeyFileEdit::Open(session->services().config.key_file));
  const Key* key = edit.rings.Find(Ring::kJwt, options.kid);
  const std::string before = key == nullptr ? "" : KeyJson(*key);
  GH_ASSIGN(const KeyState was, edit.rings.Retire(Ring::kJwt, options.kid));
  if (was == KeyState::kRetired) {
    Say("key " + options.kid + " is retired");
    return {};
  }
  GH_TRY(Record(*session, edit, *key, before));
  Say("key " + options.kid + " is retired; its tokens are refused within two seconds");
  return {};
}

}  // namespace

void AddKeyCommands(CLI::App& app, Invocation& invocation) {
  auto* key = app.add_subcommand("key", "The key file")->require_subcommand(1);
  const auto options = std::make_shared<Options>();
  const auto add = [&](const char* name, const char* about,
                       Status (*run)(const Invocation&, const Options&)) {
    auto* command = key->add_subcommand(name, about);
    command->callback([&invocation, options, run] {
      invocation.action = [&invocation, options, run] { return run(invocation, *options); };
    });
    return command;
  };
  add("init", "Write a new key file; an existing one is left alone", &Init);
  add("list", "Keys, without their secrets", &List)
      ->add_flag("--json", options->json, "For programs");
  add("rotate", "A new key signs access tokens; those before it verify on", &Rotate)
      ->add_option("--alg", options->algorithm, "Its algorithm; that of the key before by default")
      ->check(CLI::IsMember(
          {std::string(kHs256), std::string("EdDSA"), std::string("ES256"), std::string("RS256")}));
  add("retire", "Tokens signed with this key are refused from now on", &Retire)
      ->add_option("KID", options->kid, "The key, as `key list` names it")
      ->required();
}

}  // namespace gatehouse::cli
