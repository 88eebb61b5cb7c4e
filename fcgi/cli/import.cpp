// `gatehouse import users`: people of other systems come in with the hashes that they have there
// (SPEC P1, A4, R4). The file is read twice: the first time everything in it is checked, and
// nothing is written where anything is wrong; the second time it is written, a batch a transaction.
#include "sql/store/import.h"

#include <unistd.h>

#include <CLI/CLI.hpp>
#include <algorithm>
#include <cinttypes>
#include <cstdio>
#include <cstring>
#include <deque>
#include <memory>

#include "fcgi/cli/command.h"
#include "fcgi/cli/import_reader.h"
#include "fcgi/cli/import_record.h"
#include "fcgi/lib/crypto.h"
#include "fcgi/lib/text.h"
#include "sql/store/tenants.h"

namespace gatehouse::cli {
namespace {

constexpr std::size_t kBatch = 1000;              // users a transaction
constexpr std::size_t kBatchBytes = 1024 * 1024;  // of records: the statements fit in a packet
constexpr std::size_t kMaxShown = 50;             // problems
constexpr std::size_t kMaxProblemBytes = 500;
constexpr std::uint64_t kProgressEvery = 10'000;
// Of one step, say a batch. A large import may take as long as it takes.
constexpr Millis kStepDeadline{60'000};

struct Options {
  std::string tenant, file;
  bool skip_existing = false, dry_run = false;
};

// What is wrong with the file: the first of it in words, all of it in number.
class Findings {
 public:
  void Add(const std::string& where, const std::string& what) {
    // Names of members and roles are the file's own: nothing of them may steer a terminal.
    if (count_++ < kMaxShown) {
      text_ += "\n" + text::Printable(where + ": " + what, kMaxProblemBytes);
    }
  }
  std::uint64_t count() const { return count_; }
  Error Summary(const std::string& file) const {
    std::string out = file + ": " + std::to_string(count_) +
                      (count_ == 1 ? " problem" : " problems") + ", nothing is imported" + text_;
    if (count_ > kMaxShown) out += "\n... and " + std::to_string(count_ - kMaxShown) + " more";
    return MakeError(ErrorCode::kValidationFailed, out);
  }

 private:
  std::string text_;
  std::uint64_t count_ = 0;
};

// Which addresses the file has, by half of their SHA-256: 24 bytes a record, where the addresses
// themselves would take several times that. Two that agree in 128 bits are the same.
class SeenAddresses {
 public:
  void Add(std::string_view email, std::uint64_t number) {
    Entry& entry = entries_.emplace_back();
    const auto digest = crypto::Sha256(email);
    std::memcpy(entry.half.data(), digest.data(), entry.half.size());
    entry.number = number;
  }
  // Calls found(number, number of the first with the same address).
  template <class Found>
  void EachRepeated(Found found) {
    std::sort(entries_.begin(), entries_.end());
    const Entry* first = nullptr;
    for (const Entry& entry : entries_) {
      if (first != nullptr && first->half == entry.half) {
        found(entry.number, first->number);
      } else {
        first = &entry;
      }
    }
  }

 private:
  struct Entry {
    std::array<std::uint8_t, 16> half;
    std::uint64_t number;
    auto operator<=>(const Entry&) const = default;
  };
  std::deque<Entry> entries_;  // grows without copying
};

// What the first reading found.
struct Plan {
  std::uint64_t users = 0;     // to be imported
  std::uint64_t existing = 0;  // to be skipped
};

struct Batch {
  std::vector<store::ImportedUser> users;
  std::size_t bytes = 0;
  bool full() const { return users.size() >= kBatch || bytes >= kBatchBytes; }
};

class Importer {
 public:
  Importer(Session& session, const auth::TenantContext& tenant, const Options& options,
           ImportFile& file, RoleBook roles)
      : session_(session),
        services_(session.services()),
        tenant_(tenant.row.id),
        slug_(tenant.row.slug),
        options_(options),
        file_(file),
        roles_(std::move(roles)),
        tell_progress_(isatty(STDERR_FILENO) == 1) {}

  // kValidationFailed with everything that is wrong; kTenantUserLimit.
  Result<Plan> Check();
  // How many users were imported.
  Result<std::uint64_t> Write();

 private:
  struct Address {
    std::string where, email;
  };

  RecordReader Reader() {
    return RecordReader([this](std::span<char> out) { return file_.Read(out); });
  }
  Status CheckRecord(const RecordReader& reader, const RecordReader::Record& record);
  Status CheckTaken();
  Status CheckLimit();
  Result<store::ImportedUser> Draft(const ImportRecord& record);
  Status WriteBatch(Batch& batch);
  Result<std::uint64_t> WriteOnce(db::Executor& ex, const Batch& batch,
                                  const store::ImportCause& cause);
  static Status CheckRoom(const store::Tenant& tenant, std::int64_t users, std::uint64_t more);
  Error Taken(const std::string& email) const;
  void Progress(const char* what, std::uint64_t before, std::uint64_t now) const;

  Session& session_;
  auth::Services& services_;
  const TenantId tenant_;
  const std::string slug_;
  const Options& options_;
  ImportFile& file_;
  const RoleBook roles_;
  const bool tell_progress_;

  Findings findings_;
  SeenAddresses seen_;
  std::vector<Address> unasked_;  // not yet looked up in the tenant
  Plan plan_;
  std::uint64_t imported_ = 0;
};

void Importer::Progress(const char* what, std::uint64_t before, std::uint64_t now) const {
  if (tell_progress_ && before / kProgressEvery != now / kProgressEvery) {
    std::fprintf(stderr, "%s %" PRIu64 "\n", what, now);
  }
}

Error Importer::Taken(const std::string& email) const {
  return MakeError(ErrorCode::kAlreadyExists,
                   "there is a user " + email + " already in tenant " + slug_);
}

Status Importer::CheckRecord(const RecordReader& reader, const RecordReader::Record& record) {
  const std::string where = reader.Where(record.number);
  if (record.too_long) {
    findings_.Add(where,
                  "a record has at most " + std::to_string(RecordReader::kMaxRecord) + " bytes");
    return {};
  }
  auto read = ReadImportRecord(record.text, roles_);
  if (!read.ok()) {
    const Error& error = read.error();
    if (error.fields.empty()) findings_.Add(where, "not JSON: " + error.inner);
    for (const auto& field : error.fields) {
      findings_.Add(where, (field.pointer.empty() ? "" : field.pointer + ": ") + field.detail);
    }
    return {};
  }
  seen_.Add(read->email, record.number);
  unasked_.push_back({where, std::move(read->email)});
  return unasked_.size() < kBatch ? Status() : CheckTaken();
}

// Which of the addresses are users of the tenant.
Status Importer::CheckTaken() {
  if (unasked_.empty()) return {};
  std::vector<std::string> emails;
  for (const auto& address : unasked_) emails.push_back(address.email);
  const auto ex = services_.db.Auto(Deadline::In(kStepDeadline));
  GH_ASSIGN(const auto taken, store::TakenEmails(*ex, tenant_, emails));
  const std::uint64_t before = plan_.users;
  for (const auto& address : unasked_) {
    if (taken.count(address.email) == 0) {
      ++plan_.users;
    } else if (options_.skip_existing) {
      ++plan_.existing;
    } else {
      findings_.Add(address.where, "/email: " + Taken(address.email).inner);
    }
  }
  unasked_.clear();
  Progress("checked", before, plan_.users);
  return {};
}

Status Importer::CheckRoom(const store::Tenant& tenant, std::int64_t users, std::uint64_t more) {
  if (!tenant.max_users || users + static_cast<std::int64_t>(more) <= *tenant.max_users) return {};
  return MakeError(ErrorCode::kTenantUserLimit,
                   std::string(Info(ErrorCode::kTenantUserLimit).detail) + " (" +
                       std::to_string(users) + " of " + std::to_string(*tenant.max_users) +
                       ", and " + std::to_string(more) + " more)");
}

Status Importer::CheckLimit() {
  return services_.db.Transact<void>(Deadline::In(kStepDeadline), [&](db::Executor& ex) -> Status {
    GH_ASSIGN(const auto tenant, store::LockTenant(ex, tenant_));
    if (!tenant) return MakeError(ErrorCode::kNotFound, "there is no tenant " + slug_);
    if (!tenant->max_users) return {};
    GH_ASSIGN(const auto users, store::CountUsers(ex, tenant_));
    return CheckRoom(*tenant, users, plan_.users);
  });
}

Result<Plan> Importer::Check() {
  RecordReader reader = Reader();
  for (;;) {
    auto record = reader.Next();
    if (!record.ok() && record.error().code == ErrorCode::kMalformedJson) {
      findings_.Add("end", record.error().inner);
      break;
    }
    GH_TRY(record);
    if (!record.value()) break;
    GH_TRY(CheckRecord(reader, **record));
  }
  GH_TRY(CheckTaken());
  seen_.EachRepeated([&](std::uint64_t again, std::uint64_t first) {
    findings_.Add(reader.Where(again), "/email: the same address as in " + reader.Where(first));
  });
  if (findings_.count() > 0) return findings_.Summary(options_.file);
  GH_TRY(CheckLimit());
  return plan_;
}

Result<store::ImportedUser> Importer::Draft(const ImportRecord& record) {
  const TimePoint now = session_.now();
  store::ImportedUser user{UserId::New(now, services_.entropy),
                           record.email,
                           record.password_hash,
                           record.first_name,
                           record.last_name,
                           record.roles,
                           EventId::New(now, services_.entropy),
                           {}};
  json::Writer after;
  after.BeginObject().Member("email", user.email).Member("imported", true).Key("roles");
  after.BeginArray();
  for (const auto& name : record.role_names) after.String(name);
  user.audit_after = after.EndArray().EndObject().Take();
  return user;
}

// In the transaction of a batch: how many of it were inserted. Whoever adds a user elsewhere needs
// the tenant's row as well (users_tenant, a foreign key): under its lock what is read here about
// addresses and numbers stays true.
Result<std::uint64_t> Importer::WriteOnce(db::Executor& ex, const Batch& batch,
                                          const store::ImportCause& cause) {
  GH_ASSIGN(const auto tenant, store::LockTenant(ex, tenant_));
  if (!tenant) return MakeError(ErrorCode::kNotFound, "there is no tenant " + slug_);
  std::vector<std::string> emails;
  for (const auto& user : batch.users) emails.push_back(user.email);
  GH_ASSIGN(const auto taken, store::TakenEmails(ex, tenant_, emails));
  if (!taken.empty() && !options_.skip_existing) return Taken(*taken.begin());
  std::vector<store::ImportedUser> fresh;
  if (!taken.empty()) {
    std::copy_if(batch.users.begin(), batch.users.end(), std::back_inserter(fresh),
                 [&](const auto& user) { return taken.count(user.email) == 0; });
  }
  const auto& users = taken.empty() ? batch.users : fresh;
  if (tenant->max_users) {
    GH_ASSIGN(const auto there, store::CountUsers(ex, tenant_));
    GH_TRY(CheckRoom(*tenant, there, users.size()));
  }
  GH_TRY(store::InsertImported(ex, tenant_, users, cause));
  return users.size();
}

Status Importer::WriteBatch(Batch& batch) {
  if (batch.users.empty()) return {};
  const store::ImportCause cause{session_.now(), session_.caller().ip,
                                 session_.caller().request_id};
  // Whoever of the batch is there has an id that only this batch gives.
  const auto committed = [&](db::Executor& ex) -> Result<bool> {
    for (const auto& user : batch.users) {
      GH_ASSIGN(const auto there, store::FindUser(ex, tenant_, user.id));
      if (there) return true;
    }
    return false;
  };
  GH_ASSIGN(const auto written,
            services_.db.Transact<std::uint64_t>(
                Deadline::In(kStepDeadline),
                [&](db::Executor& ex) { return WriteOnce(ex, batch, cause); }, committed));
  Progress("imported", imported_, imported_ + written);
  imported_ += written;
  batch = {};
  return {};
}

Result<std::uint64_t> Importer::Write() {
  const auto all = [&]() -> Status {
    GH_TRY(file_.Rewind());
    RecordReader reader = Reader();
    Batch batch;
    for (;;) {
      GH_ASSIGN(const auto record, reader.Next());
      if (!record) return WriteBatch(batch);
      // Checked anew, not believed: between the two readings only the file's times were looked at.
      GH_ASSIGN(const auto read, ReadImportRecord(record->text, roles_));
      GH_ASSIGN(auto user, Draft(read));
      batch.users.push_back(std::move(user));
      batch.bytes += record->text.size();
      if (batch.full()) GH_TRY(WriteBatch(batch));
    }
  };
  auto done = all();
  if (done.ok()) return imported_;
  // What is imported stays: told, so that the rest can follow.
  Error error = std::move(done).error();
  error.inner = Describe(error) + "; " + std::to_string(imported_) +
                " users are imported so far, --skip-existing goes on from there";
  error.fields.clear();
  return error;
}

Status ImportUsers(const Invocation& invocation, const Options& options) {
  GH_ASSIGN(auto file, ImportFile::Open(options.file));
  GH_ASSIGN(const auto session, Session::Open(invocation));
  GH_ASSIGN(const auto tenant, session->Tenant(options.tenant));
  GH_ASSIGN(auto roles, RoleBook::Load(*session->Auto(), tenant.row.id));
  Importer importer(*session, tenant, options, file, std::move(roles));
  GH_ASSIGN(const auto plan, importer.Check());
  const auto say = [&](std::uint64_t imported, const char* what, std::uint64_t skipped) {
    Say("tenant " + options.tenant + ": " + what + std::to_string(imported) + ", skipped " +
        std::to_string(skipped));
  };
  if (options.dry_run) {
    say(plan.users, "nothing is written; would be imported ", plan.existing);
    return {};
  }
  GH_ASSIGN(const auto imported, importer.Write());
  say(imported, "imported ", plan.users + plan.existing - imported);
  return {};
}

}  // namespace

void AddImportCommands(CLI::App& app, Invocation& invocation) {
  auto* import = app.add_subcommand("import", "Import from other systems")->require_subcommand(1);
  const auto options = std::make_shared<Options>();
  auto* users = import->add_subcommand(
      "users",
      "Import users with their password hashes: active, address verified. FILE is a JSON array, or"
      " has one object a line: {email, password_hash, first_name?, last_name?, roles?: [names]}");
  users->add_option("--tenant", options->tenant, "Tenant (slug)")->required();
  users->add_option("file", options->file, "File to import")->required()->type_name("FILE");
  users->add_flag("--skip-existing", options->skip_existing,
                  "Pass over addresses that the tenant has; also to go on after a cut-off import");
  users->add_flag("--dry-run", options->dry_run, "Check only, write nothing");
  users->callback([&invocation, options] {
    invocation.action = [&invocation, options] { return ImportUsers(invocation, *options); };
  });
}

}  // namespace gatehouse::cli
