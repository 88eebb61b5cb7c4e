#include "fcgi/lib/signature.h"

#include <openssl/bn.h>
#include <openssl/core_names.h>
#include <openssl/ecdsa.h>
#include <openssl/err.h>
#include <openssl/evp.h>
#include <openssl/param_build.h>
#include <openssl/rsa.h>
#include <openssl/x509.h>

#include <algorithm>
#include <array>
#include <climits>
#include <cstdlib>

#include "fcgi/base/codec.h"
#include "fcgi/lib/crypto.h"

namespace gatehouse::crypto {
namespace {

constexpr std::size_t kEdBytes = 32;          // a public key
constexpr std::size_t kEdSignature = 64;      // R || S
constexpr std::size_t kFieldBytes = 32;       // a number of P-256
constexpr std::size_t kMaxDerSignature = 80;  // of two such numbers
constexpr int kMinRsaBits = 2048, kMaxRsaBits = 8192;
constexpr std::size_t kNewRsaBits = 3072;
constexpr std::string_view kProbe = "gatehouse key check";

struct Name {
  SignatureAlgorithm algorithm;
  std::string_view jose, kty, curve, openssl;
};
constexpr std::array kNames = {
    Name{SignatureAlgorithm::kEdDsa, "EdDSA", "OKP", "Ed25519", "ED25519"},
    Name{SignatureAlgorithm::kEs256, "ES256", "EC", "P-256", "EC"},
    Name{SignatureAlgorithm::kRs256, "RS256", "RSA", "", "RSA"},
};
const Name& NameOf(SignatureAlgorithm algorithm) {
  return kNames[static_cast<std::size_t>(algorithm)];
}

template <auto Free>
struct Deleter {
  template <class T>
  void operator()(T* p) const {
    Free(p);
  }
};
using Pkey = std::unique_ptr<EVP_PKEY, Deleter<EVP_PKEY_free>>;
using PkeyContext = std::unique_ptr<EVP_PKEY_CTX, Deleter<EVP_PKEY_CTX_free>>;
using DigestContext = std::unique_ptr<EVP_MD_CTX, Deleter<EVP_MD_CTX_free>>;
using Number = std::unique_ptr<BIGNUM, Deleter<BN_clear_free>>;
using EcdsaPair = std::unique_ptr<ECDSA_SIG, Deleter<ECDSA_SIG_free>>;
using Pkcs8 = std::unique_ptr<PKCS8_PRIV_KEY_INFO, Deleter<PKCS8_PRIV_KEY_INFO_free>>;
using ParamBuild = std::unique_ptr<OSSL_PARAM_BLD, Deleter<OSSL_PARAM_BLD_free>>;
using Params = std::unique_ptr<OSSL_PARAM, Deleter<OSSL_PARAM_free>>;

void Require(bool ok) {
  if (!ok) std::abort();
}
const unsigned char* Bytes(std::string_view s) {
  static constexpr unsigned char kEmpty = 0;
  return s.empty() ? &kEmpty : reinterpret_cast<const unsigned char*>(s.data());
}
unsigned char* Bytes(std::string& s) { return reinterpret_cast<unsigned char*>(s.data()); }

// What OpenSSL refuses leaves notes in a queue of the thread; they are of no use here.
struct ForgetErrors {
  ~ForgetErrors() { ERR_clear_error(); }
};

Number FromBytes(std::string_view big_endian) {
  Number out(BN_bin2bn(Bytes(big_endian), static_cast<int>(big_endian.size()), nullptr));
  Require(out != nullptr);
  return out;
}
std::string ToBytes(const BIGNUM* number) {
  std::string out(static_cast<std::size_t>(BN_num_bytes(number)), '\0');
  BN_bn2bin(number, Bytes(out));
  return out;
}
Number NumberOf(const EVP_PKEY* key, const char* name) {
  BIGNUM* number = nullptr;
  Require(EVP_PKEY_get_bn_param(key, name, &number) == 1);
  return Number(number);
}

bool IsKind(const EVP_PKEY* key, SignatureAlgorithm algorithm) {
  if (EVP_PKEY_is_a(key, NameOf(algorithm).openssl.data()) != 1) return false;
  if (algorithm == SignatureAlgorithm::kEs256) {
    std::array<char, 32> group{};
    std::size_t size = 0;
    return EVP_PKEY_get_group_name(key, group.data(), group.size(), &size) == 1 &&
           std::string_view(group.data(), size) == "prime256v1";
  }
  if (algorithm == SignatureAlgorithm::kRs256) {
    const int bits = EVP_PKEY_get_bits(key);
    const Number e = NumberOf(key, OSSL_PKEY_PARAM_RSA_E);
    // NIST SP 800-56B: odd, over 2^16, under 2^256.
    return bits >= kMinRsaBits && bits <= kMaxRsaBits && BN_is_odd(e.get()) == 1 &&
           BN_num_bits(e.get()) > 16 && BN_num_bits(e.get()) <= 256;
  }
  return true;
}

// The points of order 1, 2, 4 and 8 (y, little-endian, without the sign bit): under such a key a
// signature can be made without its private part.
constexpr std::array<std::string_view, 5> kSmallOrder = {
    "0000000000000000000000000000000000000000000000000000000000000000",
    "0100000000000000000000000000000000000000000000000000000000000000",
    "26e8958fc2b227b045c3f489f2ef98f0d5dfac05d3c63339b13802886d53fc05",
    "c7176a703d4dd84fba3c0b760d10670f2a2053fa2c39ccc64ec7fd7792ac037a",
    "ecffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f",
};

// RFC 8032 section 5.1.3: y below p = 2^255 - 19.
bool IsCanonicalY(std::string_view y) {
  const auto byte = [&](std::size_t i) { return static_cast<unsigned char>(y[i]); };
  if (byte(31) != 0x7f) return true;
  for (std::size_t i = 30; i > 0; --i) {
    if (byte(i) != 0xff) return true;
  }
  return byte(0) < 0xed;
}

Pkey EdFromPoint(std::string_view point) {
  if (point.size() != kEdBytes) return nullptr;
  std::string y(point);
  y.back() = static_cast<char>(static_cast<unsigned char>(y.back()) & 0x7fU);
  const auto hex = HexEncode(y);
  if (!IsCanonicalY(y) ||
      std::find(kSmallOrder.begin(), kSmallOrder.end(), hex) != kSmallOrder.end()) {
    return nullptr;
  }
  return Pkey(
      EVP_PKEY_new_raw_public_key_ex(nullptr, "ED25519", nullptr, Bytes(point), point.size()));
}

Pkey FromParams(const char* type, OSSL_PARAM_BLD* build) {
  const Params params(OSSL_PARAM_BLD_to_param(build));
  const PkeyContext ctx(EVP_PKEY_CTX_new_from_name(nullptr, type, nullptr));
  Require(params != nullptr && ctx != nullptr && EVP_PKEY_fromdata_init(ctx.get()) == 1);
  EVP_PKEY* key = nullptr;
  if (EVP_PKEY_fromdata(ctx.get(), &key, EVP_PKEY_PUBLIC_KEY, params.get()) != 1) return nullptr;
  return Pkey(key);
}

Pkey EcFromPoint(std::string_view x, std::string_view y) {
  if (x.size() != kFieldBytes || y.size() != kFieldBytes) return nullptr;
  const std::string point = "\x04" + std::string(x) + std::string(y);
  const ParamBuild build(OSSL_PARAM_BLD_new());
  Require(build != nullptr &&
          OSSL_PARAM_BLD_push_utf8_string(build.get(), OSSL_PKEY_PARAM_GROUP_NAME, "prime256v1",
                                          0) == 1 &&
          OSSL_PARAM_BLD_push_octet_string(build.get(), OSSL_PKEY_PARAM_PUB_KEY, point.data(),
                                           point.size()) == 1);
  Pkey key = FromParams("EC", build.get());
  if (key == nullptr) return nullptr;
  const PkeyContext check(EVP_PKEY_CTX_new_from_pkey(nullptr, key.get(), nullptr));
  Require(check != nullptr);
  return EVP_PKEY_public_check(check.get()) == 1 ? std::move(key) : nullptr;
}

Pkey RsaFromNumbers(std::string_view n, std::string_view e) {
  // RFC 7518 section 2: as few bytes as the number needs.
  const auto shortest = [](std::string_view s) { return !s.empty() && s.front() != '\0'; };
  if (!shortest(n) || !shortest(e) || n.size() > kMaxRsaBits / 8 || e.size() > 32) return nullptr;
  const Number modulus = FromBytes(n), exponent = FromBytes(e);
  const ParamBuild build(OSSL_PARAM_BLD_new());
  Require(build != nullptr &&
          OSSL_PARAM_BLD_push_BN(build.get(), OSSL_PKEY_PARAM_RSA_N, modulus.get()) == 1 &&
          OSSL_PARAM_BLD_push_BN(build.get(), OSSL_PKEY_PARAM_RSA_E, exponent.get()) == 1);
  return FromParams("RSA", build.get());
}

// The bytes of a member, which must be a base64url string.
std::string MemberBytes(const json::Value& jwk, std::string_view name) {
  const auto* member = jwk.Find(name);
  const auto* text = member == nullptr ? nullptr : member->string();
  if (text == nullptr) return {};
  return Base64UrlDecode(*text).value_or("");
}
bool MemberIs(const json::Value& jwk, std::string_view name, std::string_view wanted) {
  const auto* member = jwk.Find(name);
  return member != nullptr && member->string() != nullptr && *member->string() == wanted;
}

}  // namespace

std::string_view ToString(SignatureAlgorithm algorithm) { return NameOf(algorithm).jose; }

std::optional<SignatureAlgorithm> ParseSignatureAlgorithm(std::string_view name) {
  for (const auto& row : kNames) {
    if (row.jose == name) return row.algorithm;
  }
  return std::nullopt;
}

struct SignatureKey::Impl {
  Impl(SignatureAlgorithm a, Pkey k, bool is_private) : algorithm(a), key(std::move(k)) {
    size = static_cast<std::size_t>(EVP_PKEY_get_size(key.get()));
    if (algorithm == SignatureAlgorithm::kEdDsa) {
      digest.reset(EVP_MD_CTX_new());
      Require(digest != nullptr);
      return;
    }
    verifier = NewContext(EVP_PKEY_verify_init);
    if (is_private) signer = NewContext(EVP_PKEY_sign_init);
  }

