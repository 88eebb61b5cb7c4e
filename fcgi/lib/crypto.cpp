#include "fcgi/lib/crypto.h"

#include <openssl/core_names.h>
#include <openssl/crypto.h>
#include <openssl/evp.h>
#include <openssl/params.h>

#include <climits>
#include <cstdlib>
#include <cstring>

#include "fcgi/base/secret.h"

namespace gatehouse::crypto {
namespace {

constexpr std::size_t kKeySize = 32;
constexpr std::size_t kNonceSize = 12;
constexpr std::size_t kTagSize = 16;

void Require(bool ok) {
  if (!ok) std::abort();
}

const unsigned char* Bytes(std::string_view s) {
  // OpenSSL takes a null pointer for "no key" or "no output", even where the length is 0.
  static constexpr unsigned char kEmpty = 0;
  return s.empty() ? &kEmpty : reinterpret_cast<const unsigned char*>(s.data());
}
unsigned char* Bytes(std::string& s) { return reinterpret_cast<unsigned char*>(s.data()); }

int Size(std::string_view s) {
  Require(s.size() <= INT_MAX);
  return static_cast<int>(s.size());
}

// Fetching an algorithm by name takes a lock and a look-up; once a process is enough.
const EVP_MD* Sha256Method() {
  static const EVP_MD* const md = EVP_MD_fetch(nullptr, "SHA256", nullptr);
  Require(md != nullptr);
  return md;
}
EVP_MAC* HmacMethod() {
  static EVP_MAC* const mac = EVP_MAC_fetch(nullptr, "HMAC", nullptr);
  Require(mac != nullptr);
  return mac;
}
const EVP_CIPHER* AesGcmMethod() {
  static const EVP_CIPHER* const cipher = EVP_CIPHER_fetch(nullptr, "AES-256-GCM", nullptr);
  Require(cipher != nullptr);
  return cipher;
}

struct FreeMac {
  void operator()(EVP_MAC_CTX* ctx) const { EVP_MAC_CTX_free(ctx); }
};
struct FreeCipher {
  void operator()(EVP_CIPHER_CTX* ctx) const { EVP_CIPHER_CTX_free(ctx); }
};
using CipherContext = std::unique_ptr<EVP_CIPHER_CTX, FreeCipher>;

}  // namespace

Digest Sha256(std::string_view data) {
  Digest out;
  Require(EVP_Digest(Bytes(data), data.size(), out.data(), nullptr, Sha256Method(), nullptr) == 1);
  return out;
}

bool ConstantTimeEqual(std::string_view a, std::string_view b) {
  return a.size() == b.size() && CRYPTO_memcmp(Bytes(a), Bytes(b), a.size()) == 0;
}

struct HmacSha256::Impl {
  std::unique_ptr<EVP_MAC_CTX, FreeMac> ctx;
};

HmacSha256::HmacSha256(std::string_view key) : impl_(std::make_unique<Impl>()) {
  impl_->ctx.reset(EVP_MAC_CTX_new(HmacMethod()));
  Require(impl_->ctx != nullptr);
  char digest[] = "SHA256";
  const OSSL_PARAM params[] = {OSSL_PARAM_construct_utf8_string(OSSL_MAC_PARAM_DIGEST, digest, 0),
                               OSSL_PARAM_construct_end()};
  Require(EVP_MAC_init(impl_->ctx.get(), Bytes(key), key.size(), params) == 1);
}

HmacSha256::HmacSha256(HmacSha256&&) noexcept = default;
HmacSha256& HmacSha256::operator=(HmacSha256&&) noexcept = default;
HmacSha256::~HmacSha256() = default;

Digest HmacSha256::Mac(std::initializer_list<std::string_view> parts) const {
  EVP_MAC_CTX* const ctx = impl_->ctx.get();
  // Without a key: starts over from the key schedule that the context holds.
  Require(EVP_MAC_init(ctx, nullptr, 0, nullptr) == 1);
  for (const auto part : parts) Require(EVP_MAC_update(ctx, Bytes(part), part.size()) == 1);
  Digest out;
  std::size_t size = 0;
  Require(EVP_MAC_final(ctx, out.data(), &size, out.size()) == 1 && size == out.size());
  return out;
}

Sha1Digest HmacSha1(std::string_view key, std::string_view data) {
  Sha1Digest out;
  std::size_t size = 0;
  Require(EVP_Q_mac(nullptr, "HMAC", nullptr, "SHA1", nullptr, Bytes(key), key.size(), Bytes(data),
                    data.size(), out.data(), out.size(), &size) != nullptr &&
          size == out.size());
  return out;
}

std::string LengthPrefixed(std::initializer_list<std::string_view> fields) {
  std::size_t total = 0;
  for (const auto field : fields) total += 4 + field.size();
  std::string out;
  out.reserve(total);
  for (const auto field : fields) {
    Require(field.size() <= UINT32_MAX);
    const auto size = static_cast<std::uint32_t>(field.size());
    for (const unsigned shift : {24U, 16U, 8U, 0U}) out.push_back(static_cast<char>(size >> shift));
    out.append(field);
  }
  return out;
}

std::string Seal(std::string_view key, std::string_view nonce12, std::string_view plaintext,
                 std::string_view aad) {
  Require(key.size() == kKeySize && nonce12.size() == kNonceSize);
  const CipherContext ctx(EVP_CIPHER_CTX_new());
  Require(ctx != nullptr);
  std::string box(nonce12);
  box.resize(kNonceSize + plaintext.size() + kTagSize);
  unsigned char* const text = Bytes(box) + kNonceSize;
  int n = 0;
  Require(EVP_EncryptInit_ex2(ctx.get(), AesGcmMethod(), Bytes(key), Bytes(nonce12), nullptr) == 1);
  Require(EVP_EncryptUpdate(ctx.get(), nullptr, &n, Bytes(aad), Size(aad)) == 1);
  Require(EVP_EncryptUpdate(ctx.get(), text, &n, Bytes(plaintext), Size(plaintext)) == 1);
  Require(EVP_EncryptFinal_ex(ctx.get(), text + n, &n) == 1);
  Require(EVP_CIPHER_CTX_ctrl(ctx.get(), EVP_CTRL_AEAD_GET_TAG, kTagSize,
                              text + plaintext.size()) == 1);
  return box;
}

std::optional<std::string> Open(std::string_view key, std::string_view box, std::string_view aad) {
  Require(key.size() == kKeySize);
  if (box.size() < kNonceSize + kTagSize || box.size() > INT_MAX) return std::nullopt;
  const auto nonce = box.substr(0, kNonceSize);
  const auto text = box.substr(kNonceSize, box.size() - kNonceSize - kTagSize);
  std::string tag(box.substr(box.size() - kTagSize));
  const CipherContext ctx(EVP_CIPHER_CTX_new());
  Require(ctx != nullptr);
  std::string out(text.size(), '\0');
  int n = 0;
  Require(EVP_DecryptInit_ex2(ctx.get(), AesGcmMethod(), Bytes(key), Bytes(nonce), nullptr) == 1);
  Require(EVP_DecryptUpdate(ctx.get(), nullptr, &n, Bytes(aad), Size(aad)) == 1);
  Require(EVP_DecryptUpdate(ctx.get(), Bytes(out), &n, Bytes(text), Size(text)) == 1);
  Require(EVP_CIPHER_CTX_ctrl(ctx.get(), EVP_CTRL_AEAD_SET_TAG, kTagSize, tag.data()) == 1);
  if (EVP_DecryptFinal_ex(ctx.get(), Bytes(out) + n, &n) != 1) {
    Wipe(out);
    return std::nullopt;
  }
  return out;
}

}  // namespace gatehouse::crypto
