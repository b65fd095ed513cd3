"""Stripe's OpenAPI description: what objects must look like and which parameters an operation takes.

The file is a cut-down copy (MIT, Stripe, Inc.; see spec3.NOTICE.txt).
"""

import functools
import json
from pathlib import Path
from typing import Any

from jsonschema_rs import Draft202012Validator

SPEC_FILE = Path(__file__).with_name("spec3.pruned.json")
SCALARS: dict[str, Any] = {"boolean": False, "integer": 0, "number": 0, "string": ""}


def _as_json_schema(node: Any) -> Any:
    """OpenAPI 3.0 says `nullable`, JSON Schema says "or null"."""
    if isinstance(node, list):
        return [_as_json_schema(item) for item in node]
    if not isinstance(node, dict):
        return node
    converted = {k: _as_json_schema(v) for k, v in node.items() if k != "nullable" or isinstance(v, dict)}
    return {"anyOf": [converted, {"type": "null"}]} if node.get("nullable") is True else converted


class Spec:
    """Schemas of objects and requests."""

    def __init__(self, document: dict[str, Any]) -> None:
        self._paths: dict[str, Any] = document["paths"]
        self._schemas: dict[str, Any] = document["components"]["schemas"]
        self._definitions = {"components": {"schemas": _as_json_schema(self._schemas)}}
        self._validators: dict[str, Draft202012Validator] = {}
        self.version: str = document["info"]["version"]

    @classmethod
    @functools.cache
    def load(cls) -> "Spec":
        """The description that ships with the sandbox, read once a process."""
        return cls(json.loads(SPEC_FILE.read_text()))

    def violations(self, body: dict[str, Any]) -> list[str]:
        """Where an object differs from its schema, with unknown fields; empty when it conforms."""
        kind = body["object"]
        name = f"deleted_{kind}" if body.get("deleted") else kind
        if name not in self._validators:
            schema = {**self._definitions, "$ref": f"#/components/schemas/{name}"}
            self._validators[name] = Draft202012Validator(schema)
        found = [
            f"{kind}.{'.'.join(str(part) for part in error.instance_path)}: {error.message[:200]}"
            for error in self._validators[name].iter_errors(body)
        ]
        unknown = sorted(set(body) - set(self._schemas[name]["properties"]))
        return found + [f"{kind}: unknown field {field}" for field in unknown]

    def blank(self, name: str) -> dict[str, Any]:
        """An object with every field its schema requires: null where allowed, else empty."""
        schema = self._schemas[name]
        required = schema.get("required", ())
        body: dict[str, Any] = {}
        for field, node in schema["properties"].items():
            if node.get("nullable"):
                body[field] = None
            elif field in required:
                body[field] = self._blank_value(node)
        return body

    def _blank_value(self, node: dict[str, Any]) -> Any:
        if len(node.get("enum", ())) == 1:
            return node["enum"][0]
        if "$ref" in node:
            return self.blank(node["$ref"].rsplit("/", 1)[1])
        if node.get("type") == "array":
            return []
        return SCALARS.get(node.get("type", ""), {})

    def has_field(self, name: str, field: str) -> bool:
        """Whether objects of a schema have a field."""
        return field in self._schemas[name]["properties"]

    def fields(self, name: str) -> list[str]:
        """The field names of a schema."""
        return list(self._schemas[name]["properties"])

    @functools.cache  # noqa: B019 - the spec lives as long as the process
    def request_schema(self, method: str, template: str) -> dict[str, Any] | None:
        """Schema of an operation's parameters, or None where the description leaves the operation out."""
        operation = self._paths.get(template, {}).get(method.lower())
        if operation is None:
            return None
        if method == "POST":
            content = operation.get("requestBody", {}).get("content", {})
            return next((part["schema"] for part in content.values()), {"type": "object", "properties": {}})
        query = [p for p in operation.get("parameters", ()) if p["in"] == "query"]
        return {
            "type": "object",
            "properties": {p["name"]: p["schema"] for p in query},
            "required": [p["name"] for p in query if p.get("required")],
        }