  // Documented to serve any number of operations with the parameters that it was given once.
  PkeyContext NewContext(int (*init)(EVP_PKEY_CTX*)) const {
    PkeyContext ctx(EVP_PKEY_CTX_new_from_pkey(nullptr, key.get(), nullptr));
    Require(ctx != nullptr && init(ctx.get()) == 1);
    if (algorithm == SignatureAlgorithm::kRs256) {
      Require(EVP_PKEY_CTX_set_rsa_padding(ctx.get(), RSA_PKCS1_PADDING) == 1);
    }
    Require(EVP_PKEY_CTX_set_signature_md(ctx.get(), EVP_sha256()) == 1);
    return ctx;
  }

  // Empty where OpenSSL cannot: a key of a broken file.
  std::string SignEd(std::string_view message) const {
    std::string out(kEdSignature, '\0');
    std::size_t length = out.size();
    const bool done =
        EVP_DigestSignInit_ex(digest.get(), nullptr, nullptr, nullptr, nullptr, key.get(),
                              nullptr) == 1 &&
        EVP_DigestSign(digest.get(), Bytes(out), &length, Bytes(message), message.size()) == 1 &&
        length == kEdSignature;
    return done ? out : std::string();
  }
  bool VerifyEd(std::string_view message, std::string_view signature) const {
    Require(EVP_DigestVerifyInit_ex(digest.get(), nullptr, nullptr, nullptr, nullptr, key.get(),
                                    nullptr) == 1);
    return EVP_DigestVerify(digest.get(), Bytes(signature), signature.size(), Bytes(message),
                            message.size()) == 1;
  }

