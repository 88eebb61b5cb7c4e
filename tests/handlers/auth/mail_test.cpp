#include "handlers/auth/mail.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <filesystem>
#include <fstream>
#include <sstream>

#include "fcgi/base/codec.h"
#include "handlers/auth/mime.h"
#include "tests/support/process.h"

namespace gatehouse::auth {
namespace {

namespace gm = ::testing;

constexpr const char* kShipped = GATEHOUSE_SOURCE_DIR "/nginx/mail";

MailHeader Header() {
  SeededEntropy entropy(1);
  const TimePoint date = *FromRfc3339("2026-11-21T11:30:28Z");
  return {"no-reply@auth.example.com", "Demo", "ann@example.com", MailId::New(date, entropy), date};
}

MailValues Values() {
  return {{"tenant_name", "Demo"},
          {"recipient_name", "Ann"},
          {"base_url", "https://auth.example.com"},
          {"link", "https://auth.example.com/auth/ui/verify#token=abc_-"},
          {"minutes_valid", "1440"},
          {"sign_in_link", "https://auth.example.com/auth/ui/sign-in?tenant=demo"},
          {"reset_link", "https://auth.example.com/auth/ui/forgot?tenant=demo"},
          {"sessions_link", "https://auth.example.com/auth/ui/account?tenant=demo"},
          {"password", "hT7kMw3pRx9qZvN4"},
          {"time", "2026-11-21T11:30:28.123Z"},
          {"ip", "192.0.2.7"},
          {"device", "Firefox"},
          {"new_email", "new@example.com"},
          {"minutes", "15"}};
}

std::vector<std::string> Lines(const std::string& text) {
  std::vector<std::string> out;
  for (std::size_t at = 0; at < text.size();) {
    const auto end = text.find("\r\n", at);
    if (end == std::string::npos) {
      out.push_back(text.substr(at));
      break;
    }
    out.push_back(text.substr(at, end - at));
    at = end + 2;
  }
  return out;
}

std::string Head(const std::string& message) { return message.substr(0, message.find("\r\n\r\n")); }

std::string HeaderLine(const std::string& message, const std::string& name) {
  const std::string head = "\r\n" + Head(message) + "\r\n";
  const auto at = head.find("\r\n" + name + ": ");
  if (at == std::string::npos) return "(none)";
  const auto begin = at + name.size() + 4;
  auto end = head.find("\r\n", begin);
  while (head[end + 2] == ' ') end = head.find("\r\n", end + 2);
  return head.substr(begin, end - begin);
}

std::string DecodeQuotedPrintable(const std::string& text) {
  std::string out;
  for (std::size_t i = 0; i < text.size(); ++i) {
    if (text[i] != '=') {
      out.push_back(text[i]);
    } else if (text.compare(i, 3, "=\r\n") == 0) {
      i += 2;
    } else {
      out += HexDecode(text.substr(i + 1, 2)).value_or("?");
      i += 2;
    }
  }
  return out;
}

// Part 0 is the text, part 1 the HTML; decoded.
std::string Part(const std::string& message, int index) {
  const std::string type = HeaderLine(message, "Content-Type");
  const auto quote = type.find('"');
  const std::string boundary = "--" + type.substr(quote + 1, type.rfind('"') - quote - 1);
  auto at = message.find("\r\n" + boundary + "\r\n");
  for (int i = 0; i < index; ++i) at = message.find("\r\n" + boundary + "\r\n", at + 2);
  at += boundary.size() + 4;
  const auto end = message.find("\r\n" + boundary, at);
  const std::string part = message.substr(at, end - at);
  const auto body = part.find("\r\n\r\n") + 4;
  const bool quoted = part.find("quoted-printable") < body;
  return quoted ? DecodeQuotedPrintable(part.substr(body)) : part.substr(body);
}

const MailTemplates& Shipped() {
  static const auto templates = MailTemplates::Load(kShipped);
  if (!templates.ok()) ADD_FAILURE() << templates.error().inner;
  return *templates;
}

std::string Render(MailKind kind, const MailValues& values = Values()) {
  return Shipped().Render(kind, Header(), values);
}

// SPEC M1: every kind, text and HTML, and the headers that API.md names.
TEST(Mail, EveryShippedKindIsAWellFormedMail) {
  for (int i = 0; i < kMailKinds; ++i) {
    const auto kind = static_cast<MailKind>(i);
    const std::string mail = Render(kind);
    SCOPED_TRACE(std::string(ToString(kind)));
    EXPECT_EQ(HeaderLine(mail, "X-Gatehouse-Mail"), ToString(kind));
    EXPECT_EQ(HeaderLine(mail, "Date"), "Sat, 21 Nov 2026 11:30:28 +0000");
    EXPECT_EQ(HeaderLine(mail, "From"), "\"Demo\" <no-reply@auth.example.com>");
    EXPECT_EQ(HeaderLine(mail, "To"), "<ann@example.com>");
    EXPECT_EQ(HeaderLine(mail, "Message-ID"), "<" + Header().id.ToString() + "@auth.example.com>");
    EXPECT_EQ(HeaderLine(mail, "Auto-Submitted"), "auto-generated");
    EXPECT_EQ(HeaderLine(mail, "MIME-Version"), "1.0");
    EXPECT_THAT(HeaderLine(mail, "Subject"), gm::HasSubstr("Demo"));
    for (const int part : {0, 1}) {
      EXPECT_THAT(Part(mail, part), gm::HasSubstr("Ann"));
      EXPECT_THAT(Part(mail, part), gm::Not(gm::HasSubstr("{{")));
      EXPECT_THAT(Part(mail, part), gm::Not(gm::HasSubstr("}}")));
    }
    EXPECT_THAT(Part(mail, 1), gm::HasSubstr("color-scheme"));
    EXPECT_THAT(Part(mail, 1), gm::Not(gm::HasSubstr("<img")));
    for (const auto& line : Lines(mail)) {
      EXPECT_LT(line.size(), 998U);
      EXPECT_EQ(line.find_first_of("\r\n"), std::string::npos);
    }
  }
}

// API.md, "Mail": a link stands whole on a line of its own in the text, a password likewise.
TEST(Mail, LinksAndPasswordsStandOnTheirOwnLine) {
  const auto values = Values();
  const auto has = [&](MailKind kind, const char* name) {
    return gm::Value(Lines(Part(Render(kind), 0)), gm::Contains(values.find(name)->second));
  };
  EXPECT_TRUE(has(MailKind::kVerifyEmail, "link"));
  EXPECT_TRUE(has(MailKind::kReset, "link"));
  EXPECT_TRUE(has(MailKind::kWelcome, "password"));
  EXPECT_TRUE(has(MailKind::kWelcome, "sign_in_link"));
  EXPECT_TRUE(has(MailKind::kAlreadyRegistered, "reset_link"));
  EXPECT_TRUE(has(MailKind::kNewDevice, "sessions_link"));
  // Also where the part must be quoted-printable and the link is longer than its lines.
  auto foreign = values;
  foreign["tenant_name"] = "Größe";
  foreign["link"] = "https://auth.example.com/auth/ui/verify#token=" + std::string(200, 'a');
  EXPECT_THAT(Lines(Part(Render(MailKind::kReset, foreign), 0)), gm::Contains(foreign["link"]));
}

TEST(Mail, TimesAndSpansAreForPeople) {
  EXPECT_THAT(Part(Render(MailKind::kVerifyEmail), 0), gm::HasSubstr("for 24 hours"));
  EXPECT_THAT(Part(Render(MailKind::kPasswordChanged), 0),
              gm::HasSubstr("Sat, 21 Nov 2026 11:30 UTC"));
  auto values = Values();
  values["minutes_valid"] = "1";
  values["time"] = "yesterday";
  EXPECT_THAT(Part(Render(MailKind::kReset, values), 0), gm::HasSubstr("for 1 minute."));
  EXPECT_THAT(Part(Render(MailKind::kPasswordChanged, values), 0), gm::HasSubstr("yesterday"));
}

// FACTS.md: CR LF in names. Nothing that a value holds makes a header or a line.
TEST(Mail, NoValueAddsAHeaderOrALine) {
  const std::string plain = Render(MailKind::kNewDevice);
  for (const std::string& evil :
       {std::string("x\r\nBcc: victim@example.com"), std::string("x\nBcc: victim@example.com"),
        std::string("x\rBcc: v"), std::string("x\0\r\n\r\nbody", 10),
        std::string("x\xe2\x80\xa8"
                    "Bcc: v"),
        std::string("x\xc2\x85"
                    "Bcc: v"),
        std::string("x\xff\xfe\r\nBcc: v"), std::string("x\r\n--=_boundary")}) {
    MailValues values = Values();
    for (auto& [name, value] : values) value = evil;
    MailHeader header = Header();
    header.from_name = evil;
    header.to_address = evil;
    header.from_address = evil;
    const std::string mail = Shipped().Render(MailKind::kNewDevice, header, values);
    EXPECT_EQ(HeaderLine(mail, "Bcc"), "(none)") << evil;
    EXPECT_EQ(HeaderLine(mail, "X-Gatehouse-Mail"), "new_device");
    EXPECT_EQ(Lines(Part(mail, 0)).size(), Lines(Part(plain, 0)).size()) << evil;
    EXPECT_EQ(Lines(Part(mail, 1)).size(), Lines(Part(plain, 1)).size()) << evil;
    EXPECT_EQ(mail.find('\0'), std::string::npos);
    for (const auto& line : Lines(mail)) EXPECT_EQ(line.find_first_of("\r\n"), std::string::npos);
  }
}

TEST(Mail, ValuesAreEscapedInHtmlAndPlainInText) {
  auto values = Values();
  values["device"] = "<script>alert('1')</script> & \"co\"";
  const std::string mail = Render(MailKind::kNewDevice, values);
  EXPECT_THAT(Part(mail, 0), gm::HasSubstr(values["device"]));
  EXPECT_THAT(Part(mail, 1), gm::HasSubstr("&lt;script&gt;alert(&#39;1&#39;)&lt;/script&gt; &amp; "
                                           "&quot;co&quot;"));
  values = Values();
  values["link"] = "https://a.example/\"><img src=x>";
  EXPECT_THAT(Part(Render(MailKind::kReset, values), 1), gm::Not(gm::HasSubstr("<img")));
  // A value is never read as a template.
  values["recipient_name"] = "{{link}}";
  EXPECT_THAT(Part(Render(MailKind::kReset, values), 0), gm::HasSubstr("Hello {{link}},"));
}

// Whoever registers chooses the name in a mail to somebody else: no spam through our server.
TEST(Mail, NamesThatReadAsLinksAreNotRepeated) {
  for (const char* name : {"WIN at https://evil.example", "evil.example/x", "www.evil.example",
                           "Go to evil.com now", "mail me@evil.example", ""}) {
    auto values = Values();
    values["recipient_name"] = name;
    const std::string mail = Render(MailKind::kVerifyEmail, values);
    EXPECT_THAT(Part(mail, 0), gm::HasSubstr("Hello ann@example.com,")) << name;
    EXPECT_THAT(Part(mail, 1), gm::Not(gm::HasSubstr("evil"))) << name;
  }
  for (const char* name : {"J. R. R. Tolkien", "Ann O'Neil", "Dr. No", "Müller-Lüdenscheidt"}) {
    auto values = Values();
    values["recipient_name"] = name;
    EXPECT_THAT(Part(Render(MailKind::kVerifyEmail, values), 0), gm::HasSubstr(name));
  }
}

// RFC 2047: encoded words of at most 75 characters, whole code points each.
TEST(Mime, HeaderText) {
  EXPECT_EQ(mime::HeaderText("Plain subject"), "Plain subject");
  EXPECT_EQ(mime::HeaderText("Größe"), "=?UTF-8?B?R3LDtsOfZQ==?=");
  EXPECT_EQ(mime::HeaderText("a =?UTF-8?B?eA==?= b").substr(0, 10), "=?UTF-8?B?");
  std::string longer, decoded;
  for (int i = 0; i < 60; ++i) longer += "日";
  for (const auto& word : Lines(mime::HeaderText(longer))) {
    const std::string trimmed = word.substr(word.find_first_not_of(' '));
    EXPECT_LE(trimmed.size(), 75U);
    const auto piece = Base64Decode(trimmed.substr(10, trimmed.size() - 12));
    ASSERT_TRUE(piece && IsUtf8(*piece)) << trimmed;
    decoded += *piece;
  }
  EXPECT_EQ(decoded, longer);
}

TEST(Mime, Mailbox) {
  EXPECT_EQ(mime::Mailbox("", "a@b.example"), "<a@b.example>");
  EXPECT_EQ(mime::Mailbox("Dr. \"No\" \\ Co, Ltd", "a@b.example"),
            R"("Dr. \"No\" \\ Co, Ltd" <a@b.example>)");
  EXPECT_EQ(mime::Mailbox("x\r\nBcc: y", "a@b.example>, <c@d.example"),
            "\"xBcc: y\" <a@b.example,c@d.example>");
  EXPECT_EQ(mime::Mailbox("Größe", "a@b.example"), "=?UTF-8?B?R3LDtsOfZQ==?=\r\n <a@b.example>");
}

TEST(Mime, PartsAre7BitOrQuotedPrintable) {
  EXPECT_EQ(mime::TextPart("plain", "a\nb\n"),
            "Content-Type: text/plain; charset=utf-8\r\nContent-Transfer-Encoding: 7bit\r\n\r\n"
            "a\r\nb\r\n");
  const std::string odd = "ä = \t\n" + std::string(200, 'x') + " \n.\nend ";
  const std::string part = mime::TextPart("plain", odd);
  EXPECT_THAT(part, gm::HasSubstr("quoted-printable"));
  EXPECT_THAT(part, gm::HasSubstr("=C3=A4 =3D =09\r\n"));
  std::string crlf;
  for (const char c : odd) crlf += c == '\n' ? std::string("\r\n") : std::string(1, c);
  EXPECT_EQ(DecodeQuotedPrintable(part.substr(part.find("\r\n\r\n") + 4)), crlf);
  for (const auto& line : Lines(part)) EXPECT_LE(line.size(), 76U);
  EXPECT_THAT(mime::TextPart("plain", std::string(950, 'x')), gm::HasSubstr("quoted-printable"));
}

// A copy of the shipped folder in which one file says something else.
class MailFolder {
 public:
  MailFolder() { std::filesystem::copy(kShipped, dir_.path()); }
  std::string LoadError(const std::string& file, const std::string& from, const std::string& to) {
    const std::string path = dir_.File(file);
    std::ifstream in(path);
    const std::string before((std::istreambuf_iterator<char>(in)), {});
    std::string text = before;
    const auto at = text.find(from);
    EXPECT_NE(at, std::string::npos);
    std::ofstream(path) << text.replace(at, from.size(), to);
    const auto loaded = MailTemplates::Load(dir_.path());
    std::ofstream(path) << before;
    return loaded.ok() ? "" : loaded.error().inner;
  }
  const std::string& path() const { return dir_.path(); }

