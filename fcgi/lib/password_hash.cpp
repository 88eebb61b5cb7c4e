#include "fcgi/lib/password_hash.h"

#include <argon2.h>
#include <crypt.h>

#include <algorithm>
#include <charconv>
#include <memory>
#include <optional>

#include "fcgi/base/codec.h"
#include "fcgi/base/secret.h"
#include "fcgi/lib/crypto.h"

namespace gatehouse {
namespace {

constexpr std::size_t kArgonSaltSize = 16;
constexpr std::size_t kArgonHashSize = 32;
constexpr std::uint32_t kMaxMemoryKib = 256 * 1024;
constexpr std::uint32_t kMaxIterations = 16;
constexpr std::uint32_t kMaxParallelism = 16;
constexpr int kMinBcryptCost = 4;
constexpr int kMaxBcryptCost = 16;
constexpr std::size_t kMaxBcryptPassword = 72;
constexpr std::uint32_t kMaxSha512Rounds = 1'000'000;

// crypt(3)'s base 64, in the order of its values.
constexpr std::string_view kCryptAlphabet =
    "./0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz";

bool IsCryptText(std::string_view s) {
  return s.find_first_not_of(kCryptAlphabet) == std::string_view::npos;
}

bool Eat(std::string_view& s, std::string_view prefix) {
  if (!s.starts_with(prefix)) return false;
  s.remove_prefix(prefix.size());
  return true;
}

// A decimal number without sign or leading zeros, at most `max`.
std::optional<std::uint32_t> EatNumber(std::string_view& s, std::uint32_t max) {
  std::uint32_t value = 0;
  if (s.empty() || s[0] == '0') return std::nullopt;
  const auto [end, error] = std::from_chars(s.data(), s.data() + s.size(), value);
  if (error != std::errc() || value > max) return std::nullopt;
  s.remove_prefix(static_cast<std::size_t>(end - s.data()));
  return value;
}

// Up to the next '$' (eaten), or all the rest.
std::string_view EatField(std::string_view& s) {
  const auto end = s.find('$');
  const auto field = s.substr(0, end);
  s.remove_prefix(end == std::string_view::npos ? s.size() : end + 1);
  return field;
}

// PHC strings hold standard base64 without padding.
std::optional<std::string> DecodeUnpadded(std::string_view text) {
  std::string padded(text);
  if (padded.find('=') != std::string::npos) return std::nullopt;
  while (padded.size() % 4 != 0) padded.push_back('=');
  return Base64Decode(padded);
}
std::string EncodeUnpadded(std::string_view bytes) {
  std::string out = Base64Encode(bytes);
  while (out.ends_with('=')) out.pop_back();
  return out;
}

struct ArgonHash {
  argon2_type type = Argon2_id;
  std::uint32_t version = ARGON2_VERSION_13;
  std::uint32_t memory_kib = 0;
  std::uint32_t iterations = 0;
  std::uint32_t parallelism = 0;
  std::string salt;
  std::string hash;
};

// $argon2id$v=19$m=…,t=…,p=…$salt$hash; without v= it is version 16 (1.0). Sizes of salt and hash
// as the PHC string format has them.
std::optional<ArgonHash> ParseArgon(std::string_view s) {
  ArgonHash out;
  if (Eat(s, "$argon2id$")) {
    out.type = Argon2_id;
  } else if (Eat(s, "$argon2i$")) {
    out.type = Argon2_i;
  } else {
    return std::nullopt;
  }
  out.version = ARGON2_VERSION_10;
  if (Eat(s, "v=19$")) {
    out.version = ARGON2_VERSION_13;
  } else if (s.starts_with("v=") && !Eat(s, "v=16$")) {
    return std::nullopt;
  }
  if (!Eat(s, "m=")) return std::nullopt;
  const auto memory = EatNumber(s, kMaxMemoryKib);
  if (!memory || !Eat(s, ",t=")) return std::nullopt;
  const auto iterations = EatNumber(s, kMaxIterations);
  if (!iterations || !Eat(s, ",p=")) return std::nullopt;
  const auto parallelism = EatNumber(s, kMaxParallelism);
  if (!parallelism || !Eat(s, "$") || *memory < 8 * *parallelism) return std::nullopt;
  const auto salt = DecodeUnpadded(EatField(s));
  const auto hash = DecodeUnpadded(s);
  if (!salt || salt->size() < 8 || salt->size() > 48) return std::nullopt;
  if (!hash || hash->size() < 12 || hash->size() > 64) return std::nullopt;
  out.memory_kib = *memory;
  out.iterations = *iterations;
  out.parallelism = *parallelism;
  out.salt = *salt;
  out.hash = *hash;
  return out;
}

// Fills in.hash from everything else. Lanes are worked off one after the other, not by threads:
// a worker keeps to its core, and a hash cannot fail for want of a thread.
int RunArgon(std::string_view password, ArgonHash& in) {
  const auto bytes = [](auto& s) {
    return reinterpret_cast<std::uint8_t*>(const_cast<char*>(s.data()));
  };
  argon2_context context{};
  context.out = bytes(in.hash);
  context.outlen = static_cast<std::uint32_t>(in.hash.size());
  context.pwd = bytes(password);
  context.pwdlen = static_cast<std::uint32_t>(password.size());
  context.salt = bytes(in.salt);
  context.saltlen = static_cast<std::uint32_t>(in.salt.size());
  context.t_cost = in.iterations;
  context.m_cost = in.memory_kib;
  context.lanes = in.parallelism;
  context.threads = 1;
  context.version = in.version;
  context.flags = ARGON2_DEFAULT_FLAGS;
  return argon2_ctx(&context, in.type);
}

// $2b$12$ and 53 characters.
std::optional<int> BcryptCost(std::string_view s) {
  if (s.size() != 60 || !(Eat(s, "$2b$") || Eat(s, "$2y$") || Eat(s, "$2a$"))) return std::nullopt;
  int cost = 0;
  const auto [end, error] = std::from_chars(s.data(), s.data() + 2, cost);
  if (error != std::errc() || end != s.data() + 2 || s[2] != '$') return std::nullopt;
  if (cost < kMinBcryptCost || cost > kMaxBcryptCost || !IsCryptText(s.substr(3))) {
    return std::nullopt;
  }
  return cost;
}

// $6$[rounds=N$]salt$ and 86 characters.
bool IsSha512Crypt(std::string_view s) {
  if (!Eat(s, "$6$")) return false;
  if (Eat(s, "rounds=")) {
    const auto rounds = EatNumber(s, kMaxSha512Rounds);
    if (!rounds || *rounds < 1000 || !Eat(s, "$")) return false;
  }
  const auto salt = EatField(s);
  return !salt.empty() && salt.size() <= 16 && IsCryptText(salt) && s.size() == 86 &&
         IsCryptText(s);
}

// $y$ then three characters: flavour 'j' (the only one in use), log2 N - 1 and r - 1; then salt and
// 43 characters. Memory is 128 N r bytes.
bool IsYescrypt(std::string_view s) {
  if (!Eat(s, "$y$j")) return false;
  const auto parameters = EatField(s);
  const auto salt = EatField(s);
  if (parameters.size() != 2 || !IsCryptText(parameters)) return false;
  const auto log2_n = kCryptAlphabet.find(parameters[0]) + 1;
  const auto r = kCryptAlphabet.find(parameters[1]) + 1;
  // Values from 48 on take more characters.
  if (log2_n > 21 || r > 48 || ((128 * r) << log2_n) > std::size_t{kMaxMemoryKib} * 1024) {
    return false;
  }
  return !salt.empty() && salt.size() <= 86 && IsCryptText(salt) && s.size() == 43 &&
         IsCryptText(s);
}

struct WipeCryptData {
  void operator()(crypt_data* data) const {
    Wipe(data, sizeof(*data));
    delete data;
  }
};
// 32 KiB: not for the stack. It holds a copy of the password.
using CryptData = std::unique_ptr<crypt_data, WipeCryptData>;

std::optional<std::string> RunCrypt(std::string_view password, const std::string& setting) {
  // crypt(3) would stop at a NUL, and "abc\0anything" would be as good as "abc".
  if (password.find('\0') != std::string_view::npos) return std::nullopt;
  std::string text(password);
  const CryptData data(new crypt_data{});
  const char* const out = crypt_r(text.c_str(), setting.c_str(), data.get());
  Wipe(text);
  if (out == nullptr || out[0] == '*') return std::nullopt;
  return std::string(out);
}

bool IsCryptHash(std::string_view hash) {
  return BcryptCost(hash).has_value() || IsSha512Crypt(hash) || IsYescrypt(hash);
}

Result<std::string> HashArgon(std::string_view password, const HashPolicy& policy,
                              Entropy& entropy) {
  ArgonHash argon;
  argon.memory_kib = static_cast<std::uint32_t>(policy.memory_kib);
  argon.iterations = static_cast<std::uint32_t>(policy.iterations);
  argon.parallelism = static_cast<std::uint32_t>(policy.parallelism);
  argon.salt = entropy.Bytes(kArgonSaltSize);
  argon.hash.resize(kArgonHashSize);
  if (const int rc = RunArgon(password, argon); rc != ARGON2_OK) {
    return MakeError(ErrorCode::kInternal, std::string("argon2: ") + argon2_error_message(rc));
  }
  std::string out = "$argon2id$v=19$m=" + std::to_string(argon.memory_kib) +
                    ",t=" + std::to_string(argon.iterations) +
                    ",p=" + std::to_string(argon.parallelism) + "$" + EncodeUnpadded(argon.salt) +
                    "$" + EncodeUnpadded(argon.hash);
  Wipe(argon.hash);
  // What we would not verify must not be stored: nobody could sign in with it.
  if (!IsSupportedHash(out)) {
    return MakeError(ErrorCode::kInternal, "argon2: parameters beyond the bounds");
  }
  return out;
}

Result<std::string> HashBcrypt(std::string_view password, const HashPolicy& policy,
                               Entropy& entropy) {
  if (password.size() > kMaxBcryptPassword || password.find('\0') != std::string_view::npos) {
    return MakeError(ErrorCode::kInternal, "bcrypt: password over 72 bytes or with NUL");
  }
  if (policy.bcrypt_cost < kMinBcryptCost || policy.bcrypt_cost > kMaxBcryptCost) {
    return MakeError(ErrorCode::kInternal, "bcrypt: cost beyond the bounds");
  }
  const std::string salt = entropy.Bytes(16);
  char setting[CRYPT_GENSALT_OUTPUT_SIZE];
  if (crypt_gensalt_rn("$2b$", static_cast<unsigned long>(policy.bcrypt_cost), salt.data(),
                       static_cast<int>(salt.size()), setting, sizeof(setting)) == nullptr) {
    return MakeError(ErrorCode::kInternal, "bcrypt: no setting");
  }
  auto hash = RunCrypt(password, setting);
  if (!hash || !BcryptCost(*hash)) return MakeError(ErrorCode::kInternal, "bcrypt: failed");
  return *std::move(hash);
}

}  // namespace

Result<std::string> HashPassword(std::string_view password, const HashPolicy& policy,
                                 Entropy& entropy) {
  return policy.algorithm == HashAlgorithm::kBcrypt ? HashBcrypt(password, policy, entropy)
                                                    : HashArgon(password, policy, entropy);
}

bool VerifyPassword(std::string_view password, const std::string& hash) {
  if (auto stored = ParseArgon(hash)) {
    ArgonHash computed = *stored;
    std::fill(computed.hash.begin(), computed.hash.end(), '\0');
    const bool same = RunArgon(password, computed) == ARGON2_OK &&
                      crypto::ConstantTimeEqual(computed.hash, stored->hash);
    Wipe(computed.hash);
    return same;
  }
  if (!IsCryptHash(hash)) return false;
  // bcrypt itself would ignore what comes after 72 bytes.
  if (hash.starts_with("$2") && password.size() > kMaxBcryptPassword) return false;
  auto computed = RunCrypt(password, hash);
  const bool same = computed && crypto::ConstantTimeEqual(*computed, hash);
  if (computed) Wipe(*computed);
  return same;
}

bool NeedsRehash(std::string_view hash, const HashPolicy& policy) {
  if (policy.algorithm == HashAlgorithm::kBcrypt) {
    return BcryptCost(hash) != policy.bcrypt_cost;
  }
  const auto argon = ParseArgon(hash);
  return !argon || argon->type != Argon2_id || argon->version != ARGON2_VERSION_13 ||
         argon->memory_kib != static_cast<std::uint32_t>(policy.memory_kib) ||
         argon->iterations != static_cast<std::uint32_t>(policy.iterations) ||
         argon->parallelism != static_cast<std::uint32_t>(policy.parallelism);
}

bool IsSupportedHash(std::string_view hash) {
  return ParseArgon(hash).has_value() || IsCryptHash(hash);
}

}  // namespace gatehouse
