// What the rules of a verification cost, one by one.
#include <benchmark/benchmark.h>

#include <cstdio>
#include <cstdlib>
#include <string>
#include <vector>

#include "bench/micro_people.h"
#include "handlers/auth/permission.h"
#include "handlers/auth/proof.h"

namespace gatehouse {
namespace {

using bench::kIssuer;
using bench::Must;

const TimePoint kNow = FromUnixSeconds(1'800'000'000);

KeyRings RingsFor(const std::string& algorithm, Entropy& entropy) {
  KeyRings rings = KeyRings::Generate(entropy);
  if (const auto signature = crypto::ParseSignatureAlgorithm(algorithm)) {
    rings.Rotate(Ring::kJwt, {.kid = KeyRings::NewKid(entropy),
                              .algorithm = algorithm,
                              .state = KeyState::kActive,
                              .created = std::nullopt,
                              .secret = crypto::SignatureKey::Generate(*signature)});
  }
  return rings;
}

struct Signing {
  explicit Signing(const std::string& algorithm)
      : signer(Must(auth::TokenSigner::Make(RingsFor(algorithm, entropy), kIssuer, kIssuer))) {}
  std::string Issue() { return signer.Issue(subject, jti, kNow, kNow + Seconds(3600)); }

  SystemEntropy entropy;
  auth::TokenSigner signer;
  auth::TokenSubject subject = bench::NewSubject(kNow, entropy);
  Uuid jti = Uuid::V7(kNow, entropy);
};

void IssueToken(benchmark::State& state, const char* algorithm) {
  Signing signing(algorithm);
  for (auto _ : state) benchmark::DoNotOptimize(signing.Issue());
}
BENCHMARK_CAPTURE(IssueToken, HS256, "HS256");
BENCHMARK_CAPTURE(IssueToken, EdDSA, "EdDSA");
BENCHMARK_CAPTURE(IssueToken, ES256, "ES256");
BENCHMARK_CAPTURE(IssueToken, RS256, "RS256");

// A token that this worker has not seen before.
void VerifyToken(benchmark::State& state, const char* algorithm) {
  Signing signing(algorithm);
  const std::string token = signing.Issue();
  for (auto _ : state) {
    const auto verdict = signing.signer.Verify(token, kNow);
    if (!std::holds_alternative<auth::TokenClaims>(verdict)) state.SkipWithError("refused");
  }
}
BENCHMARK_CAPTURE(VerifyToken, HS256, "HS256");
BENCHMARK_CAPTURE(VerifyToken, EdDSA, "EdDSA");
BENCHMARK_CAPTURE(VerifyToken, ES256, "ES256");
BENCHMARK_CAPTURE(VerifyToken, RS256, "RS256");

// One that it has; the same for every algorithm.
void VerifyRememberedToken(benchmark::State& state) {
  SystemEntropy entropy;
  const testing::TempDir folder;
  const KeyRings rings = KeyRings::Generate(entropy);
  Must(rings.Create(folder.File("keys.toml")));
  auto tokens = Must(auth::LiveTokens::Open(folder.File("keys.toml"), kIssuer, kIssuer));
  const std::string token = tokens.Issue(bench::NewSubject(kNow, entropy), Uuid::V7(kNow, entropy),
                                         kNow, kNow + Seconds(3600));
  for (auto _ : state) {
    const auto verdict = tokens.Verify(token, kNow);
    if (!std::holds_alternative<auth::TokenClaims>(verdict)) state.SkipWithError("refused");
  }
}
BENCHMARK(VerifyRememberedToken);

// The dearest question to somebody who holds that many permissions, sorted as a proof has them.
void EvaluatePermission(benchmark::State& state) {
  const TextList held = bench::Permissions(static_cast<std::size_t>(state.range(0)));
  const std::string question(held[held.size() / 2]);
  for (auto _ : state) benchmark::DoNotOptimize(auth::Allows(held, question, false));
}
BENCHMARK(EvaluatePermission)->Arg(1)->Arg(100)->Arg(10'000);

void RefusePermission(benchmark::State& state) {
  const TextList held = bench::Permissions(static_cast<std::size_t>(state.range(0)));
  for (auto _ : state) benchmark::DoNotOptimize(auth::Allows(held, "no:such:thing", false));
}
BENCHMARK(RefusePermission)->Arg(1)->Arg(100)->Arg(10'000);

// A proof as memcached hands it over: authenticated and parsed.
void DecodeProof(benchmark::State& state) {
  SystemEntropy entropy;
  const auth::RecordCodec codec("0123456789abcdef");
  auto proof = bench::NewProof(bench::NewSubject(kNow, entropy), kNow);
  proof.permissions = bench::Permissions(static_cast<std::size_t>(state.range(0)));
  const std::string key = codec.SessionKey(proof.tenant_id, proof.session_id);
  const std::string value = codec.EncodeProof(key, proof);
  for (auto _ : state) {
    if (!codec.Decode(key, value)) state.SkipWithError("not decoded");
  }
  state.SetBytesProcessed(static_cast<std::int64_t>(value.size()) * state.iterations());
}
BENCHMARK(DecodeProof)->Arg(1)->Arg(100)->Arg(10'000);

}  // namespace
}  // namespace gatehouse
