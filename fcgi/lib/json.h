// The owner of RapidJSON: a strict reader with limits, and a writer.
//
// Parse() accepts one RFC 8259 document in well-formed UTF-8, refuses duplicate members, more than
// 16 levels, anything after the document, and numbers beyond a double (1e400). Strings may hold
// "\u0000"; whoever takes a string checks it (fcgi/http/schema.h does for requests).
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <variant>
#include <vector>

namespace gatehouse::json {

class Value;
using Array = std::vector<Value>;
using Object = std::vector<std::pair<std::string, Value>>;  // in document order

class Value {
 public:
  Value() = default;                            // null
  Value(bool b) : v_(b) {}                      // NOLINT(*explicit*)
  Value(std::int64_t i) : v_(i) {}              // NOLINT(*explicit*)
  Value(double d) : v_(d) {}                    // NOLINT(*explicit*)
  Value(std::string s) : v_(std::move(s)) {}    // NOLINT(*explicit*)
  Value(const char* s) : v_(std::string(s)) {}  // NOLINT(*explicit*): else a literal becomes a bool
  Value(Array a) : v_(std::move(a)) {}          // NOLINT(*explicit*)
  Value(Object o) : v_(std::move(o)) {}         // NOLINT(*explicit*)

  bool is_null() const { return std::holds_alternative<std::monostate>(v_); }
  // nullptr where the value is of another kind. An integer beyond int64 is a double.
  const bool* boolean() const { return std::get_if<bool>(&v_); }
  const std::int64_t* integer() const { return std::get_if<std::int64_t>(&v_); }
  const double* number() const { return std::get_if<double>(&v_); }
  const std::string* string() const { return std::get_if<std::string>(&v_); }
  const Array* array() const { return std::get_if<Array>(&v_); }
  const Object* object() const { return std::get_if<Object>(&v_); }
  std::string* string() { return std::get_if<std::string>(&v_); }
  Array* array() { return std::get_if<Array>(&v_); }
  Object* object() { return std::get_if<Object>(&v_); }

  // Member of an object; nullptr where absent or not an object.
  const Value* Find(std::string_view name) const;

 private:
  std::variant<std::monostate, bool, std::int64_t, double, std::string, Array, Object> v_;
};

inline constexpr int kMaxDepth = 16;

// nullopt where `text` is not acceptable; `why` (may be null) then says what and where, for the
// developer's `detail`.
std::optional<Value> Parse(std::string_view text, std::string* why = nullptr);

// Compact JSON of a value.
std::string Write(const Value& value);

// Writes one document, member by member, without building a tree. Unbalanced calls are a bug and
// abort in debug builds.
class Writer {
 public:
  Writer();
  ~Writer();
  Writer(Writer&&) noexcept;

  Writer& BeginObject();
  Writer& EndObject();
  Writer& BeginArray();
  Writer& EndArray();
  Writer& Key(std::string_view key);
  Writer& String(std::string_view s);
  Writer& Int(std::int64_t i);
  Writer& Bool(bool b);
  Writer& Null();
  Writer& Raw(std::string_view json);  // a document made elsewhere, trusted to be valid
  Writer& Any(const Value& value);

  Writer& Member(std::string_view key, std::string_view s) { return Key(key).String(s); }
  Writer& Member(std::string_view key, const char* s) { return Key(key).String(s); }
  Writer& Member(std::string_view key, const std::string& s) { return Key(key).String(s); }
  Writer& Member(std::string_view key, const std::optional<std::string>& s) {
    return s ? Key(key).String(*s) : Key(key).Null();
  }
  Writer& Member(std::string_view key, bool b) { return Key(key).Bool(b); }
  Writer& Member(std::string_view key, std::int64_t i) { return Key(key).Int(i); }
  Writer& Member(std::string_view key, int i) { return Key(key).Int(i); }

  std::string Take();  // the document; the writer is empty afterwards

 private:
  struct Impl;
  std::unique_ptr<Impl> impl_;
};

// Called for each member of a flat object, in order. Values of other kinds than these are handed
// over as kOther (their text is not given).
class FlatVisitor {
 public:
  virtual ~FlatVisitor() = default;
  virtual bool OnString(std::string_view key, std::string_view value) = 0;
  virtual bool OnInteger(std::string_view key, std::int64_t value) = 0;
  virtual bool OnOther(std::string_view key) = 0;  // bool, null, double, array, object (skipped)
};
// Reads the top level of an object without building a tree (the hot path reads JWT claims so).
// False where the text is not a valid document, not an object, deeper than kMaxDepth, has a
// duplicate member at the top level, or the visitor returned false.
bool VisitFlat(std::string_view text, FlatVisitor& visitor);

}  // namespace gatehouse::json
