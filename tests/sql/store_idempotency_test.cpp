// Idempotency keys: API.md "Conventions".
#include "sql/store/idempotency.h"
#include "tests/sql/fixture.h"

namespace gatehouse {
namespace {

using store::IdempotencyRow;

class StoreIdempotency : public SqlTest {
 protected:
  IdempotencyRow NewRow() {
    return {std::string(32, 'r'), NewId<UserId>().uuid, now_ + Seconds(35), std::nullopt, {}, now_};
  }
  bool Claim(const IdempotencyRow& row) {
    return Must(store::ClaimIdempotencyKey(ex(), caller_, key_, row));
  }
  IdempotencyRow Found() {
    const auto row = Must(store::FindIdempotencyKey(ex(), caller_, key_));
    EXPECT_TRUE(row);
    return row.value_or(IdempotencyRow());
  }

  const UserId caller_ = NewId<UserId>();
  const std::string key_ = std::string(32, 'k');
};

TEST_F(StoreIdempotency, AKeyIsClaimedOnceAPerson) {
  EXPECT_FALSE(Must(store::FindIdempotencyKey(ex(), caller_, key_)));
  EXPECT_TRUE(Claim(NewRow()));
  EXPECT_FALSE(Claim(NewRow()));
  EXPECT_TRUE(Must(store::ClaimIdempotencyKey(ex(), NewId<UserId>(), key_, NewRow())));
}

TEST_F(StoreIdempotency, TheAnswerIsKeptByItsOwnClaimOnly) {
  const auto mine = NewRow();
  ASSERT_TRUE(Claim(mine));
  EXPECT_FALSE(store::KeepIdempotentAnswer(ex(), caller_, key_, NewRow().claim, 201, "{}").ok());
  ASSERT_GH_OK(store::KeepIdempotentAnswer(ex(), caller_, key_, mine.claim, 201, "{\"a\":1}"));
  EXPECT_EQ(Found().status, 201);
  EXPECT_EQ(Found().answer, "{\"a\":1}");
  // What is answered is not released.
  ASSERT_GH_OK(store::ReleaseIdempotencyKey(ex(), caller_, key_, mine.claim));
  EXPECT_EQ(Found().status, 201);
}

TEST_F(StoreIdempotency, WhatWasReleasedIsFree) {
  const auto mine = NewRow();
  ASSERT_TRUE(Claim(mine));
  ASSERT_GH_OK(store::ReleaseIdempotencyKey(ex(), caller_, key_, NewRow().claim));
  EXPECT_FALSE(Claim(NewRow()));
  ASSERT_GH_OK(store::ReleaseIdempotencyKey(ex(), caller_, key_, mine.claim));
  EXPECT_TRUE(Claim(NewRow()));
}

// A request that was given up may come to its end after all: its answer must not be wiped and its
// work done twice.
TEST_F(StoreIdempotency, OnlyWhatIsAsItWasReadIsTakenOver) {
  const auto slow = NewRow();
  ASSERT_TRUE(Claim(slow));
  const auto read = Found();
  ASSERT_GH_OK(store::KeepIdempotentAnswer(ex(), caller_, key_, slow.claim, 201, "{}"));
  const auto late = NewRow();
  EXPECT_FALSE(Must(store::TakeOverIdempotencyKey(ex(), caller_, key_, read, late)));
  EXPECT_EQ(Found().status, 201);
  // An answer whose day is over is known as such.
  EXPECT_TRUE(Must(store::TakeOverIdempotencyKey(ex(), caller_, key_, Found(), late)));
  EXPECT_EQ(Found().status, std::nullopt);
  EXPECT_FALSE(store::KeepIdempotentAnswer(ex(), caller_, key_, slow.claim, 201, "{}").ok());
}

}  // namespace
}  // namespace gatehouse
