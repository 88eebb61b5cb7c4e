#include "fcgi/http/schema.h"

#include <algorithm>
#include <charconv>

#include "fcgi/http/field_error.h"
#include "fcgi/http/format.h"
#include "fcgi/lib/text.h"

namespace gatehouse::http {
namespace {

// A body of 64 KiB can have thousands of unknown members; the answer stays readable.
constexpr std::size_t kMaxProblems = 50;

const FieldSpec* FindSpec(const Schema& schema, std::string_view name) {
  const auto field = std::find_if(schema.fields.begin(), schema.fields.end(),
                                  [name](const FieldSpec& f) { return f.name == name; });
  return field == schema.fields.end() ? nullptr : &*field;
}

bool HasMember(const json::Object& object, std::string_view name) {
  return std::any_of(object.begin(), object.end(),
                     [name](const auto& member) { return member.first == name; });
}

class Validator {
 public:
  void CheckObject(const Schema& schema, json::Object& object, const std::string& pointer);
  void CheckValue(const FieldSpec& field, json::Value& value, const std::string& pointer);
  void CheckRequired(const Schema& schema, const json::Object& object, const std::string& prefix);
  void Add(Problem problem, std::string pointer, const FieldSpec* field) {
    if (errors_.size() < kMaxProblems) {
      errors_.push_back(Describe(problem, std::move(pointer), field));
    }
  }
  bool ok() const { return errors_.empty(); }
  Error TakeError() {
    Error error = MakeError(ErrorCode::kValidationFailed);
    error.fields = std::move(errors_);
    return error;
  }

 private:
  void CheckText(const FieldSpec& field, std::string& text, const std::string& pointer);
  void CheckItems(const FieldSpec& field, json::Array& items, const std::string& pointer);

