#include "handlers/auth/federated.h"

#include <algorithm>

#include "fcgi/http/schema.h"
#include "fcgi/lib/text.h"
#include "handlers/auth/identifier.h"

namespace gatehouse::auth {
namespace {

constexpr std::size_t kMaxSubject = 255;  // OpenID Connect Core, section 2
constexpr std::size_t kMaxName = 100;

bool IsSubject(std::string_view text) {
  return !text.empty() && text.size() <= kMaxSubject &&
         std::all_of(text.begin(), text.end(), [](char c) { return c >= ' ' && c < 0x7f; });
}

std::optional<std::string> TextOf(const json::Value& object, std::string_view name) {
  const auto* value = object.Find(name);
  if (value == nullptr || value->string() == nullptr) return std::nullopt;
  return *value->string();
}

std::optional<std::string> NameOf(const json::Value& object, std::string_view name) {
  const auto given = TextOf(object, name);
  auto text = given ? text::Nfc(*given) : std::nullopt;
  if (!text || text::IsBlank(*text) || text::HasControl(*text) || text::Length(*text) > kMaxName) {
    return std::nullopt;
  }
  return text;
}

// A number or a text; null, false and objects are nobody.
std::optional<std::string> IdOf(const json::Value& object, std::string_view name) {
  const auto* value = object.Find(name);
  if (value == nullptr) return std::nullopt;
  if (value->integer() != nullptr) return std::to_string(*value->integer());
  return value->string() != nullptr ? std::optional(*value->string()) : std::nullopt;
}

std::optional<FederatedPerson> PersonOf(const json::Value& object,
                                        std::optional<std::string> subject) {
  if (!subject || !IsSubject(*subject)) return std::nullopt;
  FederatedPerson out;
  out.subject = std::move(*subject);
  if (const auto email = TextOf(object, "email")) {
    const std::string canonical = CanonicalEmail(*email);
    if (http::IsEmail(canonical) && !text::HasControl(canonical)) out.email = canonical;
  }
  // Some spell it as a text (Apple does); any other text is not "true".
  const auto* verified = object.Find("email_verified");
  out.email_verified = out.email && verified != nullptr &&
                       ((verified->boolean() != nullptr && *verified->boolean()) ||
                        (verified->string() != nullptr && *verified->string() == "true"));
  out.first_name = NameOf(object, "given_name");
  out.last_name = NameOf(object, "family_name");
  return out;
}

}  // namespace

std::optional<FederatedPerson> PersonOfClaims(const json::Value& claims) {
  return PersonOf(claims, TextOf(claims, "sub"));
}

std::optional<FederatedPerson> PersonOfUserinfo(const json::Value& answer) {
  auto subject = IdOf(answer, "sub");
  if (!subject) subject = IdOf(answer, "id");
  return PersonOf(answer, std::move(subject));
}

}  // namespace gatehouse::auth
