// The key file: `key rotate` and `key retire` change the rings jwt and totp, which every worker
// follows.
#include <CLI/CLI.hpp>
#include <algorithm>
#include <memory>

#include "fcgi/cli/command.h"
#include "fcgi/lib/signature.h"
#include "fcgi/run/keyring.h"
#include "handlers/auth/audit.h"
#include "handlers/auth/live_tokens.h"
#include "handlers/auth/reseal.h"
#include "handlers/auth/token.h"

namespace gatehouse::cli {
namespace {

constexpr std::string_view kHs256 = "HS256";
constexpr std::size_t kSecretBytes = 32;
constexpr Seconds kUnderWay{60};  // longer than any request

struct Options {
  std::string ring{kRingNames[static_cast<std::size_t>(Ring::kJwt)]}, algorithm, kid;
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

Status RotateTotp(const Invocation& invocation, const Options& options) {
  if (!options.algorithm.empty()) {
    return MakeError(ErrorCode::kValidationFailed, "the ring totp has one algorithm");
  }
  GH_ASSIGN(const auto session, Session::Open(invocation));
  GH_ASSIGN(auto edit, KeyFileEdit::Open(session->services().config.key_file));
  const Key& before = edit.rings.Active(Ring::kTotp);
  const std::string before_json = KeyJson(before);
  Entropy& entropy = session->services().entropy;
  edit.rings.Rotate(Ring::kTotp, Key{KeyRings::NewKid(entropy), before.algorithm, KeyState::kActive,
                                     session->now(), Secret(entropy.Bytes(kSecretBytes))});
  const Key& now = edit.rings.Active(Ring::kTotp);
  GH_TRY(Record(*session, edit, now, before_json));
  Say("key " + now.kid + " seals secrets; `gatehouse key reseal` brings the old ones under it");
  return {};
}

Status Reseal(const Invocation& invocation, const Options& /*options*/) {
  GH_ASSIGN(const auto session, Session::Open(invocation));
  auth::Services& services = session->services();
  const std::string kid = services.tokens.ActiveKey(Ring::kTotp).kid;
  GH_ASSIGN(const KeyRings rings, KeyRings::Load(services.config.key_file));
  Status all;
  for (const auto& kind : auth::SealedKinds()) {
    GH_ASSIGN(const auto count, kind.reseal(services));
    if (count > 0) {
      json::Writer after;
      after.BeginObject().Member("resealed", kind.name);
      after.Member("count", static_cast<std::int64_t>(count)).EndObject();
      GH_TRY(auth::Audit(services, *session->Auto(), session->caller(),
                         {auth::event::kKeyRotated, std::nullopt, std::nullopt, "key", kid,
                          std::nullopt, after.Take()}));
    }
    Say(std::to_string(count) + " " + std::string(kind.name) + " sealed again, under key " + kid);
    for (const Key& key : rings.All(Ring::kTotp)) {
      if (key.kid == kid) continue;
      GH_ASSIGN(const bool left, kind.any_under(*session->Auto(), key.kid));
      if (left)
        all = MakeError(ErrorCode::kInternal,
                        "some " + std::string(kind.name) + " are left under key " + key.kid);
    }
  }
  return all;
}

Status Rotate(const Invocation& invocation, const Options& options) {
  if (options.ring == kRingNames[static_cast<std::size_t>(Ring::kTotp)]) {
    return RotateTotp(invocation, options);
  }
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

// The ring whose key this is; the ring jwt for what is in neither.
Ring RingOf(const KeyRings& rings, std::string_view kid) {
  const auto& sealing = rings.All(Ring::kTotp);
  const bool found =
      std::any_of(sealing.begin(), sealing.end(), [&](const Key& key) { return key.kid == kid; });
  return found ? Ring::kTotp : Ring::kJwt;
}

// A secret under a retired key is lost.
Status CheckUnneeded(Session& session, const KeyRings& rings, std::string_view kid) {
  const auto& active = rings.Active(Ring::kTotp);
  if (active.created && session.now() < *active.created + kUnderWay) {
    return MakeError(ErrorCode::kValidationFailed,
                     "the ring was rotated less than a minute ago: a request that is under way may "
                     "still seal something under this key");
  }
  for (const auto& kind : auth::SealedKinds()) {
    GH_ASSIGN(const bool needed, kind.any_under(*session.Auto(), kid));
    if (needed) {
      return MakeError(ErrorCode::kValidationFailed,
                       std::string(kind.name) + " are still sealed under key " + std::string(kid) +
                           "; `gatehouse key reseal` first");
    }
  }
  return {};
}

Status Retire(const Invocation& invocation, const Options& options) {
  GH_ASSIGN(const auto session, Session::Open(invocation));
  GH_ASSIGN(auto edit, KeyFileEdit::Open(session->services().config.key_file));
  const Ring ring = RingOf(edit.rings, options.kid);
  const Key* key = edit.rings.Find(ring, options.kid);
  const std::string before = key == nullptr ? "" : KeyJson(*key);
  GH_ASSIGN(const KeyState was, edit.rings.Retire(ring, options.kid));
  if (was == KeyState::kRetired) {
    Say("key " + options.kid + " is retired");
    return {};
  }
  if (ring == Ring::kTotp) GH_TRY(CheckUnneeded(*session, edit.rings, options.kid));
  GH_TRY(Record(*session, edit, *key, before));
  Say("key " + options.kid + " is retired" +
      (ring == Ring::kJwt ? "; its tokens are refused within two seconds" : ""));
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
  auto* rotate =
      add("rotate", "A new key signs access tokens, or seals; those before it verify on", &Rotate);
  rotate->add_option("--ring", options->ring, "Whose key: jwt by default")
      ->check(CLI::IsMember({"jwt", "totp"}));
  rotate
      ->add_option("--alg", options->algorithm, "Its algorithm; that of the key before by default")
      ->check(CLI::IsMember(
          {std::string(kHs256), std::string("EdDSA"), std::string("ES256"), std::string("RS256")}));
  add("reseal", "Bring what was sealed under older keys under the active one", &Reseal);
  add("retire", "What was made with this key is refused from now on", &Retire)
      ->add_option("KID", options->kid, "The key, as `key list` names it")
      ->required();
}

}  // namespace gatehouse::cli
