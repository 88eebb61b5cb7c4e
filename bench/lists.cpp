// The lists of administration, measured at the database; bench/lists starts the MariaDB for it.
//
//   bench_lists SOCKET USERS ATTEMPTS [ONLY]
//
// Migrates and fills the empty database `gatehouse` there (unless it is filled already), then
// prints for every list, filter and order the time of the first page and of one from the middle,
// and how the server finds the rows. Ends with 1 where that takes too long, or goes without an
// index.
#include <algorithm>
#include <array>
#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <fstream>
#include <set>
#include <string>

#include "sql/db/migrate.h"
#include "tests/support/list_load.h"

namespace {

using namespace gatehouse;

constexpr double kTargetMs = 20;

const db::Sql kFilled{"bench.filled", "SELECT COUNT(*) FROM tenants WHERE slug = 'bench0'"};

db::Options Account(const char* socket, const char* user) {
  db::Options options;
  options.socket = socket;
  options.name = "gatehouse";
  options.user = user;
  options.password = "bench";
  return options;
}

const db::Sql kThread{"bench.thread",
                      "SELECT @@pid_file, CAST(tid AS SIGNED) FROM information_schema.processlist"
                      " WHERE id = CONNECTION_ID()"};

template <class T>
T Must(Result<T> result) {
  if (!result.ok()) {
    std::fprintf(stderr, "%s\n", result.error().inner.c_str());
    std::exit(2);
  }
  return std::move(result).value();
}

double Milliseconds(std::chrono::steady_clock::time_point since) {
  return std::chrono::duration<double, std::milli>(std::chrono::steady_clock::now() - since)
      .count();
}

void Prepare(const char* socket, const support::ListLoad& load) {
  db::Database owner(Account(socket, "gatehouse_owner"));
  const auto begin = std::chrono::steady_clock::now();
  Must(db::Migrate(owner, "gatehouse", "localhost", Deadline::In(Seconds(60))));
  if (Must(owner.Auto(Deadline::In(Seconds(60)))->QueryOne(kFilled, {}))->Int(0) != 0) return;
  const auto filled = owner.RunScript(support::FillScript(load), Deadline::In(Seconds(3600)));
  if (!filled.ok()) {
    std::fprintf(stderr, "%s\n", filled.error().inner.c_str());
    std::exit(2);
  }
  std::printf("%d users, %d attempts, %d events in %.0f s\n\n", load.users, load.attempts,
              load.events, Milliseconds(begin) / 1000);
}

// What the thread that serves a connection has worked; milliseconds.
class ServerCpu {
 public:
  explicit ServerCpu(db::Executor& ex) {
    const auto row = Must(ex.QueryOne(kThread, {}));
    std::string pid;
    std::ifstream(row->Text(0)) >> pid;
    path_ = "/proc/" + pid + "/task/" + std::to_string(row->Int(1)) + "/schedstat";
  }
  double Now() const {
    double nanoseconds = 0;
    std::ifstream(path_) >> nanoseconds;
    return nanoseconds / 1e6;
  }

 private:
  std::string path_;
};

struct Cost {
  double wall, cpu;  // milliseconds
};

// Medians of five, after one that warms the cache.
Cost Measure(const support::ListCase& list, db::Executor& ex, const ServerCpu& cpu, bool deep) {
  std::array<double, 5> wall{}, work{};
  Must(list.run(ex, deep));
  for (std::size_t i = 0; i < wall.size(); ++i) {
    const double worked = cpu.Now();
    const auto begin = std::chrono::steady_clock::now();
    Must(list.run(ex, deep));
    wall[i] = Milliseconds(begin);
    work[i] = cpu.Now() - worked;
  }
  std::sort(wall.begin(), wall.end());
  std::sort(work.begin(), work.end());
  return {wall[2], work[2]};
}

// "table:key rows" of each step; whether all stored rows are found by an index.
std::string Plan(const support::ListCase& list, db::Executor& ex, bool deep, bool& by_index) {
  support::Explainer explainer(ex);
  Must(list.run(explainer, deep));
  std::string out;
  std::set<std::string> seen;
  for (const auto& step : explainer.steps) {
    if (!step.is_stored()) continue;
    if (!step.is_found_by_index()) by_index = false;
    const std::string text =
        step.table + ":" + (step.key.empty() ? "-" : step.key) + "/" + step.type + " " + step.rows;
    if (!seen.insert(text).second) continue;
    if (!out.empty()) out += ", ";
    out += text;
  }
  return out;
}

}  // namespace

int main(int argc, char** argv) {
  if (argc != 4 && argc != 5) {
    std::fprintf(stderr,
                 "usage: bench_lists SOCKET USERS ATTEMPTS [ONLY] (bench/lists calls it)\n");
    return 2;
  }
  support::ListLoad load;
  load.users = std::max(1000, std::atoi(argv[2]));
  load.attempts = std::max(1000, std::atoi(argv[3]));
  load.events = std::max(1000, load.attempts / 10);
  Prepare(argv[1], load);

  db::Database db(Account(argv[1], "gatehouse"));
  const auto ex = db.Auto(Deadline::In(Seconds(3600)));
  auto cases = support::ListCases::Make(*ex);
  if (argc == 5) {
    std::erase_if(cases, [&](const auto& list) { return !list.name.starts_with(argv[4]); });
  }
  const ServerCpu cpu(*ex);
  std::printf("%-58s %8s %8s %8s %8s  %s\n", "list", "first ms", "cpu", "deep ms", "cpu",
              "found by");
  std::size_t slow = 0, without_index = 0;
  for (const auto& list : cases) {
    bool by_index = true;
    const std::string plan = Plan(list, *ex, false, by_index);
    Plan(list, *ex, true, by_index);
    const Cost first = Measure(list, *ex, cpu, false), deep = Measure(list, *ex, cpu, true);
    const bool too_slow = std::max(first.wall, deep.wall) > kTargetMs;
    std::printf("%-58s %8.2f %8.2f %8.2f %8.2f  %s%s%s\n", list.name.c_str(), first.wall, first.cpu,
                deep.wall, deep.cpu, plan.c_str(), too_slow ? "  SLOW" : "",
                by_index ? "" : "  NO INDEX");
    std::fflush(stdout);
    slow += too_slow ? 1 : 0;
    without_index += by_index ? 0 : 1;
  }
  std::printf("\n%zu lists; %zu over %.0f ms, %zu without an index\n", cases.size(), slow,
              kTargetMs, without_index);
  return cases.empty() || slow > 0 || without_index > 0 ? 1 : 0;
}
