#include "fcgi/cli/command.h"

#include <algorithm>
#include <cstdio>

#include "fcgi/http/schema.h"
#include "fcgi/lib/text.h"
#include "handlers/auth/identifier.h"

namespace gatehouse::cli {
namespace {

constexpr Millis kCommandDeadline{60000};
constexpr std::size_t kMaxCell = 500;  // bytes

std::string Cell(const json::Value& value) {
  if (const auto* text = value.string()) return text::Printable(*text, kMaxCell);
  if (value.is_null()) return "-";
  if (const auto* yes = value.boolean()) return *yes ? "yes" : "no";
  if (const auto* array = value.array()) {
    std::string out;
    for (const auto& item : *array) out += (out.empty() ? "" : ", ") + Cell(item);
    return out;
  }
  return json::Write(value);
}

void PrintRow(const std::vector<std::string>& cells, const std::vector<std::size_t>& widths) {
  std::string line;
  for (std::size_t i = 0; i < cells.size(); ++i) {
    line += cells[i];
    if (i + 1 < cells.size()) line.append(widths[i] - text::Length(cells[i]) + 2, ' ');
  }
  Say(line);
}

}  // namespace

Result<std::unique_ptr<Session>> Session::Open(const Invocation& invocation) {
  GH_ASSIGN(auto runtime, Runtime::Load(invocation.config_path));
  const TimePoint now = runtime->services().clock.Now();
  auth::Caller caller{"cli", "", "cli", "", now, Deadline::In(kCommandDeadline)};
  return std::unique_ptr<Session>(new Session(std::move(runtime), std::move(caller)));
}

Result<auth::TenantContext> Session::Tenant(const std::string& slug) {
  GH_ASSIGN(auto tenant, auth::FindTenantContext(services(), caller_, slug));
  if (!tenant) return MakeError(ErrorCode::kNotFound, "there is no tenant " + slug);
  return std::move(*tenant);
}

Result<store::User> Session::FindUser(const auth::TenantContext& tenant, const std::string& email) {
  GH_ASSIGN(const std::string canonical, CleanEmail(email));
  GH_ASSIGN(auto user, store::FindUserByEmail(*Auto(), tenant.row.id, canonical));
  if (!user) {
    return MakeError(ErrorCode::kNotFound,
                     "there is no user " + canonical + " in tenant " + tenant.row.slug);
  }
  return std::move(*user);
}

void Listing::Print(bool as_json) const {
  if (as_json) {
    json::Array all;
    for (const auto& row : rows_) {
      json::Object object;
      for (std::size_t i = 0; i < columns_.size(); ++i) object.emplace_back(columns_[i], row[i]);
      all.emplace_back(std::move(object));
    }
    Say(json::Write(json::Value(std::move(all))));
    return;
  }
  std::vector<std::size_t> widths;
  for (const auto& column : columns_) widths.push_back(column.size());
  std::vector<std::vector<std::string>> cells;
  for (const auto& row : rows_) {
    auto& line = cells.emplace_back();
    for (std::size_t i = 0; i < row.size(); ++i) {
      line.push_back(Cell(row[i]));
      widths[i] = std::max(widths[i], text::Length(line.back()));
    }
  }
  PrintRow(columns_, widths);
  for (const auto& line : cells) PrintRow(line, widths);
}

void Say(const std::string& line) {
  std::fwrite(line.data(), 1, line.size(), stdout);
  std::fputc('\n', stdout);
}

std::string Describe(const Error& error) {
  if (error.fields.empty()) {
    return error.inner.empty() ? std::string(Info(error.code).detail) : error.inner;
  }
  std::string out;
  for (const auto& field : error.fields) {
    out += (out.empty() ? "" : "; ") + field.pointer + ": " + field.detail;
  }
  return out;
}

Result<std::string> CleanText(std::string_view what, std::string_view text, std::size_t max) {
  const auto clean = text::Nfc(text);
  if (!clean || text::IsBlank(*clean) || text::HasControl(*clean) || text::Length(*clean) > max) {
    return MakeError(ErrorCode::kValidationFailed,
                     std::string(what) + " must have 1 to " + std::to_string(max) +
                         " characters, none of them a control character, and not blanks alone");
  }
  return *clean;
}

Result<std::string> CleanEmail(std::string_view email) {
  std::string canonical = auth::CanonicalEmail(email);
  if (!http::IsEmail(canonical)) {
    return MakeError(ErrorCode::kValidationFailed,
                     "not an e-mail address: " + text::Printable(email, 100));
  }
  return canonical;
}

}  // namespace gatehouse::cli
