#include "sql/db/fault.h"

#include <errmsg.h>
#include <mysqld_error.h>

#include <algorithm>
#include <iterator>
#include <string>

namespace gatehouse::db {
namespace {

// Seconds after which asking again makes sense: a restart of MariaDB takes about that.
constexpr int kRetryAfterS = 5;

enum class Then { kStays, kRerun, kLost };

struct Known {
  unsigned number;
  ErrorCode code;
  Then then;
  bool text_is_safe;  // names columns, keys and variables, never values
};

constexpr Known kKnown[] = {
    {ER_DUP_ENTRY, ErrorCode::kAlreadyExists, Then::kStays, false},
    {ER_STATEMENT_TIMEOUT, ErrorCode::kTimeout, Then::kStays, true},
    // Undone by the server, worth another try.
    {ER_LOCK_DEADLOCK, ErrorCode::kUnavailable, Then::kRerun, true},
    {ER_LOCK_WAIT_TIMEOUT, ErrorCode::kUnavailable, Then::kRerun, true},
    {ER_CHECKREAD, ErrorCode::kUnavailable, Then::kRerun, true},
    // The server takes no writes: read-only, or its disk is full.
    {ER_OPTION_PREVENTS_STATEMENT, ErrorCode::kUnavailable, Then::kStays, true},
    {ER_CANT_EXECUTE_IN_READ_ONLY_TRANSACTION, ErrorCode::kUnavailable, Then::kStays, true},
    {ER_READ_ONLY_MODE, ErrorCode::kUnavailable, Then::kStays, true},
    {ER_DISK_FULL, ErrorCode::kUnavailable, Then::kStays, true},
    {ER_RECORD_FILE_FULL, ErrorCode::kUnavailable, Then::kStays, true},
    {ER_ERROR_ON_WRITE, ErrorCode::kUnavailable, Then::kStays, true},
    {ER_GET_ERRNO, ErrorCode::kUnavailable, Then::kStays, true},
    {ER_ERROR_DURING_COMMIT, ErrorCode::kUnavailable, Then::kStays, true},
    // The server has too much to do, or leaves its cluster (1047: WSREP is not ready).
    {ER_CON_COUNT_ERROR, ErrorCode::kUnavailable, Then::kStays, true},
    {ER_TOO_MANY_USER_CONNECTIONS, ErrorCode::kUnavailable, Then::kStays, true},
    {ER_USER_LIMIT_REACHED, ErrorCode::kUnavailable, Then::kStays, true},
    {ER_MAX_PREPARED_STMT_COUNT_REACHED, ErrorCode::kUnavailable, Then::kStays, true},
    {ER_TOO_MANY_CONCURRENT_TRXS, ErrorCode::kUnavailable, Then::kStays, true},
    {ER_UNKNOWN_COM_ERROR, ErrorCode::kUnavailable, Then::kStays, true},
    {ER_QUERY_INTERRUPTED, ErrorCode::kUnavailable, Then::kStays, true},
    // The server hangs up. 1243 and 1615: it no longer knows our prepared statement.
    {ER_SERVER_SHUTDOWN, ErrorCode::kUnavailable, Then::kLost, true},
    {ER_CONNECTION_KILLED, ErrorCode::kUnavailable, Then::kLost, true},
    {ER_NORMAL_SHUTDOWN, ErrorCode::kUnavailable, Then::kLost, true},
    {ER_UNKNOWN_STMT_HANDLER, ErrorCode::kUnavailable, Then::kLost, false},
    {ER_NEED_REPREPARE, ErrorCode::kUnavailable, Then::kLost, true},
    // Ours to mend; the text says where.
    {ER_BAD_NULL_ERROR, ErrorCode::kInternal, Then::kStays, true},
    {ER_NO_DEFAULT_FOR_FIELD, ErrorCode::kInternal, Then::kStays, true},
    {ER_DATA_TOO_LONG, ErrorCode::kInternal, Then::kStays, true},
    {ER_WARN_DATA_OUT_OF_RANGE, ErrorCode::kInternal, Then::kStays, true},
    {ER_NO_REFERENCED_ROW_2, ErrorCode::kInternal, Then::kStays, true},
    {ER_ROW_IS_REFERENCED_2, ErrorCode::kInternal, Then::kStays, true},
    {ER_TABLEACCESS_DENIED_ERROR, ErrorCode::kInternal, Then::kStays, true},
    {ER_NO_SUCH_TABLE, ErrorCode::kInternal, Then::kStays, true},
};

const Known* Find(unsigned number) {
  const auto* row = std::find_if(std::begin(kKnown), std::end(kKnown),
                                 [&](const Known& known) { return known.number == number; });
  return row == std::end(kKnown) ? nullptr : row;
}

// The connector's own numbers: whatever they say, the connection can no longer be trusted.
bool IsClientError(unsigned number) {
  return (number >= CR_MIN_ERROR && number <= CR_MAX_ERROR) ||
         (number >= CER_MIN_ERROR && number <= CER_MAX_ERROR);
}

// "Duplicate entry '…' for key 'users_email'": the entry may hold anything, the key comes last.
std::string_view DuplicateKey(std::string_view text) {
  if (!text.ends_with('\'')) return {};
  text.remove_suffix(1);
  const auto quote = text.rfind('\'');
  if (quote == std::string_view::npos) return {};
  return text.substr(quote + 1);
}

std::string Inner(std::string_view what, unsigned number, std::string_view text) {
  std::string inner(what);
  inner += ": ";
  inner += std::to_string(number);
  if (!text.empty()) {
    inner += ' ';
    inner += text;
  }
  return inner;
}

}  // namespace

Fault ServerFault(std::string_view what, unsigned number, std::string_view text,
                  bool values_bound) {
  const Known* known = Find(number);
  const bool lost = IsClientError(number) || (known != nullptr && known->then == Then::kLost);
  const auto code = known != nullptr ? known->code
                    : lost           ? ErrorCode::kUnavailable
                                     : ErrorCode::kInternal;
  const bool safe =
      !values_bound || IsClientError(number) || (known != nullptr && known->text_is_safe);
  const auto shown = number == ER_DUP_ENTRY ? DuplicateKey(text) : safe ? text : "";
  return {lost ? Fault::Kind::kLost : Fault::Kind::kServer, number,
          RetryLater(code, code == ErrorCode::kUnavailable ? kRetryAfterS : 0,
                     Inner(what, number, shown))};
}

Fault UnreachableFault(std::string_view what, unsigned number, std::string_view text) {
  return {Fault::Kind::kUnreachable, number,
          RetryLater(ErrorCode::kUnavailable, kRetryAfterS, Inner(what, number, text))};
}

Fault DeadlineFault(std::string_view what) {
  return {Fault::Kind::kDeadline, 0,
          MakeError(ErrorCode::kTimeout, std::string(what) + ": deadline passed")};
}

bool CallsForRerun(const Fault& fault) {
  const Known* known = Find(fault.number);
  return fault.kind == Fault::Kind::kServer && known != nullptr && known->then == Then::kRerun;
}

}  // namespace gatehouse::db
