"""The served OpenAPI document as a list of operations, so that tests walk every route there is."""

import re
from dataclasses import dataclass, field
from functools import lru_cache

from support.client import Client

METHODS = ("get", "head", "post", "put", "patch", "delete")
SOMEBODY = "00000000-0000-7000-8000-00000000abcd"  # a well-formed id of nothing
NOBODY = "nobody"  # a well-formed provider that no tenant has
SOMETHING = "nothing:of:this"  # a well-formed permission that no catalogue lists


@dataclass
class Operation:
    method: str
    template: str
    path: str  # every {segment} filled in
    secured: bool
    schemes: tuple  # of "security": bearer, cookie, service
    permission: str  # x-permission, or ""
    media: tuple  # of the request body
    schema: dict  # of the JSON body, resolved
    required: bool  # the body
    body_limit: int  # bytes; 0: none is read
    responses: dict = field(default_factory=dict)

    @property
    def name(self):
        return f"{self.method} {self.template}"

    @property
    def takes_json(self):
        return "application/json" in self.media


def resolve(document, node):
    """Follows $ref; a reference into nowhere is a KeyError, and so a failed test."""
    while isinstance(node, dict) and "$ref" in node:
        target = document
        assert node["$ref"].startswith("#/")
        for part in node["$ref"][2:].split("/"):
            target = target[part.replace("~1", "/").replace("~0", "~")]
        node = target
    return node


def fill(template, somebody=SOMEBODY, something=SOMETHING):
    return re.sub(r"\{[^}]+\}", somebody, template.replace("{code}", something)
                  .replace("{provider}", NOBODY))


@lru_cache(maxsize=4)
def _document(stack):
    return Client(stack).get("/auth/openapi.json", expect=200).json()


def document_of(stack):
    return _document(stack)


def operations(stack):
    document = document_of(stack)
    found = []
    for template, item in document["paths"].items():
        for method in METHODS:
            if method not in item:
                continue
            operation = item[method]
            body = resolve(document, operation.get("requestBody", {}))
            media = body.get("content", {})
            schema = resolve(document, media.get("application/json", {}).get("schema", {}))
            security = operation.get("security", document.get("security", []))
            schemes = tuple(sorted({name for choice in security for name in choice}))
            found.append(Operation(
                method.upper(), template, fill(template), bool(security) and {} not in security,
                schemes, operation.get("x-permission", ""), tuple(media), schema,
                body.get("required", False), body.get("x-body-limit", 0), operation["responses"]))
    return found


def example(document, schema, depth=0):
    """A value that fits the schema: enough to get past validation's structure."""
    schema = resolve(document, schema)
    if "enum" in schema:
        return schema["enum"][0]
    kind = schema.get("type", "object")
    if isinstance(kind, list):
        kind = next(k for k in kind if k != "null")
    if kind == "object":
        properties = schema.get("properties", {})
        return {name: example(document, properties[name], depth + 1)
                for name in schema.get("required", []) if name in properties}
    if kind == "array":
        return [example(document, schema.get("items", {}), depth + 1)
                for _ in range(schema.get("minItems", 0))]
    if kind in ("integer", "number"):
        return schema.get("minimum", 1)
    if kind == "boolean":
        return False
    return {"email": "nobody@example.test", "uuid": SOMEBODY,
            "date-time": "2030-01-01T00:00:00Z"}.get(
                schema.get("format"), "x" * max(1, schema.get("minLength", 1)))
