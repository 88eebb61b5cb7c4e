// A verify worker has others waiting, and answers them from proofs. After a MariaDB that let it
// wait (frozen, not down: that is told at once) it leaves it alone for a while, whichever question
// comes (DESIGN.md 6).
#pragma once

#include "fcgi/base/clock.h"
#include "fcgi/base/result.h"

namespace gatehouse::auth {

class DatabaseRest {
 public:
  // Before a question; kUnavailable while MariaDB is left alone.
  Status Ask() {
    if (!until_.Expired()) {
      return RetryLater(ErrorCode::kUnavailable, 2, "MariaDB did not answer a moment ago");
    }
    quick_ = Deadline::In(kQuick);
    return {};
  }
  // After one that failed.
  void Failed() {
    if (quick_.Expired()) until_ = Deadline::In(kRest);
  }

 private:
  static constexpr Millis kQuick{200};
  static constexpr Millis kRest{1000};
  Deadline until_ = Deadline::In(Millis(0));
  Deadline quick_ = Deadline::In(Millis(0));
};

}  // namespace gatehouse::auth
