"""Form-encoded parameters, and their conversion to what Stripe's description says they are."""

import re
from typing import Any
from urllib.parse import parse_qsl

from kagibag_app.sandbox.errors import ApiError, invalid, missing

MAX_INTEGER = 2**63 - 1
MAX_PARAMETERS = 1_000


def parse(encoded: str) -> dict[str, Any]:
    """Turn `a[b]=1&c[]=2` into nested dicts of strings; a list is a dict with the keys 0, 1, ...

    Raises:
        ApiError: the text is no such form.
    """
    try:
        pairs = parse_qsl(encoded, keep_blank_values=True, max_num_fields=MAX_PARAMETERS)
    except ValueError:
        raise invalid("The request has too many parameters.") from None
    tree: dict[str, Any] = {}
    for name, value in pairs:
        _place(tree, [name.split("[", 1)[0], *re.findall(r"\[([^\]]*)\]", name)], name, value)
    return tree


def _place(tree: dict[str, Any], path: list[str], name: str, value: str) -> None:
    node = tree
    for part in path[:-1]:
        node = node.setdefault(part, {})
        if not isinstance(node, dict):
            raise invalid(f"Invalid parameter: {name}", name)
    last = path[-1] or str(len(node))
    node[last] = value


def convert(schema: dict[str, Any], value: Any, name: str = "") -> Any:
    """A parameter as its schema's type.

    Args:
        schema: OpenAPI schema of the parameter.
        value: a string or dict from `parse`.
        name: how an error names it, as in `line_items[0][quantity]`.

    Raises:
        ApiError: unknown, missing or malformed, in Stripe's words.
    """
    if "anyOf" in schema:
        return _convert_any(schema["anyOf"], value, name)
    kind = schema.get("type")
    if kind == "object":
        return _convert_object(schema, value, name)
    if kind == "array":
        return _convert_array(schema, value, name)
    if not isinstance(value, str):
        raise invalid(f"Invalid {kind or 'value'}: {name}", name)
    if kind == "integer":
        return _integer(value, name)
    if kind == "boolean":
        return _boolean(value, name)
    return _string(schema, value, name)


def _convert_any(options: list[dict[str, Any]], value: Any, name: str) -> Any:
    # An empty string is the unsetting branch where there is one; otherwise the shape decides.
    if value == "" and any("" in option.get("enum", ()) for option in options):
        return ""
    wanted = ("object", "array") if isinstance(value, dict) else ("integer", "boolean", "number", "string")
    first: ApiError | None = None
    for option in [o for o in options if o.get("type") in wanted and o.get("enum") != [""]]:
        try:
            return convert(option, value, name)
        except ApiError as error:
            first = first or error
    raise first or invalid(f"Invalid value for {name}.", name)


def _convert_object(schema: dict[str, Any], value: Any, name: str) -> dict[str, Any]:
    if not isinstance(value, dict):
        raise invalid(f"Invalid object: {name}", name, "parameter_invalid_empty" if value == "" else None)
    known, rest = schema.get("properties", {}), schema.get("additionalProperties")
    converted: dict[str, Any] = {}
    for key, part in value.items():
        path = f"{name}[{key}]" if name else key
        node = known.get(key, rest if isinstance(rest, dict) else None)
        if node is None:
            raise invalid(f"Received unknown parameter: {path}", path, "parameter_unknown")
        if part == "" and key in known and node.get("type") == "string" and "enum" not in node:
            raise _empty(path)
        converted[key] = convert(node, part, path)
    for key in schema.get("required", ()):
        if key not in value:
            raise missing(f"{name}[{key}]" if name else key)
    return converted


def _empty(name: str) -> ApiError:
    return invalid(
        f"You passed an empty string for '{name}'. We assume empty values are an attempt to unset a "
        f"parameter; however '{name}' cannot be unset. You should remove '{name}' from your request or supply "
        "a non-empty value.",
        name,
        "parameter_invalid_empty",
    )


def _convert_array(schema: dict[str, Any], value: Any, name: str) -> list[Any]:
    if value == "":
        return []
    if not isinstance(value, dict) or not all(key.isdecimal() for key in value):
        raise invalid("Invalid array", name)
    items = [value[key] for key in sorted(value, key=int)]
    return [convert(schema["items"], item, f"{name}[{index}]") for index, item in enumerate(items)]


def _integer(value: str, name: str) -> int:
    if not re.fullmatch(r"-?[0-9]{1,19}", value) or abs(int(value)) > MAX_INTEGER:
        raise invalid(f"Invalid integer: {value[:100]}", name, "parameter_invalid_integer")
    return int(value)


def _boolean(value: str, name: str) -> bool:
    if value not in ("true", "false"):
        raise invalid(f"Invalid boolean: {value[:100]}", name)
    return value == "true"


def _string(schema: dict[str, Any], value: str, name: str) -> str:
    choices = schema.get("enum")
    if choices and value not in choices:
        words = ", ".join(choices[:-1]) + f", or {choices[-1]}" if len(choices) > 1 else choices[0]
        raise invalid(f"Invalid {name}: must be one of {words}", name)
    limit = schema.get("maxLength")
    if limit and len(value) > limit:
        raise invalid(
            f"Invalid string: {value[:10]}...{value[-10:]}; must be at most {limit} characters", name
        )
    return value
