#include <cassert>
#include <charconv>
#include <cmath>

#include "fcgi/base/codec.h"
#include "fcgi/lib/json.h"

namespace gatehouse::json {

struct Writer::Impl {
  struct Level {
    bool is_object;
    bool empty = true;
    bool key_given = false;
  };

  // What goes before a value: a comma in an array; in an object its key has seen to that.
  void BeforeValue() {
    if (levels.empty()) {
      assert(out.empty() && "one document only");
      return;
    }
    Level& level = levels.back();
    assert(level.is_object == level.key_given && "in an object, a key before each value");
    if (!level.is_object) Separate(level);
    level.key_given = false;
  }
  void Separate(Level& level) {
    if (!level.empty) out.push_back(',');
    level.empty = false;
  }
  void Begin(bool is_object) {
    BeforeValue();
    levels.push_back({is_object});
    out.push_back(is_object ? '{' : '[');
  }
  void End(bool is_object) {
    assert(!levels.empty() && levels.back().is_object == is_object && !levels.back().key_given);
    levels.pop_back();
    out.push_back(is_object ? '}' : ']');
  }
  template <class Number>
  void Append(Number n) {
    char digits[32];
    const auto end = std::to_chars(digits, digits + sizeof(digits), n).ptr;
    out.append(digits, end);
  }

  std::string out;
  std::vector<Level> levels;
};

Writer::Writer() : impl_(std::make_unique<Impl>()) {}
Writer::~Writer() = default;
Writer::Writer(Writer&&) noexcept = default;

Writer& Writer::BeginObject() {
  impl_->Begin(true);
  return *this;
}

Writer& Writer::EndObject() {
  impl_->End(true);
  return *this;
}

Writer& Writer::BeginArray() {
  impl_->Begin(false);
  return *this;
}

Writer& Writer::EndArray() {
  impl_->End(false);
  return *this;
}

Writer& Writer::Key(std::string_view key) {
  assert(!impl_->levels.empty() && impl_->levels.back().is_object);
  auto& level = impl_->levels.back();
  assert(!level.key_given && "a value is due");
  impl_->Separate(level);
  level.key_given = true;
  AppendJsonString(impl_->out, key);
  impl_->out.push_back(':');
  return *this;
}

Writer& Writer::String(std::string_view s) {
  impl_->BeforeValue();
  AppendJsonString(impl_->out, s);
  return *this;
}

Writer& Writer::Int(std::int64_t i) {
  impl_->BeforeValue();
  impl_->Append(i);
  return *this;
}

Writer& Writer::Bool(bool b) { return Raw(b ? "true" : "false"); }

Writer& Writer::Null() { return Raw("null"); }

Writer& Writer::Raw(std::string_view json) {
  impl_->BeforeValue();
  impl_->out.append(json);
  return *this;
}

Writer& Writer::Any(const Value& value) {
  if (const auto* b = value.boolean()) return Bool(*b);
  if (const auto* i = value.integer()) return Int(*i);
  if (const auto* s = value.string()) return String(*s);
  if (const auto* d = value.number(); d != nullptr && std::isfinite(*d)) {
    impl_->BeforeValue();
    impl_->Append(*d);
    return *this;
  }
  if (const auto* elements = value.array()) {
    BeginArray();
    for (const auto& element : *elements) Any(element);
    return EndArray();
  }
  if (const auto* members = value.object()) {
    BeginObject();
    for (const auto& [key, member] : *members) Key(key).Any(member);
    return EndObject();
  }
  return Null();  // also for what JSON has no number for
}

std::string Writer::Take() {
  assert(impl_->levels.empty() && "unbalanced");
  impl_->levels.clear();
  return std::exchange(impl_->out, {});
}

std::string Write(const Value& value) {
  Writer writer;
  writer.Any(value);
  return writer.Take();
}

}  // namespace gatehouse::json
