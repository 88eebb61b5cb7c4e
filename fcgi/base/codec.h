// Encodings: base64url (RFC 4648 section 5, no padding, canonical only), hex, percent-encoding, and
// JSON string escaping for what must not depend on a JSON library (log lines).
#pragma once

#include <optional>
#include <string>
#include <string_view>

namespace gatehouse {

std::string Base64UrlEncode(std::string_view bytes);
void AppendBase64Url(std::string& out, std::string_view bytes);
// Strict: no padding, no white space, no other alphabet, unused trailing bits zero.
std::optional<std::string> Base64UrlDecode(std::string_view text);

// Standard base64 with padding (RFC 4648 section 4).
std::string Base64Encode(std::string_view bytes);
std::optional<std::string> Base64Decode(std::string_view text);

std::string HexEncode(std::string_view bytes);  // lower case
std::optional<std::string> HexDecode(std::string_view text);

// Base32 in upper case without padding (RFC 4648 section 6).
std::string Base32Encode(std::string_view bytes);

// Percent-encodes all but letters, digits, '-', '.', '_' and '~' (RFC 3986 section 2.3).
std::string PercentEncode(std::string_view text);
// Percent-encodes controls, non-ASCII and '%' (X-Auth-Name, API.md); other ASCII stays.
std::string PercentEncodeNonAscii(std::string_view text);

// Appends `text` as a JSON string with quotes. Controls are escaped, ill-formed UTF-8 becomes
// U+FFFD, so that the output is one valid line whatever came in (SPEC A3).
void AppendJsonString(std::string& out, std::string_view text);

// True where `text` is well-formed UTF-8 (no surrogates, no overlong forms).
bool IsUtf8(std::string_view text);

}  // namespace gatehouse
