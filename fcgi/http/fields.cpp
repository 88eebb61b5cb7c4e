#include "fcgi/http/schema.h"

namespace gatehouse::http {

bool Fields::Has(std::string_view name) const { return value_.Find(name) != nullptr; }

bool Fields::IsNull(std::string_view name) const {
  const json::Value* value = value_.Find(name);
  return value != nullptr && value->is_null();
}

const std::string& Fields::Text(std::string_view name) const {
  static const std::string kNone;
  const json::Value* value = value_.Find(name);
  const std::string* text = value == nullptr ? nullptr : value->string();
  return text == nullptr ? kNone : *text;
}

std::optional<std::string> Fields::OptionalText(std::string_view name) const {
  const json::Value* value = value_.Find(name);
  if (value == nullptr || value->string() == nullptr) return std::nullopt;
  return *value->string();
}

bool Fields::Bool(std::string_view name, bool fallback) const {
  const json::Value* value = value_.Find(name);
  return value == nullptr || value->boolean() == nullptr ? fallback : *value->boolean();
}

std::int64_t Fields::Int(std::string_view name, std::int64_t fallback) const {
  return OptionalInt(name).value_or(fallback);
}

std::optional<std::int64_t> Fields::OptionalInt(std::string_view name) const {
  const json::Value* value = value_.Find(name);
  if (value == nullptr || value->integer() == nullptr) return std::nullopt;
  return *value->integer();
}

std::optional<TimePoint> Fields::OptionalTime(std::string_view name) const {
  const std::string& text = Text(name);
  return text.empty() ? std::nullopt : FromRfc3339(text);
}

Fields Fields::Object(std::string_view name) const {
  const json::Value* value = value_.Find(name);
  return value == nullptr || value->object() == nullptr ? Fields() : Fields(*value);
}

const json::Array& Fields::Items(std::string_view name) const {
  static const json::Array kNone;
  const json::Value* value = value_.Find(name);
  return value == nullptr || value->array() == nullptr ? kNone : *value->array();
}

}  // namespace gatehouse::http
