// Result<T>: a value or an Error. What can fail returns one; exceptions stay inside the wrappers of
// libraries that throw. Absent is not failed: a look-up returns Result<std::optional<T>>.
#pragma once

#include <cassert>
#include <optional>
#include <utility>
#include <variant>

#include "fcgi/base/error.h"

namespace gatehouse {

template <class T>
class [[nodiscard]] Result {
 public:
  using value_type = T;
  Result(T value) : state_(std::in_place_index<0>, std::move(value)) {}      // NOLINT(*explicit*)
  Result(Error error) : state_(std::in_place_index<1>, std::move(error)) {}  // NOLINT(*explicit*)

  bool ok() const { return state_.index() == 0; }
  explicit operator bool() const { return ok(); }

  // Requires ok().
  T& value() & { return *std::get_if<0>(&state_); }
  const T& value() const& { return *std::get_if<0>(&state_); }
  T&& value() && { return std::move(*std::get_if<0>(&state_)); }
  T& operator*() & { return value(); }
  const T& operator*() const& { return value(); }
  T* operator->() { return &value(); }
  const T* operator->() const { return &value(); }

  // Requires !ok().
  Error& error() & { return *std::get_if<1>(&state_); }
  const Error& error() const& { return *std::get_if<1>(&state_); }
  Error&& error() && { return std::move(*std::get_if<1>(&state_)); }

 private:
  std::variant<T, Error> state_;
};

template <>
class [[nodiscard]] Result<void> {
 public:
  using value_type = void;
  Result() = default;
  Result(Error error) : error_(std::move(error)) {}  // NOLINT(*explicit*)

  bool ok() const { return !error_.has_value(); }
  explicit operator bool() const { return ok(); }
  Error& error() & { return *error_; }
  const Error& error() const& { return *error_; }
  Error&& error() && { return std::move(*error_); }

 private:
  std::optional<Error> error_;
};

using Status = Result<void>;

}  // namespace gatehouse

#define GH_CONCAT_INNER(a, b) a##b
#define GH_CONCAT(a, b) GH_CONCAT_INNER(a, b)

// GH_TRY(expr): returns expr's error from the enclosing function, if it has one.
#define GH_TRY(expr)                                                                   \
  do {                                                                                 \
    if (auto gh_status = (expr); !gh_status.ok()) return std::move(gh_status).error(); \
  } while (false)

// GH_ASSIGN(auto x, expr): the value of expr, or return its error.
#define GH_ASSIGN(decl, expr) GH_ASSIGN_IMPL(GH_CONCAT(gh_result_, __LINE__), decl, expr)
#define GH_ASSIGN_IMPL(tmp, decl, expr)         \
  auto tmp = (expr);                            \
  if (!tmp.ok()) return std::move(tmp).error(); \
  decl = std::move(tmp).value()