  std::vector<FieldError> errors_;
};

void Validator::CheckObject(const Schema& schema, json::Object& object,
                            const std::string& pointer) {
  for (auto& [name, value] : object) {
    const FieldSpec* field = FindSpec(schema, name);
    if (field == nullptr) {
      Add(Problem::kUnknownField, PointerTo(pointer, name), nullptr);
    } else {
      CheckValue(*field, value, PointerTo(pointer, name));
    }
  }
  CheckRequired(schema, object, pointer + "/");
}

void Validator::CheckRequired(const Schema& schema, const json::Object& object,
                              const std::string& prefix) {
  for (const FieldSpec& field : schema.fields) {
    if (field.required && !HasMember(object, field.name)) {
      Add(Problem::kRequired, prefix + std::string(field.name), &field);
    }
  }
}

void Validator::CheckValue(const FieldSpec& field, json::Value& value, const std::string& pointer) {
  if (value.is_null() && field.nullable) return;
  switch (field.type) {
    case FieldType::kString:
      if (value.string() != nullptr) return CheckText(field, *value.string(), pointer);
      break;
    case FieldType::kBoolean:
      if (value.boolean() != nullptr) return;
      break;
    case FieldType::kInteger:
      if (const std::int64_t* number = value.integer()) {
        if (*number < field.min) Add(Problem::kTooSmall, pointer, &field);
        if (*number > field.max) Add(Problem::kTooLarge, pointer, &field);
        return;
      }
      break;
    case FieldType::kObject:
      if (value.object() != nullptr) return CheckObject(*field.object, *value.object(), pointer);
      break;
    case FieldType::kArray:
      if (value.array() != nullptr) return CheckItems(field, *value.array(), pointer);
      break;
  }
  Add(Problem::kWrongType, pointer, &field);
}

void Validator::CheckText(const FieldSpec& field, std::string& text, const std::string& pointer) {
  auto normalized = text::Nfc(text);
  if (!normalized) return Add(Problem::kInvalidEncoding, pointer, &field);
  text = std::move(*normalized);
  std::string_view line = text;
  for (bool more = true; more;) {
    const auto end = field.format == Format::kLines ? line.find('\n') : std::string_view::npos;
    more = end != std::string_view::npos;
    if (text::HasControl(line.substr(0, end))) {
      return Add(Problem::kControlCharacter, pointer, &field);
    }
    if (more) line.remove_prefix(end + 1);
  }
  const auto length = static_cast<std::int64_t>(text::Length(text));
  if (length < field.min) return Add(Problem::kTooShort, pointer, &field);
  if (length > field.max) return Add(Problem::kTooLong, pointer, &field);
  if (!field.one_of.empty() &&
      std::find(field.one_of.begin(), field.one_of.end(), text) == field.one_of.end()) {
    return Add(Problem::kNotAllowed, pointer, &field);
  }
  if (!HasFormat(text, field.format)) return Add(Problem::kInvalidFormat, pointer, &field);
  Canonicalize(text, field.format);
}

void Validator::CheckItems(const FieldSpec& field, json::Array& items, const std::string& pointer) {
  const auto count = static_cast<std::int64_t>(items.size());
  if (count < field.min) Add(Problem::kTooShort, pointer, &field);
  if (count > field.max) return Add(Problem::kTooLong, pointer, &field);
  for (std::size_t i = 0; i < items.size(); ++i) {
    CheckValue(*field.item, items[i], pointer + "/" + std::to_string(i));
  }
}

// Text of a query or form as the declared type; null where it cannot be that.
json::Value Convert(const FieldSpec& field, const std::string& text) {
  switch (field.type) {
    case FieldType::kString:
      return text;
    case FieldType::kBoolean:
      if (text == "true") return true;
      if (text == "false") return false;
      return {};
    case FieldType::kInteger: {
      std::int64_t number = 0;
      const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
      if (error != std::errc() || end != text.data() + text.size()) return {};
      return number;
    }
    case FieldType::kObject:
    case FieldType::kArray:
      break;
  }
  return {};
}

}  // namespace

std::string_view MediaTypeName(Media media) {
  switch (media) {
    case Media::kJson:
      return "application/json";
    case Media::kForm:
      return "application/x-www-form-urlencoded";
    case Media::kMultipart:
      break;
  }
  return "multipart/form-data";
}

Result<Fields> ReadJson(const Schema& schema, std::string_view body) {
  std::string why;
  auto value = json::Parse(body, &why);
  if (!value) return MakeError(ErrorCode::kMalformedJson, why);
  Validator validator;
  if (value->object() == nullptr) {
    validator.Add(Problem::kWrongType, "", nullptr);
  } else {
    validator.CheckObject(schema, *value->object(), "");
  }
  if (!validator.ok()) return validator.TakeError();
  return Fields(std::move(*value));
}

namespace {

Result<Fields> ReadNamed(const Schema& schema, const Pairs& pairs, const std::string& prefix,
                         bool ignore_unknown) {
  Validator validator;
  json::Object object;
  for (const auto& [name, text] : pairs) {
    const std::string pointer = prefix + std::string(text::Truncate(name, kMaxNameInPointer));
    const FieldSpec* field = FindSpec(schema, name);
    if (field == nullptr) {
      if (!ignore_unknown) validator.Add(Problem::kUnknownField, pointer, nullptr);
      continue;
    }
    if (HasMember(object, name)) {
      validator.Add(Problem::kRepeated, pointer, field);
      continue;
    }
    json::Value value = Convert(*field, text);
    if (value.is_null()) {
      validator.Add(Problem::kWrongType, pointer, field);
    } else {
      validator.CheckValue(*field, value, pointer);
    }
    object.emplace_back(name, std::move(value));
  }
  validator.CheckRequired(schema, object, prefix);
  if (!validator.ok()) return validator.TakeError();
  return Fields(json::Value(std::move(object)));
}

}  // namespace

Result<Fields> ReadPairs(const Schema& schema, const Pairs& pairs) {
  return ReadNamed(schema, pairs, "?", false);
}

Result<Fields> ReadForm(const Schema& schema, std::string_view body) {
  GH_ASSIGN(const auto pairs, ParseUrlEncoded(body));
  return ReadNamed(schema, pairs, "/", true);
}

}  // namespace gatehouse::http
