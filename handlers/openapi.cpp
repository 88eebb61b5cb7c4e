#include "handlers/openapi.h"

#include <map>
#include <set>

#include "fcgi/lib/json.h"
#include "handlers/api/endpoints.h"
#include "handlers/api/schemas.h"
#include "handlers/routes.h"

namespace gatehouse {
namespace {

using http::FieldSpec;
using http::FieldType;
using http::Format;
using http::Schema;

std::string Reference(std::string_view name) { return "#/components/schemas/" + std::string(name); }

void WriteField(json::Writer& out, const FieldSpec& field);

void WriteTypeName(json::Writer& out, std::string_view type, bool nullable) {
  out.Key("type");
  if (!nullable) {
    out.String(type);
    return;
  }
  out.BeginArray().String(type).String("null").EndArray();
}

void WriteString(json::Writer& out, const FieldSpec& field) {
  WriteTypeName(out, "string", field.nullable);
  if (field.min > 0) out.Member("minLength", field.min);
  out.Member("maxLength", field.max);
  if (!field.one_of.empty()) {
    out.Key("enum").BeginArray();
    for (const auto choice : field.one_of) out.String(choice);
    out.EndArray();
  }
  switch (field.format) {
    case Format::kAny:
    case Format::kLines:
      break;
    case Format::kEmail:
      out.Member("format", "email");
      break;
    case Format::kPassword:
      out.Member("format", "password");
      break;
    case Format::kUuid:
      out.Member("format", "uuid");
      break;
    case Format::kDateTime:
      out.Member("format", "date-time");
      break;
    case Format::kPhone:
      out.Member("pattern", "^\\+[0-9]{7,15}$");
      break;
    case Format::kSlug:
      out.Member("pattern", "^[a-z0-9][a-z0-9-]{0,62}$");
      break;
    case Format::kPermission:
      out.Member("pattern", "^[a-z0-9_-]+:[a-z0-9_-]+:[a-z0-9_-]+(:own)?$");
      break;
    case Format::kCode:
      out.Member("pattern", "^[a-z0-9_-]+:[a-z0-9_-]+:[a-z0-9_-]+$");
      break;
    case Format::kGrant:
      out.Member(
          "pattern",
          "^(ALL_PERMISSIONS|([a-z0-9_-]+|[*]):([a-z0-9_-]+|[*]):([a-z0-9_-]+|[*])(:own)?)$");
      break;
    case Format::kName:
      out.Member("pattern", "\\S");
      break;
    case Format::kRoleName:
      out.Member("pattern", "^[^,]+$");
      break;
    case Format::kKraPin:
      out.Member("pattern", "^[A-Za-z][0-9]{9}[A-Za-z]$");
      break;
  }
}

void WriteField(json::Writer& out, const FieldSpec& field) {
  out.BeginObject();
  switch (field.type) {
    case FieldType::kString:
      WriteString(out, field);
      break;
    case FieldType::kBoolean:
      WriteTypeName(out, "boolean", field.nullable);
      break;
    case FieldType::kInteger:
      WriteTypeName(out, "integer", field.nullable);
      out.Member("minimum", field.min).Member("maximum", field.max);
      break;
    case FieldType::kObject:
      if (field.object == nullptr) {
        WriteTypeName(out, "object", field.nullable);
      } else {
        out.Member("$ref", Reference(field.object->name));
      }
      break;
    case FieldType::kArray:
      WriteTypeName(out, "array", field.nullable);
      out.Member("minItems", field.min).Member("maxItems", field.max).Key("items");
      WriteField(out, *field.item);
      break;
  }
  if (!field.description.empty()) out.Member("description", field.description);
  out.EndObject();
}

void WriteSchema(json::Writer& out, const Schema& schema) {
  out.BeginObject().Member("type", "object").Member("additionalProperties", false);
  bool any_required = false;
  out.Key("properties").BeginObject();
  for (const auto& field : schema.fields) {
    any_required = any_required || field.required;
    out.Key(field.name);
    WriteField(out, field);
  }
  out.EndObject();
  if (any_required) {
    out.Key("required").BeginArray();
    for (const auto& field : schema.fields) {
      if (field.required) out.String(field.name);
    }
    out.EndArray();
  }
  out.EndObject();
}

// A schema and everything it refers to, by name.
void Collect(const Schema& schema, std::map<std::string_view, const Schema*>& into) {
  if (!into.emplace(schema.name, &schema).second) return;
  for (const auto& field : schema.fields) {
    const FieldSpec* inner = &field;
    while (inner->item != nullptr) inner = inner->item;
    if (inner->object != nullptr) Collect(*inner->object, into);
  }
}

void WriteParameter(json::Writer& out, const FieldSpec& field, std::string_view in) {
  out.BeginObject().Member("name", field.name).Member("in", in);
  if (in == "path") out.Member("required", true);
  out.Key("schema");
  WriteField(out, field);
  out.EndObject();
}

void WriteParameters(json::Writer& out, const Route& route) {
  const bool has_id = route.path.find("{id}") != std::string_view::npos;
  const bool has_code = route.path.find("{code}") != std::string_view::npos;
  const bool has_provider = route.path.find("{provider}") != std::string_view::npos;
  const bool has_query = route.query != nullptr && !route.query->fields.empty();
  if (!has_id && !has_code && !has_provider && !has_query && !IsTenantScoped(route) &&
      !route.idempotent)
    return;
  out.Key("parameters").BeginArray();
  if (has_id) WriteParameter(out, {.name = "id", .max = 36, .format = Format::kUuid}, "path");
  if (has_provider) WriteParameter(out, {.name = "provider", .min = 1, .max = 32}, "path");
  if (has_code) WriteParameter(out, api::schema::kPermissionCode, "path");
  if (IsTenantScoped(route)) WriteParameter(out, api::schema::kTenantParameter, "query");
  if (route.idempotent) {
    WriteParameter(out,
                   {.name = "Idempotency-Key",
                    .min = 1,
                    .max = 255,
                    .description = "For 24 hours the same key and body get the first success again."
                                   " A refusal is not kept: after one, the key takes another body"},
                   "header");
  }
  if (has_query) {
    for (const auto& field : route.query->fields) {
      WriteParameter(out, field, "query");
    }
  }
  out.EndArray();
}

void WriteContent(json::Writer& out, std::string_view type, std::string_view schema) {
  out.Key("content").BeginObject().Key(type).BeginObject();
  if (!schema.empty()) {
    out.Key("schema").BeginObject().Member("$ref", Reference(schema)).EndObject();
  }
  out.EndObject().EndObject();
}

void WriteSecurity(json::Writer& out, Auth auth) {
  if (auth == Auth::kAnyone || auth == Auth::kLocal) return;
  out.Key("security").BeginArray();
  if (auth == Auth::kService || auth == Auth::kServiceOrSession) {
    out.BeginObject().Key("service").BeginArray().EndArray().EndObject();
  }
  if (auth != Auth::kService) {
    out.BeginObject().Key("bearer").BeginArray().EndArray().EndObject();
    out.BeginObject().Key("cookie").BeginArray().EndArray().EndObject();
  }
  out.EndArray();
}

void WriteOperation(json::Writer& out, const Route& route) {
  out.BeginObject().Member("summary", route.summary);
  WriteParameters(out, route);
  WriteSecurity(out, route.auth);
  if (!route.permission.empty()) out.Member("x-permission", route.permission);
  if (route.body != nullptr && !route.body->fields.empty()) {
    out.Key("requestBody").BeginObject().Member("required", NeedsBody(route));
    out.Member("x-body-limit", static_cast<std::int64_t>(route.body_limit));
    WriteContent(out, http::MediaTypeName(route.body->media), route.body->name);
    out.EndObject();
  }
  out.Key("responses").BeginObject().Key(std::to_string(route.success)).BeginObject();
  out.Member("description", "Success");
  if (route.answer != nullptr) WriteContent(out, "application/json", route.answer->name);
  out.EndObject().Key("default").BeginObject().Member("description", "Anything else");
  WriteContent(out, "application/problem+json", "Problem");
  out.EndObject().EndObject().EndObject();
}

std::string LowerMethod(std::string_view method) {
  std::string out(method);
  for (char& c : out) c = static_cast<char>(c - 'A' + 'a');
  return out;
}

void WritePaths(json::Writer& out) {
  std::map<std::string_view, std::vector<const Route*>> paths;
  for (const auto& route : Routes()) paths[route.path].push_back(&route);
  out.Key("paths").BeginObject();
  for (const auto& [path, rows] : paths) {
    out.Key(path).BeginObject();
    for (const Route* row : rows) {
      out.Key(LowerMethod(row->method));
      WriteOperation(out, *row);
    }
    out.EndObject();
  }
  out.EndObject();
}

void WriteProblemSchema(json::Writer& out) {
  out.BeginObject().Member("type", "object").Key("properties").BeginObject();
  for (const char* name : {"type", "title", "detail", "user_message", "request_id"}) {
    out.Key(name).BeginObject().Member("type", "string").EndObject();
  }
  out.Key("status").BeginObject().Member("type", "integer").EndObject();
  out.Key("code").BeginObject().Member("type", "string").Key("enum").BeginArray();
  std::set<std::string_view> codes;
  for (const auto& row : ErrorCatalogue()) codes.insert(row.name);
  for (const auto code : codes) out.String(code);
  out.EndArray().EndObject().Key("errors").BeginObject().Member("type", "array").Key("items");
  out.BeginObject().Member("type", "object").Key("properties").BeginObject();
  for (const char* name : {"pointer", "code", "detail", "user_message"}) {
    out.Key(name).BeginObject().Member("type", "string").EndObject();
  }
  out.EndObject().EndObject().EndObject().EndObject().EndObject();
}

void WriteComponents(json::Writer& out) {
  std::map<std::string_view, const Schema*> schemas;
  for (const auto& route : Routes()) {
    if (route.body != nullptr && !route.body->fields.empty()) Collect(*route.body, schemas);
    if (route.answer != nullptr) Collect(*route.answer, schemas);
  }
  out.Key("components").BeginObject().Key("schemas").BeginObject().Key("Problem");
  WriteProblemSchema(out);
  for (const auto& [name, schema] : schemas) {
    out.Key(name);
    WriteSchema(out, *schema);
  }
  out.EndObject().Key("securitySchemes").BeginObject();
  out.Key("bearer").BeginObject().Member("type", "http").Member("scheme", "bearer");
  out.Member("bearerFormat", "JWT").EndObject();
  out.Key("cookie").BeginObject().Member("type", "apiKey").Member("in", "cookie");
  out.Member("name", "__Host-gatehouse_access").EndObject();
  out.Key("service").BeginObject().Member("type", "http").Member("scheme", "basic").EndObject();
  out.EndObject().EndObject();
}

}  // namespace

std::string OpenApiDocument(const std::string& base_url) {
  json::Writer out;
  out.BeginObject().Member("openapi", "3.1.0").Key("info").BeginObject();
  out.Member("title", "Gatehouse").Member("version", "0.1.0");
  out.Member("description", "Authentication and authorization behind nginx.").EndObject();
  out.Key("servers").BeginArray().BeginObject().Member("url", base_url).EndObject().EndArray();
  WritePaths(out);
  WriteComponents(out);
  return out.EndObject().Take();
}

Result<http::Response> api::GetOpenApi(Call& call) {
  auto response = http::Response::Json(200, OpenApiDocument(call.services.config.base_url));
  response.Header("Cache-Control", "public, max-age=300");
  return response;
}

}  // namespace gatehouse
