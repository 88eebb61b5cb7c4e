// The lists of administration, measured at the database; bench/lists starts the MariaDB for it.
//
//   bench_lists SOCKET USERS ATTEMPTS
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

// The median of five, after one that warms the cache.
double Measure(const support::ListCase& list, db::Executor& ex, bool deep) {
  std::array<double, 5> runs{};
  Must(list.run(ex, deep));
  for (double& run : runs) {
    const auto begin = std::chrono::steady_clock::now();
    Must(list.run(ex, deep));
    run = Milliseconds(begin);
  }
  std::sort(runs.begin(), runs.end());
  return runs[2];
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
  if (argc != 4) {
    std::fprintf(stderr, "usage: bench_lists SOCKET USERS ATTEMPTS (bench/lists calls it)\n");
    return 2;
  }
  support::ListLoad load;
  load.users = std::max(1000, std::atoi(argv[2]));
  load.attempts = std::max(1000, std::atoi(argv[3]));
  load.events = std::max(1000, load.attempts / 10);
  Prepare(argv[1], load);

  db::Database db(Account(argv[1], "gatehouse"));
  const auto ex = db.Auto(Deadline::In(Seconds(3600)));
  const auto cases = support::ListCases::Make(*ex);
  std::printf("%-58s %9s %9s  %s\n", "list", "first ms", "deep ms", "found by");
  std::size_t slow = 0, without_index = 0;
  for (const auto& list : cases) {
    bool by_index = true;
    const std::string plan = Plan(list, *ex, false, by_index);
    Plan(list, *ex, true, by_index);
    const double first = Measure(list, *ex, false), deep = Measure(list, *ex, true);
    const bool too_slow = std::max(first, deep) > kTargetMs;
    std::printf("%-58s %9.2f %9.2f  %s%s%s\n", list.name.c_str(), first, deep, plan.c_str(),
                too_slow ? "  SLOW" : "", by_index ? "" : "  NO INDEX");
    std::fflush(stdout);
    slow += too_slow ? 1 : 0;
    without_index += by_index ? 0 : 1;
  }
  std::printf("\n%zu lists; %zu over %.0f ms, %zu without an index\n", cases.size(), slow,
              kTargetMs, without_index);
  return cases.empty() || slow > 0 || without_index > 0 ? 1 : 0;
}
