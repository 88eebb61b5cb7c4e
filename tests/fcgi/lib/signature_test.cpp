// Published vectors: RFC 7515 appendix A, RFC 7638 section 3.1, RFC 8037 appendix A.
#include "fcgi/lib/signature.h"

#include <gtest/gtest.h>

#include "fcgi/base/codec.h"
#include "fcgi/lib/crypto.h"

namespace gatehouse::crypto {
namespace {

constexpr std::string_view kPayload =
    "eyJpc3MiOiJqb2UiLA0KICJleHAiOjEzMDA4MTkzODAsDQogImh0dHA6Ly9leGFt"
    "cGxlLmNvbS9pc19yb290Ijp0cnVlfQ";

// RFC 7515 A.2.1: the private key, as PKCS#8; its modulus.
constexpr std::string_view kRsaPrivate =
    "MIIEvQIBADANBgkqhkiG9w0BAQEFAASCBKcwggSjAgEAAoIBAQCh-BYK4uPJtGXOjS1lYmM2K5J9vinh8CR3_BYl"
    "zJChNuOL2TSXxbbqY913EeZ8dCn5VrD7io8ImtxLaYk8wTM_U-3QGbh3hCUv7JFP5IV3aVlL6kKA0ywPVb9ilE8T"
    "A5a8bpvfbr3SvaNnjuygxmj3AbONv_s4yDQs4v5tJ_reSlpIdJed1LnPmt7Ex1sFhSwsD174pcF1A5L5ROjtZMEQ"
    "xrZHYJqkeDrrnGya11UxMFBji4NmXG9veoKjlnAqH2QbgtPr8jkiGUkftoaHLFcW9Qr4NY2ai50Xw0Byj3-H2JoY"
    "2PyrZ62EWQwuz3WTOTY8BwNNb2BvniHgVFbK5emhAgMBAAECggEAEq5xpGnNCivDflJsRQBXHx1hdR1k6Ulwe2JZ"
    "D50LpXyWPEAeP88vLNO97IjlA7_GQ5sLKMgvfTeXZx9SE-7YwVol2NXOoAJe46sui395IW_GO-pWJ1O0BkTGoVEn"
    "2bKVRUCgu-GjBVaYLU6f3l9kJfFNS3E0QbVdxzubSu3Mkqzjkn439X0M_V51gfpRLI9JYanrC4D4qAdGcopV_0ZH"
    "HzQlBjudU2QvXt4ehNYTCBr6XCLQUShb1juUO1ZdiYoFaFQT5Tw8bGUl_x_jTj3ccPDVZFD9pIuhLhBOneufuBiB"
    "4cS98l2SR_RQyGWSeWjnczT0QU91p1DhOVRuOopznQKBgQDgHMQQ60imZV1URk0KpLttoLhyt3SmqdEf_kgHePDd"
    "tzEafpAu-cS191R2JiuoF2yzWXnwFDcqGigp5BNr0AHQfD8_Lk8l1Mk09jxxCfui5nYooNyac8YFjm3vItzVCVDn"
    "Ed3BbVWG8qf6deqElMGAg-C2V0L4oNXnP7LZcPAZRwKBgQC5A8R-CZW2MvRTLLHzwZkUXV866cff7tx6kqa0finG"
    "G0KgeqlaZPxgCZnFp7AeAcCMtiynVlJ7vMVgePsLq6XtON4tB5kP9jAPrq3rbAOal78eUH5OcED6eNuCV8ixEu1e"
    "WcPNCS_l1OW1EnXUEoEHKl54Xrrz2uNwkgMTP1FZ1wKBgAcCn1dwJKufzBWQxWQp1vsM5fggqPN1qGb5y0MAk3g7"
    "_Ls5bkUp5u9SN0Ai3Ya6hNnvWJMb7sXQX6U_zyO2M_hTip7tUeh7CXgwo59dkpN75gJLVds29-DAncu3KXU4f2Fa"
    "-7bLNrur53k8KwPOq2bbuTG69QtV7Jr5MR0AHWKNAoGBAIf_evpitUf-4JYbLpvNXWcY052Mpz22aR84mY3nh3F2"
    "LF2mjMJDpTg7FmuyPcVw6EcGyoAe9fa65iNqCq-jdw6PVNGo2hxfjSiZ8IIzHdsPXI89__pMjZcQK9r-CCoRjaZj"
    "OYiIDktVWZzmevJuv6WywUqd57LE3Zar3dLSIkx1AoGAIYd7DHOhrWvxkwPQsRM2tOgrjbcrfvtQJipd-DlcxyVu"
    "uM9sQLdgjVk2oy26F0EmpScGLq2MowX7fhd_QJQ3ydy5cY7YIBi87w93IKLEdfnbJtoOPLUW0ITrJReOgo1cq9Sb"
    "sxYawBgfp_gh6A5603k2-ZQwVK0JKSHuLFkuQ3U";
constexpr std::string_view kRsaModulus =
    "ofgWCuLjybRlzo0tZWJjNiuSfb4p4fAkd_wWJcyQoTbji9k0l8W26mPddxHmfHQp-Vaw-4qPCJrcS2mJPMEzP1Pt"
    "0Bm4d4QlL-yRT-SFd2lZS-pCgNMsD1W_YpRPEwOWvG6b32690r2jZ47soMZo9wGzjb_7OMg0LOL-bSf63kpaSHSX"
    "ndS5z5rexMdbBYUsLA9e-KXBdQOS-UTo7WTBEMa2R2CapHg665xsmtdVMTBQY4uDZlxvb3qCo5ZwKh9kG4LT6_I5"
    "IhlJH7aGhyxXFvUK-DWNmoudF8NAco9_h9iaGNj8q2ethFkMLs91kzk2PAcDTW9gb54h4FRWyuXpoQ";
constexpr std::string_view kRsaSignature =
    "cC4hiUPoj9Eetdgtv3hF80EGrhuB__dzERat0XF9g2VtQgr9PJbu3XOiZj5RZmh7AAuHIm4Bh-0Qc_lF5YKt_O8W"
    "2Fp5jujGbds9uJdbF9CUAr7t1dnZcAcQjbKBYNX4BAynRFdiuB--f_nZLgrnbyTyWzO75vRK5h6xBArLIARNPvkS"
    "jtQBMHlb1L07Qe7K0GarZRmB_eSN9383LcOLn6_dO--xi12jzDwusC-eOkHWEsqtFZESc6BfI7noOPqvhJ1phCnv"
    "Wh6IeYI2w9QOYEUipUTI8np6LbgGY9Fs98rqVt5AXLIhWkWywlVmtVrBp0igcN_IoypGlUPQGe77Rw";

// RFC 7515 A.3.1.
constexpr std::string_view kEcPrivate =
    "MIGHAgEAMBMGByqGSM49AgEGCCqGSM49AwEHBG0wawIBAQQgjpsQnnGQmL-YBIffH1136cspYG6-0iY7X1fCE9-E"
    "9LKhRANCAAR_zc4ncPbEXUGDy-5v20t7WAczNXvp7xO6z248e9FURcfxRM0bvZt-hyzf7bnuufSzaV1uqQskrYpG"
    "IyiFiOWt";
constexpr std::string_view kEcX = "f83OJ3D2xF1Bg8vub9tLe1gHMzV76e8Tus9uPHvRVEU";
constexpr std::string_view kEcY = "x_FEzRu9m36HLN_tue659LNpXW6pCyStikYjKIWI5a0";
constexpr std::string_view kEcSignature =
    "DtEhU3ljbEg8L38VWAfUAqOyKAM6-Xx-F4GawxaepmXFCgfTjDxw5djxLa8ISlSApmWQxfKTUJqPP3-Kg6NU1Q";

// RFC 8037 A.1, A.2 and A.4.
constexpr std::string_view kEdSeed = "nWGxne_9WmC6hEr0kuwsxERJxWl7MmkZcDusAxyuf2A";
constexpr std::string_view kEdX = "11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo";
constexpr std::string_view kEdMessage = "eyJhbGciOiJFZERTQSJ9.RXhhbXBsZSBvZiBFZDI1NTE5IHNpZ25pbmc";
constexpr std::string_view kEdSignature =
    "hgyY0il_MGCjP0JzlnLWG1PPOt7-09PGcvMg3AIbQR6dWbhijcNR4ki4iylGjg5BhVsPt9g7sVvpAr_MuM0KAg";

// RFC 7638 section 3.1.
constexpr std::string_view kThumbprintModulus =
    "0vx7agoebGcQSuuPiLJXZptN9nndrQmbXEps2aiAFbWhM78LhWx4cbbfAAtVT86zwu1RK7aPFFxuhDR1L6tSoc_B"
    "JECPebWKRXjBZCiFV4n3oknjhMstn64tZ_2W-5JsGY4Hc5n9yBXArwl93lqt7_RN5w6Cf0h4QyQ5v-65YGjQR0_F"
    "DW2QvzqY368QQMicAtaSqzs8KJZgnYb9c7d0zgdAZHzu6qMQvRL5hajrn1n91CbOpbISD08qNLyrdkt-bFTWhAI4"
    "vMQFh6WeZu0fM4lFd2NcRwr3XPksINHaQ-G_xBniIqbw0Ls1jF44-csFCur-kEgU8awapJzKnqDKgw";

// Keys of other kinds.
constexpr std::string_view kRsa1024 =
    "MIICdwIBADANBgkqhkiG9w0BAQEFAASCAmEwggJdAgEAAoGBAMfdisv1ck-6QlXTBmHkax-L4iw--Yk9mpvOxsqY"
    "XiMmS0XksH2JgwFiQ3ksMAva5b1YgtWo4dedMdeo_5pG8HI5k7CKpAsfoQSYOVQFqQt6UGXMDc2D2w0pe5On7sb5"
    "BV61nyT7VYCuTkNXAwVkdEiujWbpbNoTQnBqYVi3MgIhAgMBAAECgYEAlG7UReVjoBKUcWjntIwPgr5AmtuqN2Kp"
    "EE3hFVVTlIc8IAxXhuQ5hy2TLsrCZAuN07GIeWWTVK5J9gBs1AcbSmk8e8ILCQvuBY7NsmkQuZTI0USeFONsY079"
    "l_zeejtHptecil73jNLfVMHuyefJe8Dme7_YSj-6h-RSDzapWoECQQDu4sJmyNrYCk1PhM_n4h4U9ePsaffWKwjp"
    "pdbG3-uQbbCDkJafSyg3rSLJV4OUTLxaGH7TnMCsbPNc08UFuHoDAkEA1i8i_0wRBX1gnvJyqR8bpvthUaxz4dtn"
    "vrx0XdN9hjSI1aL-0IBE4nPPwf7tPqHkIh6_02SqBbGZKrPZU-7sCwJAV28RvjMXvmkO4OL4gaPGZN-W26nxdybr"
    "LTFwyfudKZCsQYtDRexpPO-WwuDQHRB1A_jhOqyt7K436Krt-ukJZwJANt9AohNE0Rk75bzLb1SO6wq_9gKudZCW"
    "VaFGVrtWD0nqPIFTsusJutJcyaCb-03SeoNSNcA2ZtsHGI-XAA_X3QJBAM-sXKVolozpkABcPiDbjlIRHeT4E7Xh"
    "ct5fz68SRIWMvRk9xbiFgkIksu376Mh8gld6arYo8ktVrZF1cfllNy0";
constexpr std::string_view kRsaExponent3 =
    "MIIEvQIBADANBgkqhkiG9w0BAQEFAASCBKcwggSjAgEAAoIBAQCzbudX_QAtfn9JuCvh4_ucZIz6oid9gcOQYByJ"
    "lRCtEM2MBc0myaixYpxlsZw8ZMRqs3shKjWgI20KLtTEZlXuR0oOuQ-3dY0AHrqH7sD1NMXzC6bJeoMjMjZKXImR"
    "0wLYPdmyvPBSDGUg-1iRsCwUPLcj_Nhwl6qHj_DfKibFShgRuK98slzupF5sNs54EfkYA_9RP_3hKIjhRSO1JT2p"
    "WU8UtJfjdLqj7yOa61yKHOk1pgK-zyXxKuBKU4jUMUmluC9-GWOGkSq_zN1HVL0CcBZPFmKqsbdQEHUBf8RaPxBm"
    "yT8QlpS0PrsJVYimX8lskobrYtnei_ZSCI4gZrxZAgEDAoIBAHefROVTVXOpqjElcpaX_RLts1HBb6kBLQrqvbEO"
    "Cx4LM7KuiMSGcHZBvZkhEtLt2EciUhYcI8AXngbJ4y2Zjp7aMV8mCnpOXgAUfFqfK04jLqIHxIZRrMIheYboW7aM"
    "rJApO8x99YwIQ2tSOwvKyA19z21TOvW6ca-1Sz9xby4wR4JKjjtuogP7tKUXeyCVp6Z9kqwArzUmE9Y8sqSTCiH9"
    "xpu8fH3c5hHscgJLCkfmX4SygM7tZUFAeC6Y2QO5GdxPNufBo99HtszIEo98GAIqbwR41P9hAkAEMAoflYfaa28z"
    "MgF6vEev4u2U3q7nMnDUEr556dbXQFBP4XEmniMCgYEA3DVCHauEr5PyMEIu7Mlrl1wWkJx__KxdLmkf-wjeAPwI"
    "dVgZzre8uqG_uClm8q8vewp79VayXkatNpkp4zumTWxjQsIwt3_L8EdRNfhtFNsCJ1hu60wVHbuPnlyyJRX6Diib"
    "erNhEpnVMG1Pns890_osZNVXl0QPXI15r-AZ7U8CgYEA0JkGvHgHulS4nzJkqP3F5kIxErK--mUSPLbKHLVqrXpU"
    "L9MADm7spudMwG4T2m8T3uQeTDG4r8ic9WtEYBL1VW7eGmBGNjfZqEVPi3ethCQuSG_yN9-LFjR6jpWePvh9YRdg"
    "-Vr9Z67htjemm9DHKckoBfhUY9g5uUwXDBaS4dcCgYEAks4sE8etymKhdYF0ndudD5K5tb2qqHLoyZtqp1s-q1Kw"
    "Tjq73yUofGvVJXDvTHTKUgb9TjnMPtnIzxDGl30ZiPLs1ywgelUyoC-LeVBIuJIBb5BJ8jK4vn0KaZMhbg6mtBsS"
    "UczrYbvjdZ41FIopN_wdmI46ZNgKPbOmdUARSN8CgYEAixCvKFAFJuMlv3btxf6D7tbLYcx_UZi20ySGvc5HHlGN"
    "dTdVXvSdxJozKvQNPEoNP0K-3XZ7H9sTTkeC6rdOOPSUEZWEJCU7xYOKXPpzrW10MEqhepUHZCL8Xw5pf1BTlg-V"
    "-5H-RR9BJCUZvTXaG9twA_ri7TrRJjK6CA8Mlo8CgYEAgrAeZtU2MYCfP8ZjYDxTR0mWyYb8PIq-RtmS8anvPJa8"
    "zcQdlEY-D9w4mT8iLlvPzi5HEdcnOGJYuE93FmJdORY9057G7j_OAalNONdBYDOQxgXLEQwrasla22aFbXhUEX8_"
    "SDf3FqsxUAwxndzaQEaOPOjoFcLC0ZlYBiGuBo8";
constexpr std::string_view kP384 =
    "MIG2AgEAMBAGByqGSM49AgEGBSuBBAAiBIGeMIGbAgEBBDB1b8nWEpepIrA6f3WUzB_V_0ANbF1_t6ng2DPur1mf"
    "ePHeoE6NILdDexMvmqrgc7ahZANiAATujXeVraLIZAdGzeUDukedrhJNyaMQjw2qhVm02tpkC83Ze3Nl1xRWd2l7"
    "BWNsu3pIsYCIqQ1Pd5Zz5Mxkv3jXrHVE4br0SeCQ6vDA0KkPbc9dt5iVtU01TKM2fj9MvY8";
constexpr std::string_view kSecp256k1 =
    "MIGEAgEAMBAGByqGSM49AgEGBSuBBAAKBG0wawIBAQQgphsYRX-xC0lccsFaXXgouUV8ieHsjo3Q_cc3UHHs2Xih"
    "RANCAAS2OMiC1AcUO2TjbTVoRvCFbS_ZwCUddiMqa0sbHL9uVb8Q8565sZjziRlmZuGqTzDbLR_KDUsQox9CKJZ-"
    "pKA7";

std::string Raw(std::string_view base64url) { return *Base64UrlDecode(base64url); }

std::string Input(std::string_view header) {
  return std::string(header) + "." + std::string(kPayload);
}

SignatureKey Private(SignatureAlgorithm algorithm, std::string_view pkcs8) {
  auto key = SignatureKey::FromPkcs8(algorithm, Raw(pkcs8));
  EXPECT_TRUE(key);
  return std::move(*key);
}

std::string EdPkcs8() {
  // RFC 8410 section 7: the frame around a seed of 32 bytes.
  return *HexDecode("302e020100300506032b657004220420") + Raw(kEdSeed);
}

std::string Members(std::initializer_list<std::pair<std::string_view, std::string_view>> members) {
  json::Writer out;
  out.BeginObject();
  for (const auto& [name, value] : members) out.Member(name, std::string(value));
  return out.EndObject().Take();
}
std::optional<SignatureKey> FromText(SignatureAlgorithm algorithm, const std::string& jwk) {
  return SignatureKey::FromJwk(algorithm, *json::Parse(jwk));
}
std::string EcJwk(std::string_view x = kEcX, std::string_view y = kEcY) {
  return Members({{"kty", "EC"}, {"crv", "P-256"}, {"x", x}, {"y", y}});
}
std::string RsaJwk(std::string_view n = kRsaModulus, std::string_view e = "AQAB") {
  return Members({{"kty", "RSA"}, {"n", n}, {"e", e}});
}
std::string EdJwk(std::string_view x = kEdX) {
  return Members({{"kty", "OKP"}, {"crv", "Ed25519"}, {"x", x}});
}

// RFC 7638 section 3: the SHA-256 of the required members in their order, without white space.
std::string Thumbprint(const SignatureKey& key) {
  json::Writer out;
  out.BeginObject();
  for (const auto& [name, value] : key.PublicJwk()) out.Member(name, value);
  return Base64UrlEncode(AsView(Sha256(out.EndObject().Take())));
}

TEST(Signature, Rfc7515A1Hs256) {
  const HmacSha256 mac(Raw(
      "AyM1SysPpbyDfgZld3umj1qzKObwVMkoqQ-EstJQLr_T-1qS0gZH75aKtMN3Yj0iPS4hcgUuTwjAzZr1Z9CAow"));
  EXPECT_EQ(Base64UrlEncode(AsView(mac.Mac(Input("eyJ0eXAiOiJKV1QiLA0KICJhbGciOiJIUzI1NiJ9")))),
            "dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk");
}

TEST(Signature, Rfc7515A2Rs256) {
  const std::string input = Input("eyJhbGciOiJSUzI1NiJ9");
  const auto pair = Private(SignatureAlgorithm::kRs256, kRsaPrivate);
  EXPECT_EQ(Base64UrlEncode(pair.Sign(input)), kRsaSignature);
  const auto key = FromText(SignatureAlgorithm::kRs256, RsaJwk());
  ASSERT_TRUE(key);
  EXPECT_TRUE(key->Verify(input, Raw(kRsaSignature)));
  EXPECT_FALSE(key->Verify(input + "x", Raw(kRsaSignature)));
  EXPECT_EQ(key->PublicJwk(), pair.PublicJwk());
}

TEST(Signature, Rfc7515A3Es256) {
  const std::string input = Input("eyJhbGciOiJFUzI1NiJ9");
  const auto key = FromText(SignatureAlgorithm::kEs256, EcJwk());
  ASSERT_TRUE(key);
  EXPECT_TRUE(key->Verify(input, Raw(kEcSignature)));
  EXPECT_FALSE(key->Verify(input + "x", Raw(kEcSignature)));
  const auto pair = Private(SignatureAlgorithm::kEs256, kEcPrivate);
  EXPECT_EQ(key->PublicJwk(), pair.PublicJwk());
  EXPECT_TRUE(key->Verify(input, pair.Sign(input)));
}

// RFC 7515 A.4 is ES512 and A.5 is "none": neither has a name here.
TEST(Signature, NoOtherAlgorithmHasAName) {
  for (const char* name : {"ES512", "none", "None", "", "HS256", "RS384", "PS256", "ES256K",
                           "eddsa", "EdDSA ", "Ed25519", "RS256\n"}) {
    EXPECT_FALSE(ParseSignatureAlgorithm(name)) << name;
  }
  for (const char* name : {"EdDSA", "ES256", "RS256"}) {
    EXPECT_EQ(ToString(*ParseSignatureAlgorithm(name)), name);
  }
}

TEST(Signature, Rfc8037A4EdDsa) {
  const auto pair = SignatureKey::FromPkcs8(SignatureAlgorithm::kEdDsa, EdPkcs8());
  ASSERT_TRUE(pair);
  EXPECT_EQ(Base64UrlEncode(pair->Sign(kEdMessage)), kEdSignature);
  const auto key = FromText(SignatureAlgorithm::kEdDsa, EdJwk());
  ASSERT_TRUE(key);
  EXPECT_TRUE(key->Verify(kEdMessage, Raw(kEdSignature)));
  EXPECT_FALSE(key->Verify("x", Raw(kEdSignature)));
  EXPECT_EQ(key->PublicJwk(), pair->PublicJwk());
}

TEST(Signature, Rfc7638AndRfc8037A3Thumbprints) {
  EXPECT_EQ(Thumbprint(*FromText(SignatureAlgorithm::kRs256, RsaJwk(kThumbprintModulus))),
            "NzbLsXh8uDCcd-6MNwXF4W_7noWXFZAfHkxZsRGC9Xs");
  EXPECT_EQ(Thumbprint(*FromText(SignatureAlgorithm::kEdDsa, EdJwk())),
            "kPrK_qmxVWaYVA9wwBF6Iuo3vVzz7TxHCTwXBygrS4k");
}

TEST(Signature, GeneratedKeysSignAndVerifyAgainAndAgain) {
  for (const auto algorithm :
       {SignatureAlgorithm::kEdDsa, SignatureAlgorithm::kEs256, SignatureAlgorithm::kRs256}) {
    const Secret der = SignatureKey::Generate(algorithm);
    auto pair = SignatureKey::FromPkcs8(algorithm, der.Reveal());
    ASSERT_TRUE(pair) << ToString(algorithm);
    const SignatureKey moved = std::move(*pair);
    for (int i = 0; i < 20; ++i) {
      const std::string message(static_cast<std::size_t>(i) * 100, 'm');
      const std::string signature = moved.Sign(message);
      EXPECT_TRUE(moved.Verify(message, signature));
      EXPECT_FALSE(moved.Verify(message + "x", signature));  // and a refusal spoils nothing
    }
    for (const auto other :
         {SignatureAlgorithm::kEdDsa, SignatureAlgorithm::kEs256, SignatureAlgorithm::kRs256}) {
      EXPECT_EQ(SignatureKey::FromPkcs8(other, der.Reveal()).has_value(), other == algorithm);
    }
  }
}

// CVE-2022-21449 and its like: nothing out of range, of another length or in another spelling.
TEST(Signature, EcdsaNumbersMustBeInRange) {
  const std::string input = Input("eyJhbGciOiJFUzI1NiJ9");
  const auto key = FromText(SignatureAlgorithm::kEs256, EcJwk());
  const std::string good = Raw(kEcSignature), zero(32, '\0'), ones(32, '\xff');
  const std::string one = std::string(31, '\0') + "\x01";
  const std::string n =
      *HexDecode("ffffffff00000000ffffffffffffffffbce6faada7179e84f3b9cac2fc632551");
  const std::string r = good.substr(0, 32), s = good.substr(32);
  for (const auto& bad : {zero + zero, zero + s, r + zero, n + n, n + s, r + n, ones + ones,
                          zero + one, one + zero, one + one, s + r, good.substr(0, 63),
                          good + std::string(1, '\0'), std::string(1, '\0') + good, std::string(),
                          std::string(64, '\0'), std::string(132, '\0')}) {
    EXPECT_FALSE(key->Verify(input, bad)) << HexEncode(bad);
  }
  // The same in DER, as OpenSSL would have it.
  const std::string der = *HexDecode("30450220") + r + *HexDecode("022100") + s;
  EXPECT_FALSE(key->Verify(input, der));
  EXPECT_TRUE(key->Verify(input, good));
}

TEST(Signature, EdDsaIsNotMalleable) {
  const auto key = FromText(SignatureAlgorithm::kEdDsa, EdJwk());
  const std::string good = Raw(kEdSignature);
  // S + L is another spelling of S (RFC 8032 section 5.1.7).
  const std::string l =
      *HexDecode("edd3f55c1a631258d69cf7a2def9de1400000000000000000000000000000010");
  std::string respelled = good;
  unsigned carry = 0;
  for (std::size_t i = 0; i < 32; ++i) {
    carry += static_cast<unsigned char>(good[32 + i]) + static_cast<unsigned char>(l[i]);
    respelled[32 + i] = static_cast<char>(carry & 255U);
    carry >>= 8U;
  }
  ASSERT_EQ(carry, 0U);
  const std::string identity = "\x01" + std::string(63, '\0');  // R of order 1, S = 0
  for (const auto& bad : {respelled, identity, std::string(64, '\0'), std::string(64, '\xff'),
                          good.substr(0, 63), good + "x", std::string()}) {
    EXPECT_FALSE(key->Verify(kEdMessage, bad)) << HexEncode(bad);
  }
  EXPECT_TRUE(key->Verify(kEdMessage, good));
}

TEST(Signature, RsaSignaturesHaveTheModulusLength) {
  const std::string input = Input("eyJhbGciOiJSUzI1NiJ9");
  const auto key = FromText(SignatureAlgorithm::kRs256, RsaJwk());
  const std::string good = Raw(kRsaSignature);
  for (const auto& bad :
       {std::string(), good.substr(0, 255), good + std::string(1, '\0'),
        std::string(1, '\0') + good, std::string(256, '\0'), std::string(255, '\0') + "\x01",
        std::string(256, '\xff'), Raw(kRsaModulus)}) {
    EXPECT_FALSE(key->Verify(input, bad));
  }
  EXPECT_TRUE(key->Verify(input, good));
}

// Under these anybody could sign: a small-order A makes [h]A vanish.
TEST(Signature, EdKeysOfSmallOrderOrOtherSpellingAreRefused) {
  for (const std::string hex :
       {"0000000000000000000000000000000000000000000000000000000000000000",
        "0100000000000000000000000000000000000000000000000000000000000000",
        "0100000000000000000000000000000000000000000000000000000000000080",
        "26e8958fc2b227b045c3f489f2ef98f0d5dfac05d3c63339b13802886d53fc05",
        "26e8958fc2b227b045c3f489f2ef98f0d5dfac05d3c63339b13802886d53fc85",
        "c7176a703d4dd84fba3c0b760d10670f2a2053fa2c39ccc64ec7fd7792ac037a",
        "c7176a703d4dd84fba3c0b760d10670f2a2053fa2c39ccc64ec7fd7792ac03fa",
        "ecffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f",
        "ecffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff",
        "edffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f",
        "eeffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f",
        "f0ffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f",
        "ffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff"}) {
    const auto key = FromText(SignatureAlgorithm::kEdDsa, EdJwk(Base64UrlEncode(*HexDecode(hex))));
    EXPECT_FALSE(key) << hex;
  }
}

TEST(Signature, JwksThatAreNotWhatTheySayAreRefused) {
  const auto ec = SignatureAlgorithm::kEs256;
  const auto ed = SignatureAlgorithm::kEdDsa;
  const auto rsa = SignatureAlgorithm::kRs256;
  // One algorithm, one kind of key.
  EXPECT_FALSE(FromText(ec, RsaJwk()));
  EXPECT_FALSE(FromText(ed, EcJwk()));
  EXPECT_FALSE(FromText(rsa, EdJwk()));
  EXPECT_FALSE(FromText(ec, R"({"kty":"oct","k":"AAAA"})"));
  EXPECT_FALSE(FromText(ec, "{}"));
  EXPECT_FALSE(FromText(ec, "[]"));
  EXPECT_FALSE(FromText(ed, Members({{"kty", "OKP"}, {"crv", "Ed448"}, {"x", kEdX}})));
  EXPECT_FALSE(FromText(ed, Members({{"kty", "OKP"}, {"crv", "X25519"}, {"x", kEdX}})));
  EXPECT_FALSE(FromText(ec, Members({{"kty", "EC"}, {"crv", "P-384"}, {"x", kEcX}, {"y", kEcY}})));
  // Not on the curve, at infinity, not 32 bytes, not base64url, no string.
  EXPECT_FALSE(FromText(ec, EcJwk(kEcX, kEcX)));
  EXPECT_FALSE(FromText(
      ec, EcJwk(Base64UrlEncode(std::string(32, '\0')), Base64UrlEncode(std::string(32, '\0')))));
  EXPECT_FALSE(FromText(ec, EcJwk(Base64UrlEncode(std::string(1, '\0') + Raw(kEcX)))));
  EXPECT_FALSE(FromText(ec, EcJwk(std::string(kEcX) + "=")));
  EXPECT_FALSE(FromText(ec, R"({"kty":"EC","crv":"P-256","x":1,"y":2})"));
  EXPECT_FALSE(FromText(ed, EdJwk("")));
  EXPECT_FALSE(FromText(ed, EdJwk(Base64UrlEncode(Raw(kEdX).substr(1)))));
  // Too small, an exponent that is too small, even or padded with zeros.
  EXPECT_FALSE(FromText(rsa, RsaJwk(Base64UrlEncode(Raw(kRsaModulus).substr(0, 128)))));
  EXPECT_FALSE(FromText(rsa, RsaJwk(Base64UrlEncode(std::string(2048, '\xff')))));
  EXPECT_FALSE(FromText(rsa, RsaJwk(kRsaModulus, "Aw")));
  EXPECT_FALSE(FromText(rsa, RsaJwk(kRsaModulus, "AQ")));
  EXPECT_FALSE(FromText(rsa, RsaJwk(kRsaModulus, Base64UrlEncode(Raw("AQAA")))));
  EXPECT_FALSE(FromText(rsa, RsaJwk(kRsaModulus, "AAEAAQ")));
  EXPECT_FALSE(FromText(rsa, RsaJwk(Base64UrlEncode(std::string(1, '\0') + Raw(kRsaModulus)))));
  EXPECT_FALSE(FromText(rsa, RsaJwk("", "")));
}

TEST(Signature, PrivateKeysThatAreNotWhatTheySayAreRefused) {
  const auto refused = [](SignatureAlgorithm algorithm, const std::string& der) {
    return !SignatureKey::FromPkcs8(algorithm, der);
  };
  const auto ec = SignatureAlgorithm::kEs256;
  const auto rsa = SignatureAlgorithm::kRs256;
  EXPECT_TRUE(refused(rsa, Raw(kRsa1024)));
  EXPECT_TRUE(refused(rsa, Raw(kRsaExponent3)));
  EXPECT_TRUE(refused(ec, Raw(kP384)));
  EXPECT_TRUE(refused(ec, Raw(kSecp256k1)));
  EXPECT_TRUE(refused(ec, ""));
  EXPECT_TRUE(refused(ec, "nonsense"));
  for (const auto& [algorithm, good] :
       {std::pair(rsa, Raw(kRsaPrivate)), std::pair(ec, Raw(kEcPrivate)),
        std::pair(SignatureAlgorithm::kEdDsa, EdPkcs8())}) {
    EXPECT_FALSE(refused(algorithm, good));
    EXPECT_TRUE(refused(algorithm, good + "x"));
    EXPECT_TRUE(refused(algorithm, good.substr(0, good.size() - 1)));
  }
  // A private part that is not that of the public one beside it.
  std::string mixed = Raw(kEcPrivate);
  const std::string d = Raw("jpsQnnGQmL-YBIffH1136cspYG6-0iY7X1fCE9-E9LI");
  mixed[mixed.find(d) + 5] ^= 1;
  EXPECT_TRUE(refused(ec, mixed));
  // Damage anywhere is a refusal or no matter, and never the end of the process.
  const std::string whole = Raw(kRsaPrivate);
  for (std::size_t i = 0; i < whole.size(); i += 7) {
    std::string damaged = whole;
    damaged[i] = static_cast<char>(~damaged[i]);
    if (const auto key = SignatureKey::FromPkcs8(rsa, damaged)) {
      EXPECT_TRUE(key->Verify("m", key->Sign("m"))) << i;
    }
  }
}

}  // namespace
}  // namespace gatehouse::crypto
