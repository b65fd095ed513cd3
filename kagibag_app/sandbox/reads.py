"""Reading: retrieve, list with filters and pages, expand."""

import json
from typing import Any

from kagibag_app.sandbox import checkout
from kagibag_app.sandbox.books import Body, Books
from kagibag_app.sandbox.clock import DAY
from kagibag_app.sandbox.errors import invalid, not_found
from kagibag_app.sandbox.store import Condition

MAX_PAGE, PAGE = 100, 10
MAX_EXPAND_DEPTH = 4
EVENTS_REACH_BACK = 30 * DAY
RANGE = {"gt": ">", "gte": ">=", "lt": "<", "lte": "<="}
NOT_FILTERS = (
    "limit",
    "starting_after",
    "ending_before",
    "created",
    "type",
    "types",
    "delivery_success",
    "expand",
)


def page(books: Books, kind: str, params: dict[str, Any], url: str) -> Body:
    """One page of a list, newest first.

    Args:
        books: the call's books.
        kind: the `object` word of what is listed.
        params: converted query parameters.
        url: the list's own path.

    Raises:
        ApiError: a limit outside 1-100, or a cursor that names nothing.
    """
    limit = params.get("limit", PAGE)
    if not 1 <= limit <= MAX_PAGE:
        word = "less than or equal to 100" if limit > MAX_PAGE else "greater than or equal to 1"
        raise invalid(
            f"This value must be {word} (it currently is '{limit}').", "limit", "parameter_invalid_integer"
        )
    before, after = (
        _cursor(books, kind, params, "starting_after"),
        _cursor(books, kind, params, "ending_before"),
    )
    conditions = _conditions(books, kind, params)
    found = books.store.search(kind, conditions, before=before, after=after, limit=limit + 1)
    more = len(found) > limit
    shown = found[1:] if more and after is not None else found[:limit]
    return {"object": "list", "data": shown, "has_more": more, "url": url}


def _cursor(books: Books, kind: str, params: dict[str, Any], name: str) -> int | None:
    if name not in params:
        return None
    position = books.store.position(params[name])
    if position is None:
        raise not_found(kind, params[name], name)
    return position


def _conditions(books: Books, kind: str, params: dict[str, Any]) -> list[Condition]:
    conditions = [Condition(k, "=", _scalar(k, v)) for k, v in params.items() if k not in NOT_FILTERS]
    created = params.get("created")
    if isinstance(created, int):
        conditions.append(Condition("created", "=", created))
    elif created:
        conditions += [Condition("created", RANGE[word], value) for word, value in created.items()]
    if "type" in params:
        comparison = "GLOB" if kind == "event" else "="
        conditions.append(Condition("type", comparison, params["type"]))
    if "types" in params:
        conditions.append(Condition("type", "IN", params["types"]))
    if "delivery_success" in params:
        conditions.append(Condition("pending_webhooks", "=" if params["delivery_success"] else ">", 0))
    if kind == "event":
        conditions.append(Condition("created", ">", books.now - EVENTS_REACH_BACK))
    return conditions


def _scalar(name: str, value: Any) -> str | int:
    if not isinstance(value, str | int):
        raise invalid(f"The sandbox does not filter by {name}.", name)
    return value


def shown(books: Books, body: Body, expand: list[str]) -> Body:
    """A copy of an object with the asked fields expanded, checked against Stripe's description.

    Raises:
        ApiError: a field that cannot be expanded.
    """
    copy = json.loads(json.dumps(body))
    for path in expand:
        parts = path.split(".")
        if len(parts) > MAX_EXPAND_DEPTH:
            raise invalid("You cannot expand more than 4 levels of a property.", "expand")
        _expand(books, copy, parts, path)
    books.check(copy)
    return copy


def _expand(books: Books, node: Any, parts: list[str], path: str) -> None:
    if not parts or node is None:
        return
    if isinstance(node, list):
        for item in node:
            _expand(books, item, parts, path)
        return
    if not isinstance(node, dict):
        raise invalid(f"This property cannot be expanded ({path}).", "expand")
    field = parts[0]
    if node.get("object") == "checkout.session" and field == "line_items":
        node[field] = checkout.line_items(books, node)
    elif field not in node:
        # A property that this object happens not to have is no mistake of the caller's.
        kind = node.get("object", "list")
        if kind != "list" and field in books.spec.fields(kind):
            return
        raise invalid(f"This property cannot be expanded ({path}).", "expand")
    value = node[field]
    if isinstance(value, str):
        found = books.store.body(value)
        if found is None:
            raise invalid(f"This property cannot be expanded ({path}).", "expand")
        node[field] = found
    _expand(books, node[field], parts[1:], path)
