#include "handlers/auth/mail.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <charconv>
#include <chrono>
#include <fstream>
#include <iterator>
#include <set>
#include <vector>

#include "fcgi/base/codec.h"
#include "fcgi/lib/text.h"
#include "handlers/auth/mime.h"

namespace gatehouse::auth {
namespace {

using Names = std::vector<std::string_view>;

// A kind, what its templates may use beside kCommon, and what they must use: a verification mail
// without its link is of no use to anybody.
struct KindRow {
  MailKind kind;
  std::string_view name;
  Names may;
  Names must;
};

const std::array<KindRow, kMailKinds>& Kinds() {
  static const std::array<KindRow, kMailKinds> kinds = {{
      {MailKind::kVerifyEmail, "verify_email", {"link", "minutes_valid", "valid_for"}, {"link"}},
      {MailKind::kAlreadyRegistered,
       "already_registered",
       {"sign_in_link", "reset_link"},
       {"reset_link"}},
      {MailKind::kReset, "reset", {"link", "minutes_valid", "valid_for"}, {"link"}},
      {MailKind::kWelcome, "welcome", {"password", "sign_in_link"}, {"password", "sign_in_link"}},
      {MailKind::kPasswordChanged, "password_changed", {"time", "ip"}, {}},
      {MailKind::kEmailChanged, "email_changed", {"new_email"}, {"new_email"}},
      {MailKind::kNewDevice,
       "new_device",
       {"device", "time", "ip", "sessions_link"},
       {"sessions_link"}},
      {MailKind::kLockout, "lockout", {"minutes", "time"}, {}},
  }};
  return kinds;
}

const Names& Common() {
  static const Names common = {"tenant_name", "recipient_name", "base_url"};
  return common;
}

// In the text these stand on a line of their own (API.md, "Mail"), so that no mail program breaks
// them and every reader can copy them whole.
bool StandsAlone(std::string_view name) {
  return name == "link" || name == "password" || name.ends_with("_link");
}

constexpr std::size_t kMaxValueBytes = 2000;

bool Contains(const Names& names, std::string_view name) {
  return std::find(names.begin(), names.end(), name) != names.end();
}

// Calls `literal` and `name` for the pieces of a template; false where a "{{" has no "}}".
template <class Literal, class Name>
bool ForEachPiece(std::string_view text, Literal literal, Name name) {
  while (true) {
    const auto open = text.find("{{");
    literal(text.substr(0, open));
    if (open == std::string_view::npos) return true;
    const auto close = text.find("}}", open);
    if (close == std::string_view::npos) return false;
    name(text.substr(open + 2, close - open - 2));
    text.remove_prefix(close + 2);
  }
}

// What is wrong with one template of a kind, or "".
std::string Problem(const KindRow& kind, std::string_view text, bool all_required) {
  std::set<std::string_view> used;
  std::string problem;
  const auto check = [&](std::string_view name) {
    if (!Contains(Common(), name) && !Contains(kind.may, name) && problem.empty()) {
      problem = "{{" + std::string(name.substr(0, 40)) + "}} is not known here";
    }
    used.insert(name);
  };
  if (!ForEachPiece(
          text, [](std::string_view) {}, check))
    return "a {{ has no }}";
  if (!problem.empty() || !all_required) return problem;
  for (const auto name : kind.must) {
    if (!used.contains(name)) return "{{" + std::string(name) + "}} is missing";
  }
  return "";
}

std::string AloneProblem(std::string_view text) {
  while (!text.empty()) {
    const auto line = text.substr(0, text.find('\n'));
    text.remove_prefix(std::min(line.size() + 1, text.size()));
    std::string problem;
    ForEachPiece(
        line, [](std::string_view) {},
        [&](std::string_view name) {
          if (StandsAlone(name) && line.size() != name.size() + 4) {
            problem = "{{" + std::string(name) + "}} must stand on a line of its own";
          }
        });
    if (!problem.empty()) return problem;
  }
  return "";
}

enum class Escape { kText, kHtml };

std::string Expand(std::string_view text, const MailValues& values, Escape escape) {
  std::string out;
  ForEachPiece(
      text, [&](std::string_view literal) { out += literal; },
      [&](std::string_view name) {
        const auto it = values.find(name);
        if (it == values.end()) return;
        const std::string value = text::Printable(it->second, kMaxValueBytes);
        out += escape == Escape::kHtml ? mime::EscapeHtml(value) : value;
      });
  return out;
}

// Whoever registers chooses the name in a mail that goes to somebody else: one that a mail program
// would turn into a link is not repeated.
bool LooksLikeLink(std::string_view name) {
  if (name.find_first_of("/\\@") != std::string_view::npos) return true;
  for (std::size_t i = 0; i + 2 < name.size(); ++i) {
    const auto letter = [&](std::size_t at) {
      const auto c = static_cast<unsigned char>(name[at]);
      return (c | 0x20) >= 'a' && (c | 0x20) <= 'z' ? true : c >= 0x80;
    };
    if (name[i] == '.' && letter(i + 1) && letter(i + 2)) return true;
  }
  return false;
}

std::string Plural(int n, std::string_view unit) {
  return fmt::format("{} {}{}", n, unit, n == 1 ? "" : "s");
}

// "1440" is "24 hours"; what is no number stays as it is.
std::string ForPeople(const std::string& minutes) {
  int n = 0;
  const auto [end, error] = std::from_chars(minutes.data(), minutes.data() + minutes.size(), n);
  if (error != std::errc() || end != minutes.data() + minutes.size()) return minutes;
  return n >= 120 && n % 60 == 0 ? Plural(n / 60, "hour") : Plural(n, "minute");
}

std::string TimeForPeople(const std::string& rfc3339) {
  const auto time = FromRfc3339(rfc3339);
  if (!time) return rfc3339;
  const std::string date = mime::Date(*time);  // "Fri, 21 Nov 2026 11:30:28 +0000"
  return date.substr(0, date.size() - 9) + " UTC";
}

MailValues Prepare(const MailHeader& header, MailValues values) {
  auto& name = values["recipient_name"];
  if (name.empty() || LooksLikeLink(name)) name = header.to_address;
  if (const auto it = values.find("minutes_valid"); it != values.end()) {
    values.emplace("valid_for", ForPeople(it->second));
  }
  if (const auto it = values.find("time"); it != values.end())
    it->second = TimeForPeople(it->second);
  return values;
}

// With LF lines, whatever the file has.
Result<std::string> ReadTemplate(const std::string& path) {
  std::ifstream in(path, std::ios::binary);
  std::string text((std::istreambuf_iterator<char>(in)), std::istreambuf_iterator<char>());
  if (!in || text.empty()) return MakeError(ErrorCode::kInternal, path + ": cannot be read");
  if (!IsUtf8(text)) return MakeError(ErrorCode::kInternal, path + ": is not UTF-8");
  std::erase(text, '\r');
  return text;
}

}  // namespace

std::string_view ToString(MailKind kind) { return Kinds()[static_cast<std::size_t>(kind)].name; }

Result<MailTemplates> MailTemplates::Load(const std::string& folder) {
  GH_ASSIGN(const std::string layout, ReadTemplate(folder + "/layout.html"));
  constexpr std::string_view kSlot = "{{content}}";
  const auto slot = layout.find(kSlot);
  if (slot == std::string::npos) {
    return MakeError(ErrorCode::kInternal, folder + "/layout.html: {{content}} is missing");
  }
  MailTemplates out;
  for (const KindRow& kind : Kinds()) {
    const std::string base = folder + "/" + std::string(kind.name);
    GH_ASSIGN(std::string text, ReadTemplate(base + ".txt"));
    GH_ASSIGN(const std::string html, ReadTemplate(base + ".html"));
    const auto bad = [&](std::string_view suffix, const std::string& what) {
      return MakeError(ErrorCode::kInternal, base + std::string(suffix) + ": " + what);
    };
    constexpr std::string_view kSubject = "Subject: ";
    const auto subject_end = text.find("\n\n");
    if (!text.starts_with(kSubject) || subject_end != text.find('\n') ||
        subject_end == kSubject.size()) {
      return bad(".txt", "must begin with \"Subject: …\" and an empty line");
    }
    Template made;
    made.subject = text.substr(kSubject.size(), subject_end - kSubject.size());
    made.text = text.substr(subject_end + 2);
    made.html = std::string(layout).replace(slot, kSlot.size(), html);
    if (auto what = Problem(kind, made.subject, false); !what.empty()) return bad(".txt", what);
    if (auto what = Problem(kind, made.text, true); !what.empty()) return bad(".txt", what);
    if (auto what = AloneProblem(made.text); !what.empty()) return bad(".txt", what);
    if (auto what = Problem(kind, made.html, true); !what.empty()) return bad(".html", what);
    out.templates_.emplace(kind.kind, std::move(made));
  }
  return out;
}

std::string MailTemplates::Render(MailKind kind, const MailHeader& header,
                                  const MailValues& given) const {
  const Template& t = templates_.at(kind);
  const MailValues values = Prepare(header, given);
  const std::string from = mime::CleanAddress(header.from_address);
  const std::string domain = from.substr(from.rfind('@') + 1);
  // The id is random and new, so that no value can hold this line.
  const std::string boundary = "=_" + HexEncode(header.id.view());

  std::string out;
  out += "Date: " + mime::Date(header.date) + "\r\n";
  out += "From: " + mime::Mailbox(header.from_name, from) + "\r\n";
  out += "To: " + mime::Mailbox("", header.to_address) + "\r\n";
  out += "Subject: " + mime::HeaderText(Expand(t.subject, values, Escape::kText)) + "\r\n";
  out += "Message-ID: <" + header.id.ToString() + "@" + domain + ">\r\n";
  out += "Auto-Submitted: auto-generated\r\n";
  out += "X-Gatehouse-Mail: " + std::string(ToString(kind)) + "\r\n";
  out += "MIME-Version: 1.0\r\n";
  out += "Content-Type: multipart/alternative; boundary=\"" + boundary + "\"\r\n\r\n";
  out += "--" + boundary + "\r\n" + mime::TextPart("plain", Expand(t.text, values, Escape::kText)) +
         "\r\n";
  out += "--" + boundary + "\r\n" + mime::TextPart("html", Expand(t.html, values, Escape::kHtml)) +
         "\r\n";
  out += "--" + boundary + "--\r\n";
  return out;
}

}  // namespace gatehouse::auth
