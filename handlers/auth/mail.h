// Mail as text and HTML from templates in files (SPEC M1, API.md "Mail").
//
// A template is a pair <kind>.txt and <kind>.html in the configured folder; the first line of the
// .txt is the subject ("Subject: …"), then an empty line, then the text. The .html is put into
// layout.html where that says {{content}}. {{name}} inserts a value: as it is in the text (control
// characters dropped, so that no line can be smuggled in), escaped in HTML. An unknown or missing
// {{name}} is an error when the templates are loaded, not when a mail is due; so is a link or a
// password that does not stand on a line of its own in the text.
//
// Values every template may use: tenant_name, recipient_name, base_url, and what its kind brings:
//   verify_email, reset: link, minutes_valid        already_registered: sign_in_link, reset_link
//   password_changed: time, ip                      new_device: device, time, ip, sessions_link
//   welcome: password, sign_in_link                 email_changed: new_email
//   lockout: minutes, time
// Where there is minutes_valid there is also valid_for ("30 minutes", "24 hours"); a time in RFC
// 3339 is spelled out for people; a recipient_name that a mail program would make a link of is
// replaced by the recipient's address.
#pragma once

#include <map>
#include <span>
#include <string>
#include <string_view>
#include <utility>

#include "fcgi/base/clock.h"
#include "fcgi/base/ids.h"
#include "fcgi/base/result.h"

namespace gatehouse::auth {

enum class MailKind {
  kVerifyEmail,
  kAlreadyRegistered,
  kReset,
  kWelcome,
  kPasswordChanged,
  kEmailChanged,
  kNewDevice,
  kLockout,
};
inline constexpr int kMailKinds = 8;
std::string_view ToString(MailKind kind);  // "verify_email", …: X-Gatehouse-Mail and file names

using MailValues = std::map<std::string, std::string, std::less<>>;

struct MailHeader {
  std::string from_address;  // config mail.from
  std::string from_name;     // the tenant's mail_sender_name, else its name
  std::string to_address;
  MailId id;  // Message-ID is made of it, so that a repeated delivery can be recognized
  TimePoint date;
};

class MailTemplates {
 public:
  // Every kind must be there and use only the values it may. kInternal says which does not.
  static Result<MailTemplates> Load(const std::string& folder);

  // A complete RFC 5322 message with CRLF lines: multipart/alternative, UTF-8; 7bit where the part
  // is ASCII with lines under 900 bytes, else quoted-printable; header words per RFC 2047; no value
  // can add a header or a line. Asking without a value that the template uses is a bug: the place
  // stays empty.
  std::string Render(MailKind kind, const MailHeader& header, const MailValues& values) const;

 private:
  struct Template {
    std::string subject, text, html;
  };
  std::map<MailKind, Template> templates_;
};

}  // namespace gatehouse::auth
