#include "fcgi/http/field_error.h"

#include <array>

#include "fcgi/lib/text.h"

namespace gatehouse::http {
namespace {

std::string_view Code(Problem problem) {
  switch (problem) {
    case Problem::kRequired:
      return "required";
    case Problem::kUnknownField:
      return "unknown_field";
    case Problem::kWrongType:
      return "wrong_type";
    case Problem::kTooShort:
      return "too_short";
    case Problem::kTooLong:
      return "too_long";
    case Problem::kTooSmall:
      return "too_small";
    case Problem::kTooLarge:
      return "too_large";
    case Problem::kInvalidFormat:
      return "invalid_format";
    case Problem::kNotAllowed:
    case Problem::kRepeated:
      return "not_allowed";
    case Problem::kControlCharacter:
      return "control_character";
    case Problem::kInvalidEncoding:
      return "invalid_encoding";
  }
  return "invalid_format";
}

std::string_view TypeName(FieldType type) {
  switch (type) {
    case FieldType::kString:
      return "a string";
    case FieldType::kBoolean:
      return "true or false";
    case FieldType::kInteger:
      return "an integer";
    case FieldType::kObject:
      return "an object";
    case FieldType::kArray:
      return "an array";
  }
  return "something else";
}

std::string_view FormatName(Format format) {
  switch (format) {
    case Format::kEmail:
      return "an e-mail address";
    case Format::kPhone:
      return "a telephone number in E.164 form, + and 7 to 15 digits";
    case Format::kUuid:
      return "a UUID";
    case Format::kSlug:
      return "1 to 63 lower-case letters, digits and hyphens, not beginning with a hyphen";
    case Format::kDateTime:
      return "an RFC 3339 date and time";
    case Format::kPermission:
      return "module:resource:action, optionally :own";
    case Format::kCode:
      return "module:resource:action";
    case Format::kGrant:
      return "module:resource:action with * for any segment, optionally :own, or ALL_PERMISSIONS";
    case Format::kName:
      return "a name with something to see in it";
    case Format::kRoleName:
      return "a name without commas, not beginning or ending with a space";
    case Format::kKraPin:
      return "a letter, nine digits, a letter";
    case Format::kAny:
    case Format::kLines:
    case Format::kPassword:
      break;
  }
  return "well-formed";
}

// How people call a field, where its name in words is not it.
struct Label {
  std::string_view name, label;
};
constexpr std::array kLabels = {
    Label{"email", "an e-mail address"},
    Label{"new_email", "the new e-mail address"},
    Label{"password", "a password"},
    Label{"current_password", "your current password"},
    Label{"new_password", "a new password"},
    Label{"code", "the code"},
    Label{"phone", "a telephone number"},
    Label{"kra_pin", "the KRA PIN"},
    Label{"employee_id", "the employee number"},
    Label{"branch_id", "the branch"},
    Label{"restaurant_id", "the restaurant"},
    Label{"slug", "a short name"},
};

std::string LabelOf(std::string_view name) {
  for (const auto& row : kLabels) {
    if (row.name == name) return std::string(row.label);
  }
  std::string label = "the ";
  for (const char c : name) label += c == '_' ? ' ' : c;
  return label;
}

std::string PleaseEnter(const FieldSpec& field) {
  return "Please enter " + LabelOf(field.name) + ".";
}

// Nothing that a person entered: a program sent it so.
constexpr std::string_view kOurFault =
    "Something went wrong while sending your request. Please try again.";

std::string Count(std::int64_t n, std::string_view noun) {
  return std::to_string(n) + " " + std::string(noun) + (n == 1 ? "" : "s");
}

std::string UserMessageForFormat(const FieldSpec& field) {
  switch (field.format) {
    case Format::kEmail:
      return "Please enter a valid e-mail address, such as name@example.com.";
    case Format::kPhone:
      return "Please enter a telephone number with its country code, such as +254712345678.";
    case Format::kSlug:
      return "Please use lower-case letters, digits and hyphens only.";
    case Format::kDateTime:
      return "Please enter a valid date and time.";
    case Format::kCode:
      return "Please write it as module:resource:action, in lower-case letters.";
    case Format::kName:
      return PleaseEnter(field);
    case Format::kRoleName:
      return "Please choose a name without commas.";
    case Format::kKraPin:
      return "Please enter a KRA PIN, such as A123456789Z.";
    default:
      return "Please check " + LabelOf(field.name) + ".";
  }
}

struct Words {
  std::string detail, user_message;
};

Words WordsFor(Problem problem, const FieldSpec& field) {
  const bool items = field.type == FieldType::kArray;
  switch (problem) {
    case Problem::kRequired:
      return {"This field is required.", PleaseEnter(field)};
    case Problem::kWrongType:
      return {"Must be " + std::string(TypeName(field.type)) + (field.nullable ? " or null." : "."),
              field.type == FieldType::kInteger ? "Please enter a whole number."
                                                : "Please check " + LabelOf(field.name) + "."};
    case Problem::kTooShort:
      return {"Must have at least " + Count(field.min, items ? "item" : "character") + ".",
              items            ? "Please choose at least " + std::to_string(field.min) + "."
              : field.min == 1 ? PleaseEnter(field)
                               : "Please use at least " + Count(field.min, "character") + "."};
    case Problem::kTooLong:
      return {"Must have at most " + Count(field.max, items ? "item" : "character") + ".",
              items ? "Please choose at most " + std::to_string(field.max) + "."
                    : "Please use at most " + Count(field.max, "character") + "."};
    case Problem::kTooSmall:
      return {"Must be at least " + std::to_string(field.min) + ".",
              "Please enter a number of at least " + std::to_string(field.min) + "."};
    case Problem::kTooLarge:
      return {"Must be at most " + std::to_string(field.max) + ".",
              "Please enter a number of at most " + std::to_string(field.max) + "."};
    case Problem::kInvalidFormat:
      return {"Must be " + std::string(FormatName(field.format)) + ".",
              UserMessageForFormat(field)};
    case Problem::kNotAllowed: {
      std::string options;
      for (const auto option : field.one_of) {
        if (!options.empty()) options += ", ";
        options += option;
      }
      return {"Must be one of: " + options + ".", "Please choose one of: " + options + "."};
    }
    case Problem::kRepeated:
      return {"May be given once only.", std::string(kOurFault)};
    case Problem::kControlCharacter:
      return {"Must not contain control characters, line separators or direction overrides.",
              "Please remove line breaks and other invisible characters."};
    case Problem::kInvalidEncoding:
      return {"Must be well-formed Unicode.", "Please remove characters that cannot be read."};
    case Problem::kUnknownField:
      break;
  }
  return {};
}

}  // namespace

FieldError Describe(Problem problem, std::string pointer, const FieldSpec* field) {
  Words words = problem == Problem::kUnknownField
                    ? Words{"This field is not known here.", std::string(kOurFault)}
                : field == nullptr ? Words{"The body must be an object.", std::string(kOurFault)}
                                   : WordsFor(problem, *field);
  return FieldError{std::move(pointer), std::string(Code(problem)), std::move(words.detail),
                    std::move(words.user_message)};
}

std::string PointerTo(const std::string& base, std::string_view token) {
  std::string out = base + "/";
  for (const char c : text::Truncate(token, kMaxNameInPointer)) {
    if (c == '~') {
      out += "~0";
    } else if (c == '/') {
      out += "~1";
    } else {
      out += c;
    }
  }
  return out;
}

}  // namespace gatehouse::http
