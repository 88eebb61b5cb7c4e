#include "fcgi/lib/json.h"

#include <algorithm>
#include <cmath>
#include <cstring>
#include <span>

// RapidJSON is compiled here only; its headers trip over our warnings.
#pragma GCC diagnostic push
#pragma GCC diagnostic ignored "-Wconversion"
#pragma GCC diagnostic ignored "-Wold-style-cast"
#pragma GCC diagnostic ignored "-Wshadow"
#include <rapidjson/error/en.h>
#include <rapidjson/memorystream.h>
#include <rapidjson/reader.h>
#pragma GCC diagnostic pop

#include "fcgi/base/codec.h"

namespace gatehouse::json {
namespace {

using rapidjson::MemoryStream;
using rapidjson::SizeType;
// The handlers stop at kMaxDepth, so the recursive parser is safe, and faster than the iterative.
constexpr unsigned kParseFlags = rapidjson::kParseFullPrecisionFlag;
using Pool = rapidjson::MemoryPoolAllocator<>;
using Reader = rapidjson::GenericReader<rapidjson::UTF8<>, rapidjson::UTF8<>, Pool>;

// IsUtf8, with a short cut for what most strings are.
bool IsWellFormed(std::string_view s) {
  constexpr std::uint64_t kHighBits = 0x8080808080808080U;
  std::uint64_t word = 0;
  std::size_t at = 0;
  for (; s.size() - at >= sizeof(word); at += sizeof(word)) {
    std::memcpy(&word, s.data() + at, sizeof(word));
    if ((word & kHighBits) != 0) break;
  }
  return IsUtf8(s.substr(at));
}

// Sorting keeps a hostile object of thousands of members from costing millions of comparisons.
bool HasDuplicate(std::vector<std::string_view>& names) {
  std::sort(names.begin(), names.end());
  return std::adjacent_find(names.begin(), names.end()) != names.end();
}

bool HasDuplicate(const Object& object) {
  constexpr std::size_t kFew = 8;
  if (object.size() > kFew) {
    std::vector<std::string_view> names;
    names.reserve(object.size());
    for (const auto& [name, value] : object) names.emplace_back(name);
    return HasDuplicate(names);
  }
  for (auto a = object.begin(); a != object.end(); ++a) {
    for (auto b = a + 1; b != object.end(); ++b) {
      if (a->first == b->first) return true;
    }
  }
  return false;
}

// Parses the whole of `text`. RapidJSON takes a NUL for the end, so where it stopped counts as
// well.
template <class Handler>
rapidjson::ParseResult Run(std::string_view text, Handler& handler) {
  // Most documents need no more than this buffer: no allocation for the reader's stack.
  alignas(std::max_align_t) char buffer[4096];
  Pool pool(buffer, sizeof(buffer));
  Reader reader(&pool, 1024);
  MemoryStream stream(text.data(), text.size());
  auto result = reader.Parse<kParseFlags>(stream, handler);
  if (!result.IsError() && stream.Tell() != text.size()) {
    result.Set(rapidjson::kParseErrorDocumentRootNotSingular, stream.Tell());
  }
  return result;
}

// Builds the tree. Returning false stops the parser; `why` then says what we do not accept.
class TreeBuilder {
 public:
  bool Null() { return Add(Value()); }
  bool Bool(bool b) { return Add(Value(b)); }
  bool Int(int i) { return Add(Value(std::int64_t{i})); }
  bool Uint(unsigned u) { return Add(Value(std::int64_t{u})); }
  bool Int64(std::int64_t i) { return Add(Value(i)); }
  bool Uint64(std::uint64_t u) {
    return u > INT64_MAX ? Add(Value(static_cast<double>(u)))
                         : Add(Value(static_cast<std::int64_t>(u)));
  }
  bool Double(double d) { return std::isfinite(d) ? Add(Value(d)) : Refuse("number too large"); }
  bool RawNumber(const char*, SizeType, bool) { return false; }
  bool String(const char* s, SizeType size, bool) {
    std::string text(s, size);
    return IsWellFormed(text) ? Add(Value(std::move(text)))
                              : Refuse("string is not well-formed UTF-8");
  }
  bool Key(const char* s, SizeType size, bool) {
    auto& key = stack_.back().key;
    key.assign(s, size);
    return IsWellFormed(key) || Refuse("member name is not well-formed UTF-8");
  }
  bool StartObject() { return Push(true); }
  bool StartArray() { return Push(false); }
  bool EndObject(SizeType) {
    if (HasDuplicate(stack_.back().object)) return Refuse("duplicate member");
    Value value(std::move(stack_.back().object));
    stack_.pop_back();
    return Add(std::move(value));
  }
  bool EndArray(SizeType) {
    Value value(std::move(stack_.back().array));
    stack_.pop_back();
    return Add(std::move(value));
  }

