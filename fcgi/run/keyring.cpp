#include "fcgi/run/keyring.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#define TOML_EXCEPTIONS 0
#define TOML_ENABLE_FORMATTERS 0
#include <toml++/toml.h>

#include <algorithm>
#include <bitset>
#include <cerrno>
#include <cstdio>
#include <cstring>
#include <optional>

#include "fcgi/base/codec.h"
#include "fcgi/run/private_file.h"

namespace gatehouse {
namespace {

constexpr std::size_t kSecretBytes = 32;
constexpr std::size_t kMaxSecretBytes = 512;

// What a key of a ring is for; in the order of kRingNames.
constexpr std::array<std::string_view, kRingNames.size()> kAlgorithms = {
    "HS256", "AES-256-GCM", "AES-256-GCM", "HMAC-SHA256", "HMAC-SHA256", "HMAC-SHA256"};

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
    const bool known = k == "kid" || k == "algorithm" || k == "state" || k == "secret";
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
  if (out.algorithm != kAlgorithms[ring]) {
    return Bad(name, ring_name, out.kid, "algorithm must be " + std::string(kAlgorithms[ring]));
  }
  const auto state = ParseState(field("state"));
  if (!state) return Bad(name, ring_name, out.kid, "state must be verify-only, active or retired");
  out.state = *state;
  auto secret = Base64UrlDecode(field("secret"));
  if (!secret) return Bad(name, ring_name, out.kid, "secret is not base64url");
  out.secret = Secret(std::move(*secret));
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

Error Failed(const std::string& path, std::string_view doing) {
  return MakeError(ErrorCode::kInternal,
                   path + ": " + std::string(doing) + ": " + std::strerror(errno));
}

bool WriteAll(int fd, std::string_view text) {
  while (!text.empty()) {
    const ssize_t n = ::write(fd, text.data(), text.size());
    if (n < 0 && errno == EINTR) continue;
    if (n <= 0) return false;
    text.remove_prefix(static_cast<std::size_t>(n));
  }
  return true;
}

// A new file of mode 0600 that is on disk when this returns.
Status WriteNew(const std::string& path, std::string_view text) {
  const int fd = ::open(path.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0600);
  if (fd < 0) return Failed(path, "create");
  const bool good = ::fchmod(fd, 0600) == 0 && WriteAll(fd, text) && ::fsync(fd) == 0;
  Status status;
  if (!good) status = Failed(path, "write");
  if (::close(fd) != 0 && status.ok()) status = Failed(path, "close");
  if (!status.ok()) ::unlink(path.c_str());
  return status;
}

Status SyncFolder(const std::string& path) {
  const auto slash = path.rfind('/');
  const std::string folder = slash == std::string::npos ? "." : path.substr(0, slash + 1);
  const int fd = ::open(folder.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC);
  if (fd < 0) return Failed(folder, "open");
  const bool good = ::fsync(fd) == 0;
  ::close(fd);
  return good ? Status() : Failed(folder, "fsync");
}

}  // namespace

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

KeyRings KeyRings::Generate(Entropy& entropy) {
  KeyRings out;
  for (std::size_t i = 0; i < kRingNames.size(); ++i) {
    Key key;
    key.kid = "k" + HexEncode(entropy.Bytes(8));
    key.algorithm = kAlgorithms[i];
    key.state = KeyState::kActive;
    key.secret = Secret(entropy.Bytes(kSecretBytes));
    out.rings_[i].push_back(std::move(key));
  }
  return out;
}

Status KeyRings::Save(const std::string& path, bool overwrite) const {
  std::string text;
  text.reserve(1 << 16);  // growing would leave copies of the secrets behind
  text += "# Keys of this installation. Whoever reads this file can sign in as anybody.\n";
  for (std::size_t i = 0; i < kRingNames.size(); ++i) {
    for (const Key& key : rings_[i]) {
      text.append("\n[[").append(kRingNames[i]).append("]]\nkid = \"").append(key.kid);
      text.append("\"\nalgorithm = \"").append(key.algorithm);
      text.append("\"\nstate = \"").append(ToString(key.state)).append("\"\nsecret = \"");
      AppendBase64Url(text, key.secret.Reveal());
      text.append("\"\n");
    }
  }
  const Secret whole(std::move(text));
  const std::string temporary = path + ".new." + std::to_string(::getpid());
  GH_TRY(WriteNew(temporary, whole.Reveal()));
  // link(2) fails where the name exists, so that two who create it cannot both succeed.
  const int moved = overwrite ? std::rename(temporary.c_str(), path.c_str())
                              : ::link(temporary.c_str(), path.c_str());
  Status status;
  if (moved != 0) {
    status = errno == EEXIST
                 ? Status(MakeError(ErrorCode::kAlreadyExists, path + ": exists already"))
                 : Status(Failed(path, "write"));
  }
  if (!overwrite || moved != 0) ::unlink(temporary.c_str());
  GH_TRY(std::move(status));
  return SyncFolder(path);
}

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