 private:
  gatehouse::testing::TempDir dir_;
};

TEST(Mail, BadTemplatesAreRefusedWhenLoaded) {
  MailFolder folder;
  using gm::HasSubstr;
  EXPECT_THAT(folder.LoadError("reset.txt", "{{link}}", "{{lnk}}"), HasSubstr("{{lnk}}"));
  EXPECT_THAT(folder.LoadError("reset.html", "{{valid_for}}", "{{password}}"),
              HasSubstr("{{password}}"));
  EXPECT_THAT(folder.LoadError("reset.txt", "{{link}}", ""), HasSubstr("{{link}} is missing"));
  EXPECT_THAT(folder.LoadError("reset.txt", "{{link}}", "Here: {{link}}"),
              HasSubstr("line of its own"));
  EXPECT_THAT(folder.LoadError("welcome.txt", "{{password}}", "{{password}} "),
              HasSubstr("line of its own"));
  EXPECT_THAT(folder.LoadError("lockout.txt", "Subject: ", "Subjekt: "), HasSubstr("Subject"));
  EXPECT_THAT(folder.LoadError("lockout.txt", "Subject: ", "Subject: {{nobody}} "),
              HasSubstr("{{nobody}}"));
  EXPECT_THAT(folder.LoadError("lockout.html", "{{minutes}}", "{{minutes"), HasSubstr("}}"));
  EXPECT_THAT(folder.LoadError("layout.html", "{{content}}", ""), HasSubstr("{{content}}"));
  EXPECT_TRUE(MailTemplates::Load(folder.path()).ok());
  std::filesystem::remove(folder.path() + "/welcome.html");
  EXPECT_FALSE(MailTemplates::Load(folder.path()).ok());
  EXPECT_FALSE(MailTemplates::Load("/nonexistent").ok());
}

TEST(Mail, TemplatesWithDosLinesWork) {
  MailFolder folder;
  const std::string path = folder.path() + "/lockout.txt";
  std::ofstream(path) << "Subject: Hi\r\n\r\nline {{minutes}}\r\n";
  const auto loaded = MailTemplates::Load(folder.path());
  ASSERT_TRUE(loaded.ok()) << loaded.error().inner;
  EXPECT_EQ(Part(loaded->Render(MailKind::kLockout, Header(), Values()), 0), "line 15\r\n");
}

}  // namespace
}  // namespace gatehouse::auth
