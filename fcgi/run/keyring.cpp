#include "fcgi/run/keyring.h"

#define TOML_EXCEPTIONS 0
#define TOML_ENABLE_FORMATTERS 0
#include <toml++/toml.h>

#include <algorithm>
#include <bitset>
#include <cstdlib>
#include <memory>

#include "fcgi/base/codec.h"
#include "fcgi/run/private_file.h"

namespace gatehouse {
namespace {

constexpr std::size_t kSecretBytes = 32;
constexpr std::size_t kMaxSecretBytes = 512;
constexpr std::size_t kMaxPrivateKeyBytes = 8192;

// What a generated key of a ring is for; in the order of kRingNames.
constexpr std::array<std::string_view, kRingNames.size()> kAlgorithms = {
    "HS256", "AES-256-GCM", "AES-256-GCM", "HMAC-SHA256", "HMAC-SHA256", "HMAC-SHA256"};

// The ring jwt has these as well.
constexpr std::array<std::string_view, 3> kPairAlgorithms = {"EdDSA", "ES256", "RS256"};

bool IsAlgorithmOf(std::size_t ring, std::string_view algorithm) {
  return algorithm == kAlgorithms[ring] ||
         (ring == static_cast<std::size_t>(Ring::kJwt) && IsAsymmetric(algorithm));
}

std::string AlgorithmsOf(std::size_t ring) {
  std::string out(kAlgorithms[ring]);
  for (const auto name : kPairAlgorithms) {
    if (IsAlgorithmOf(ring, name)) out.append(", ").append(name);
  }
  return out;
}

constexpr std::array<std::pair<KeyState, std::string_view>, 3> kStates = {{
    {KeyState::kVerifyOnly, "verify-only"},
    {KeyState::kActive, "active"},
    {KeyState::kRetired, "retired"},
}};

std::optional<KeyState> ParseState(std::string_view text) {
  for (const auto& [state, name] : kStates) {
    if (name == text) return state;
  }
  return std::nullopt;
}

bool IsKid(std::string_view kid) {
  return kid.size() >= 8 && kid.size() <= 32 && std::all_of(kid.begin(), kid.end(), [](char c) {
           return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9');
         });
}

// Keys that no random generator made: few different bytes, a repeated pattern, a count upwards or
// downwards, or typed text. 32 random bytes fail one of these less than once in 10^12 times.
bool LooksMadeUp(std::string_view secret) {
  std::bitset<256> seen;
  bool printable = true;
  for (const char c : secret) {
    seen.set(static_cast<unsigned char>(c));
    if (c < ' ' || c > '~') printable = false;
  }
  if (printable || seen.count() < 16) return true;
  for (std::size_t period = 1; period <= secret.size() / 2; ++period) {
    if (secret.substr(period) == secret.substr(0, secret.size() - period)) return true;
  }
  const auto step = static_cast<unsigned char>(secret[1] - secret[0]);
  for (std::size_t i = 1; i < secret.size(); ++i) {
    if (static_cast<unsigned char>(secret[i] - secret[i - 1]) != step) return false;
  }
  return true;
}

// toml++ keeps its own copies of the strings: they are wiped before it lets go of them.
void WipeStrings(toml::node& node) {
  if (auto* text = node.as_string()) {
    Wipe(text->get());
  } else if (auto* array = node.as_array()) {
    for (auto& item : *array) WipeStrings(item);
  } else if (auto* table = node.as_table()) {
    for (auto&& [key, value] : *table) WipeStrings(value);
  }
}

Error Bad(const std::string& name, std::string_view ring, std::string_view kid,
          std::string_view what) {
  std::string text = name + ": ring " + std::string(ring);
  if (!kid.empty()) text += ", key " + std::string(kid);
  return MakeError(ErrorCode::kInternal, text + ": " + std::string(what));
}

Result<Key> ParseKey(const toml::node& node, std::size_t ring, const std::string& name) {
  const auto ring_name = kRingNames[ring];
  const auto* table = node.as_table();
  if (table == nullptr) return Bad(name, ring_name, "", "holds something that is not a table");
  for (const auto& [key, value] : *table) {
    const auto k = key.str();
    const bool known =
        k == "kid" || k == "algorithm" || k == "state" || k == "created" || k == "secret";
    if (!known || !value.is_string()) {
      return Bad(name, ring_name, "", std::string(k) + " is not known, or not a string");
    }
  }
  const auto field = [&](std::string_view key) -> std::string_view {
    const auto* value = table->get_as<std::string>(key);
    return value == nullptr ? std::string_view() : std::string_view(value->get());
  };

  Key out;
  out.kid = field("kid");
  if (!IsKid(out.kid)) return Bad(name, ring_name, "", "a kid must match [a-z0-9]{8,32}");
  out.algorithm = field("algorithm");
  if (!IsAlgorithmOf(ring, out.algorithm)) {
    return Bad(name, ring_name, out.kid, "algorithm must be " + AlgorithmsOf(ring));
  }
  const auto state = ParseState(field("state"));
  if (!state) return Bad(name, ring_name, out.kid, "state must be verify-only, active or retired");
  out.state = *state;
  if (const auto created = field("created"); !created.empty()) {
    out.created = FromRfc3339(created);
    if (!out.created) return Bad(name, ring_name, out.kid, "created is not a time of RFC 3339");
  }
  auto secret = Base64UrlDecode(field("secret"));
  if (!secret) return Bad(name, ring_name, out.kid, "secret is not base64url");
  out.secret = Secret(std::move(*secret));
  if (IsAsymmetric(out.algorithm)) {
    // What is in it is for the owner of OpenSSL to say (fcgi/lib/signature.h).
    if (out.secret.size() < kSecretBytes || out.secret.size() > kMaxPrivateKeyBytes) {
      return Bad(name, ring_name, out.kid, "secret must be a private key as PKCS#8 DER");
    }
    return out;
  }
  if (out.secret.size() < kSecretBytes || out.secret.size() > kMaxSecretBytes) {
    return Bad(name, ring_name, out.kid, "secret must have 32 to 512 bytes");
  }
  if (out.algorithm == "AES-256-GCM" && out.secret.size() != kSecretBytes) {
    return Bad(name, ring_name, out.kid, "secret must have exactly 32 bytes");
  }
  if (LooksMadeUp(out.secret.Reveal())) {
    return Bad(name, ring_name, out.kid, "secret is not random; `gatehouse key init` makes one");
  }
  return out;
}

}  // namespace

bool IsAsymmetric(std::string_view algorithm) {
  return std::find(kPairAlgorithms.begin(), kPairAlgorithms.end(), algorithm) !=
         kPairAlgorithms.end();
}

std::string_view ToString(KeyState state) {
  return kStates[static_cast<std::size_t>(state)].second;
}

Result<KeyRings> KeyRings::Parse(std::string_view text, const std::string& name) {
  auto parsed = toml::parse(text, name);
  if (!parsed) {
    // Only the line: the parser's description may quote what it read.
    return MakeError(
        ErrorCode::kInternal,
        name + ":" + std::to_string(parsed.error().source().begin.line) + ": not well-formed TOML");
  }
  struct Wiper {
    toml::table& table;
    ~Wiper() { WipeStrings(table); }
  } const wiper{parsed.table()};

  for (const auto& [key, value] : parsed.table()) {
    if (std::find(kRingNames.begin(), kRingNames.end(), key.str()) == kRingNames.end()) {
      return MakeError(ErrorCode::kInternal,
                       name + ": ring " + std::string(key.str()) + " is not known");
    }
  }
  KeyRings out;
  std::vector<std::string_view> secrets;
  for (std::size_t i = 0; i < kRingNames.size(); ++i) {
    auto& ring = out.rings_[i];
    const auto* array = parsed.table().get_as<toml::array>(kRingNames[i]);
    if (array == nullptr) return Bad(name, kRingNames[i], "", "is missing");
    ring.reserve(array->size());
    for (const auto& node : *array) {
      GH_ASSIGN(Key key, ParseKey(node, i, name));
      if (std::any_of(ring.begin(), ring.end(), [&](const Key& k) { return k.kid == key.kid; })) {
        return Bad(name, kRingNames[i], key.kid, "is there twice");
      }
      ring.push_back(std::move(key));
    }
    const auto active = std::count_if(
        ring.begin(), ring.end(), [](const Key& key) { return key.state == KeyState::kActive; });
    if (active != 1) return Bad(name, kRingNames[i], "", "must have exactly one active key");
  }
  // One secret for two purposes would let what one ring makes stand in for what another checks.
  for (std::size_t i = 0; i < kRingNames.size(); ++i) {
    for (const Key& key : out.rings_[i]) {
      if (std::find(secrets.begin(), secrets.end(), key.secret.Reveal()) != secrets.end()) {
        return Bad(name, kRingNames[i], key.kid, "has the secret of another key");
      }
      secrets.push_back(key.secret.Reveal());
    }
  }
  return out;
}

Result<KeyRings> KeyRings::Load(const std::string& path) {
  GH_ASSIGN(std::string text, ReadPrivateFile(path));
  const Secret whole(std::move(text));
  return Parse(whole.Reveal(), path);
}

std::string KeyRings::NewKid(Entropy& entropy) { return "k" + HexEncode(entropy.Bytes(8)); }

KeyRings KeyRings::Generate(Entropy& entropy, std::optional<TimePoint> now) {
  KeyRings out;
  for (std::size_t i = 0; i < kRingNames.size(); ++i) {
    Key key;
    key.kid = NewKid(entropy);
    key.algorithm = kAlgorithms[i];
    key.state = KeyState::kActive;
    key.created = now;
    key.secret = Secret(entropy.Bytes(kSecretBytes));
    out.rings_[i].push_back(std::move(key));
  }
  return out;
}

Secret KeyRings::Render() const {
  std::size_t size = 256;
  for (const auto& ring : rings_) {
    for (const Key& key : ring) size += 256 + 2 * key.secret.size();
  }
  std::string text;
  text.reserve(size);  // growing would leave copies of the secrets behind
  text += "# Keys of this installation. Whoever reads this file can sign in as anybody.\n";
  for (std::size_t i = 0; i < kRingNames.size(); ++i) {
    for (const Key& key : rings_[i]) {
      text.append("\n[[").append(kRingNames[i]).append("]]\nkid = \"").append(key.kid);
      text.append("\"\nalgorithm = \"").append(key.algorithm);
      text.append("\"\nstate = \"").append(ToString(key.state));
      if (key.created) text.append("\"\ncreated = \"").append(ToRfc3339(*key.created));
      text.append("\"\nsecret = \"");
      AppendBase64Url(text, key.secret.Reveal());
      text.append("\"\n");
    }
  }
  return Secret(std::move(text));
}

Status KeyRings::Create(const std::string& path) const {
  const Secret text = Render();
  GH_ASSIGN(auto file, NewPrivateFile::Write(path, text.Reveal()));
  return file.Create();
}

void KeyRings::Rotate(Ring ring, Key key) {
  auto& keys = rings_[static_cast<std::size_t>(ring)];
  for (Key& old : keys) {
    if (old.state == KeyState::kActive) old.state = KeyState::kVerifyOnly;
  }
  key.state = KeyState::kActive;
  keys.push_back(std::move(key));
}

Result<KeyState> KeyRings::Retire(Ring ring, std::string_view kid) {
  auto& keys = rings_[static_cast<std::size_t>(ring)];
  const auto key =
      std::find_if(keys.begin(), keys.end(), [&](const Key& k) { return k.kid == kid; });
  const std::string name(kRingNames[static_cast<std::size_t>(ring)]);
  if (key == keys.end()) return MakeError(ErrorCode::kNotFound, "no such key in ring " + name);
  if (key->state == KeyState::kActive) {
    return MakeError(ErrorCode::kValidationFailed,
                     key->kid + " signs in ring " + name + "; rotate first");
  }
  return std::exchange(key->state, KeyState::kRetired);
}

Result<KeyFileEdit> KeyFileEdit::Open(const std::string& path) {
  // The file itself is replaced, not a link to it.
  const std::unique_ptr<char, decltype(&std::free)> real(::realpath(path.c_str(), nullptr),
                                                         &std::free);
  if (real == nullptr) return MakeError(ErrorCode::kInternal, path + ": cannot be found");
  GH_ASSIGN(FileLock lock, FileLock::Take(real.get()));
  GH_ASSIGN(KeyRings rings, KeyRings::Load(real.get()));
  return KeyFileEdit(real.get(), std::move(lock), std::move(rings));
}

Status KeyFileEdit::Prepare() {
  const Secret text = rings.Render();
  // Never a file that the next start would refuse.
  GH_TRY(KeyRings::Parse(text.Reveal(), path_));
  GH_ASSIGN(auto file, NewPrivateFile::Write(path_, text.Reveal()));
  file_.emplace(std::move(file));
  return {};
}

Status KeyFileEdit::Commit() { return file_->Replace(); }

const Key& KeyRings::Active(Ring ring) const {
  const auto& keys = All(ring);
  return *std::find_if(keys.begin(), keys.end(),
                       [](const Key& key) { return key.state == KeyState::kActive; });
}

const Key* KeyRings::Find(Ring ring, std::string_view kid) const {
  for (const Key& key : All(ring)) {
    if (key.kid == kid) return key.state == KeyState::kRetired ? nullptr : &key;
  }
  return nullptr;
}

}  // namespace gatehouse
