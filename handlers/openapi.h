// The OpenAPI 3.1 document (SPEC A5), made from the route table and the schemas, so that it cannot
// drift from what dispatch does.
#pragma once

#include <string>

namespace gatehouse {

std::string OpenApiDocument(const std::string& base_url);

}  // namespace gatehouse