  Value TakeRoot() { return std::move(root_); }
  const char* why() const { return why_; }

 private:
  struct Level {
    bool is_object;
    std::string key;
    Object object;
    Array array;
  };

  bool Push(bool is_object) {
    if (stack_.size() >= kMaxDepth) return Refuse("nested too deeply");
    stack_.push_back({is_object, {}, {}, {}});
    return true;
  }
  bool Add(Value value) {
    if (stack_.empty()) {
      root_ = std::move(value);
    } else if (Level& top = stack_.back(); top.is_object) {
      top.object.emplace_back(std::move(top.key), std::move(value));
    } else {
      top.array.push_back(std::move(value));
    }
    return true;
  }
  bool Refuse(const char* why) {
    why_ = why;
    return false;
  }

  std::vector<Level> stack_;
  Value root_;
  const char* why_ = "";
};

// Hands on the top level; deeper values only pass through.
class FlatHandler {
 public:
  explicit FlatHandler(FlatVisitor& visitor) : visitor_(visitor) {
    // Enough for the claims of a token: two allocations instead of ten.
    names_.reserve(256);
    ends_.reserve(32);
  }

  bool Null() { return Other(); }
  bool Bool(bool) { return Other(); }
  bool Int(int i) { return Integer(i); }
  bool Uint(unsigned u) { return Integer(u); }
  bool Int64(std::int64_t i) { return Integer(i); }
  bool Uint64(std::uint64_t u) {
    return u > INT64_MAX ? Other() : Integer(static_cast<std::int64_t>(u));
  }
  bool Double(double d) { return std::isfinite(d) && Other(); }
  bool RawNumber(const char*, SizeType, bool) { return false; }
  bool String(const char* s, SizeType size, bool) {
    const std::string_view text(s, size);
    if (depth_ == 0 || !IsWellFormed(text)) return false;
    return depth_ > 1 || visitor_.OnString(key(), text);
  }
  bool Key(const char* s, SizeType size, bool) {
    const std::string_view name(s, size);
    if (!IsWellFormed(name)) return false;
    if (depth_ == 1) {
      key_at_ = names_.size();
      names_.append(name);
      ends_.push_back(names_.size());
    }
    return true;
  }
  bool StartObject() { return depth_ == 0 ? Enter() : Other() && Enter(); }
  bool StartArray() { return depth_ > 0 && Other() && Enter(); }
  bool EndObject(SizeType) { return Leave(); }
  bool EndArray(SizeType) { return Leave(); }

  bool HasDuplicateKey() const {
    std::vector<std::string_view> names;
    names.reserve(ends_.size());
    std::size_t from = 0;
    for (const std::size_t end : ends_) {
      names.push_back(std::string_view(names_).substr(from, end - from));
      from = end;
    }
    return HasDuplicate(names);
  }

 private:
  std::string_view key() const { return std::string_view(names_).substr(key_at_); }
  bool Enter() { return ++depth_ <= kMaxDepth; }
  bool Leave() {
    --depth_;
    return true;
  }
  bool Integer(std::int64_t i) {
    return depth_ > 1 || (depth_ == 1 && visitor_.OnInteger(key(), i));
  }
  bool Other() { return depth_ > 1 || (depth_ == 1 && visitor_.OnOther(key())); }

  FlatVisitor& visitor_;
  int depth_ = 0;
  std::string names_;              // the top-level keys, one after the other
  std::vector<std::size_t> ends_;  // where each of them ends
  std::size_t key_at_ = 0;
};

}  // namespace

const Value* Value::Find(std::string_view name) const {
  const Object* members = object();
  if (members == nullptr) return nullptr;
  for (const auto& [key, value] : *members) {
    if (key == name) return &value;
  }
  return nullptr;
}

std::optional<Value> Parse(std::string_view text, std::string* why) {
  TreeBuilder builder;
  const auto result = Run(text, builder);
  if (!result.IsError()) return builder.TakeRoot();
  if (why != nullptr) {
    *why = result.Code() == rapidjson::kParseErrorTermination
               ? builder.why()
               : rapidjson::GetParseError_En(result.Code());
    *why += " (at byte " + std::to_string(result.Offset()) + ")";
  }
  return std::nullopt;
}

bool VisitFlat(std::string_view text, FlatVisitor& visitor) {
  FlatHandler handler(visitor);
  return !Run(text, handler).IsError() && !handler.HasDuplicateKey();
}

}  // namespace gatehouse::json