  std::string SignDigest(std::string_view message) const {
    const Digest hash = Sha256(message);
    std::string out(size, '\0');
    std::size_t length = out.size();
    const bool done =
        EVP_PKEY_sign(signer.get(), Bytes(out), &length, hash.data(), hash.size()) == 1;
    out.resize(done ? length : 0);
    return out;
  }
  bool VerifyDigest(std::string_view message, std::string_view signature) const {
    const Digest hash = Sha256(message);
    return EVP_PKEY_verify(verifier.get(), Bytes(signature), signature.size(), hash.data(),
                           hash.size()) == 1;
  }

  std::string TrySign(std::string_view message) const {
    if (algorithm == SignatureAlgorithm::kEdDsa) return SignEd(message);
    std::string out = SignDigest(message);
    const bool der = algorithm == SignatureAlgorithm::kEs256 && !out.empty();
    return der ? RawFromDer(out) : out;
  }

  // OpenSSL speaks DER, JOSE the two numbers side by side (RFC 7518 section 3.4).
  static std::string RawFromDer(std::string_view der) {
    const unsigned char* at = Bytes(der);
    const EcdsaPair pair(d2i_ECDSA_SIG(nullptr, &at, static_cast<long>(der.size())));
    Require(pair != nullptr);
    std::string out(2 * kFieldBytes, '\0');
    Require(BN_bn2binpad(ECDSA_SIG_get0_r(pair.get()), Bytes(out), kFieldBytes) == kFieldBytes &&
            BN_bn2binpad(ECDSA_SIG_get0_s(pair.get()), Bytes(out) + kFieldBytes, kFieldBytes) ==
                kFieldBytes);
    return out;
  }
  static std::string DerFromRaw(std::string_view raw) {
    Number r = FromBytes(raw.substr(0, kFieldBytes)), s = FromBytes(raw.substr(kFieldBytes));
    const EcdsaPair pair(ECDSA_SIG_new());
    Require(pair != nullptr && ECDSA_SIG_set0(pair.get(), r.release(), s.release()) == 1);
    std::string out(kMaxDerSignature, '\0');
    unsigned char* at = Bytes(out);
    const int length = i2d_ECDSA_SIG(pair.get(), &at);
    Require(length > 0 && static_cast<std::size_t>(length) <= out.size());
    out.resize(static_cast<std::size_t>(length));
    return out;
  }

