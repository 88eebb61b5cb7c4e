#include "handlers/auth/password_policy.h"

#include "fcgi/lib/strength.h"
#include "fcgi/lib/text.h"

namespace gatehouse::auth {
namespace {

constexpr std::size_t kBcryptBytes = 72;

}  // namespace

Status CheckPassword(std::string_view password, const PasswordContext& context,
                     const std::string& pointer) {
  Error weak{ErrorCode::kWeakPassword, "policy", {}, 0};
  const auto refuse = [&](std::string code, std::string detail, std::string user_message) {
    weak.fields.push_back({pointer, std::move(code), std::move(detail), std::move(user_message)});
  };
  const auto length = text::Length(password);
  const auto minimum = std::to_string(context.min_length);
  if (std::cmp_less(length, context.min_length)) {
    refuse("too_short", "At least " + minimum + " characters.",
           "Please use at least " + minimum + " characters.");
  }
  if (std::cmp_greater(length, kMaxPasswordLength)) {
    refuse("too_long", "At most 128 characters.", "Please use at most 128 characters.");
  }
  if (context.algorithm == HashAlgorithm::kBcrypt && password.size() > kBcryptBytes) {
    refuse("too_long", "At most 72 bytes with bcrypt.", "Please use a shorter password.");
  }
  const std::string lower = text::Lower(password);
  const std::string_view local = std::string_view(context.email).substr(0, context.email.find('@'));
  if (lower == context.email || lower == local) {
    refuse("is_email", "The password is the e-mail address.",
           "Please do not use your e-mail address as password.");
  }
  if (lower == text::Lower(context.tenant_name) || lower == context.tenant_slug) {
    refuse("is_tenant", "The password is the tenant's name.",
           "Please do not use your organisation's name as password.");
  }
  if (weak.fields.empty()) {
    std::vector<std::string> known = {context.email, std::string(local), context.tenant_name,
                                      context.tenant_slug};
    known.insert(known.end(), context.names.begin(), context.names.end());
    if (PasswordScore(password, known) < kMinPasswordScore) {
      refuse("too_guessable", "zxcvbn scores it under 3.",
             "This password is too easy to guess. Try several unusual words.");
    }
  }
  if (!weak.fields.empty()) return weak;
  return {};
}

Error SameAsCurrent(const std::string& pointer) {
  return {ErrorCode::kWeakPassword,
          "current",
          {{pointer, "is_current", "The new password is the current one.",
            "Please choose a password that you do not use at the moment."}},
          0};
}

}  // namespace gatehouse::auth