  SignatureAlgorithm algorithm;
  Pkey key;
  std::size_t size = 0;  // the longest signature, as OpenSSL spells it
  DigestContext digest;
  PkeyContext signer, verifier;
};

SignatureKey::SignatureKey(std::unique_ptr<Impl> impl) : impl_(std::move(impl)) {}
SignatureKey::SignatureKey(SignatureKey&&) noexcept = default;
SignatureKey& SignatureKey::operator=(SignatureKey&&) noexcept = default;
SignatureKey::~SignatureKey() = default;

Secret SignatureKey::Generate(SignatureAlgorithm algorithm) {
  Pkey key;
  switch (algorithm) {
    case SignatureAlgorithm::kEdDsa:
      key.reset(EVP_PKEY_Q_keygen(nullptr, nullptr, "ED25519"));
      break;
    case SignatureAlgorithm::kEs256:
      key.reset(EVP_PKEY_Q_keygen(nullptr, nullptr, "EC", "P-256"));
      break;
    case SignatureAlgorithm::kRs256:
      key.reset(EVP_PKEY_Q_keygen(nullptr, nullptr, "RSA", kNewRsaBits));
      break;
  }
  Require(key != nullptr);
  const Pkcs8 info(EVP_PKEY2PKCS8(key.get()));
  Require(info != nullptr);
  const int length = i2d_PKCS8_PRIV_KEY_INFO(info.get(), nullptr);
  Require(length > 0);
  std::string der(static_cast<std::size_t>(length), '\0');
  unsigned char* at = Bytes(der);
  Require(i2d_PKCS8_PRIV_KEY_INFO(info.get(), &at) == length);
  return Secret(std::move(der));
}

std::optional<SignatureKey> SignatureKey::FromPkcs8(SignatureAlgorithm algorithm,
                                                    std::string_view der) {
  const ForgetErrors at_the_end;
  if (der.size() > LONG_MAX) return std::nullopt;
  const unsigned char* at = Bytes(der);
  const Pkcs8 info(d2i_PKCS8_PRIV_KEY_INFO(nullptr, &at, static_cast<long>(der.size())));
  if (info == nullptr || at != Bytes(der) + der.size()) return std::nullopt;
  Pkey key(EVP_PKCS82PKEY(info.get()));
  if (key == nullptr || !IsKind(key.get(), algorithm)) return std::nullopt;
  SignatureKey out(std::make_unique<Impl>(algorithm, std::move(key), true));
  // A file may hold a public part that is not the private one's; tokens would all be refused.
  if (!out.Verify(kProbe, out.impl_->TrySign(kProbe))) return std::nullopt;
  return out;
}

std::optional<SignatureKey> SignatureKey::FromJwk(SignatureAlgorithm algorithm,
                                                  const json::Value& jwk) {
  const ForgetErrors at_the_end;
  const Name& name = NameOf(algorithm);
  if (!MemberIs(jwk, "kty", name.kty)) return std::nullopt;
  if (!name.curve.empty() && !MemberIs(jwk, "crv", name.curve)) return std::nullopt;
  Pkey key;
  switch (algorithm) {
    case SignatureAlgorithm::kEdDsa:
      key = EdFromPoint(MemberBytes(jwk, "x"));
      break;
    case SignatureAlgorithm::kEs256:
      key = EcFromPoint(MemberBytes(jwk, "x"), MemberBytes(jwk, "y"));
      break;
    case SignatureAlgorithm::kRs256:
      key = RsaFromNumbers(MemberBytes(jwk, "n"), MemberBytes(jwk, "e"));
      break;
  }
  if (key == nullptr || !IsKind(key.get(), algorithm)) return std::nullopt;
  return SignatureKey(std::make_unique<Impl>(algorithm, std::move(key), false));
}

SignatureAlgorithm SignatureKey::algorithm() const { return impl_->algorithm; }

std::string SignatureKey::Sign(std::string_view message) const {
  std::string out = impl_->TrySign(message);
  Require(!out.empty());
  return out;
}

bool SignatureKey::Verify(std::string_view message, std::string_view signature) const {
  const ForgetErrors at_the_end;
  switch (impl_->algorithm) {
    case SignatureAlgorithm::kEdDsa:
      return signature.size() == kEdSignature && impl_->VerifyEd(message, signature);
    case SignatureAlgorithm::kEs256:
      return signature.size() == 2 * kFieldBytes &&
             impl_->VerifyDigest(message, Impl::DerFromRaw(signature));
    case SignatureAlgorithm::kRs256:
      return signature.size() == impl_->size && impl_->VerifyDigest(message, signature);
  }
  return false;
}

std::vector<std::pair<std::string, std::string>> SignatureKey::PublicJwk() const {
  const EVP_PKEY* const key = impl_->key.get();
  const Name& name = NameOf(impl_->algorithm);
  const auto padded = [&](const char* parameter) {
    std::string out(kFieldBytes, '\0');
    Require(BN_bn2binpad(NumberOf(key, parameter).get(), Bytes(out), kFieldBytes) == kFieldBytes);
    return Base64UrlEncode(out);
  };
  const std::string kty(name.kty), curve(name.curve);
  switch (impl_->algorithm) {
    case SignatureAlgorithm::kEdDsa: {
      std::string x(kEdBytes, '\0');
      std::size_t length = x.size();
      Require(EVP_PKEY_get_raw_public_key(key, Bytes(x), &length) == 1 && length == kEdBytes);
      return {{"crv", curve}, {"kty", kty}, {"x", Base64UrlEncode(x)}};
    }
    case SignatureAlgorithm::kEs256:
      return {{"crv", curve},
              {"kty", kty},
              {"x", padded(OSSL_PKEY_PARAM_EC_PUB_X)},
              {"y", padded(OSSL_PKEY_PARAM_EC_PUB_Y)}};
    case SignatureAlgorithm::kRs256:
      return {{"e", Base64UrlEncode(ToBytes(NumberOf(key, OSSL_PKEY_PARAM_RSA_E).get()))},
              {"kty", kty},
              {"n", Base64UrlEncode(ToBytes(NumberOf(key, OSSL_PKEY_PARAM_RSA_N).get()))}};
  }
  std::abort();
}

}  // namespace gatehouse::crypto
