"""The operations of Stripe's API that the sandbox plays."""

import functools
import re
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from kagibag_app.sandbox import (
    accounts,
    balance,
    checkout,
    disputes,
    payment_intents,
    reads,
    refunds,
    webhook_endpoints,
)
from kagibag_app.sandbox.books import Body, Books
from kagibag_app.sandbox.errors import ApiError

Handler = Callable[..., Body]


@dataclass(frozen=True)
class Operation:
    """One method and path.

    Attributes:
        method: HTTP method.
        template: path as Stripe's description writes it, with `{names}`.
        handle: called with the books, the converted parameters and the ids of the path.
    """

    method: str
    template: str
    handle: Handler

    @functools.cached_property
    def pattern(self) -> re.Pattern[str]:
        """The template as a regular expression."""
        return re.compile(re.sub(r"\{\w+\}", "([^/]+)", self.template))


def _retrieve(kind: str, param: str) -> Handler:
    def handle(books: Books, params: dict[str, Any], object_id: str) -> Body:
        return books.get(kind, object_id, param)

    return handle


def _list(kind: str, url: str) -> Handler:
    def handle(books: Books, params: dict[str, Any]) -> Body:
        return reads.page(books, kind, params, url)

    return handle


def _line_items(books: Books, params: dict[str, Any], session_id: str) -> Body:
    return checkout.line_items(books, books.get("checkout.session", session_id, "session"))


def _collection(kind: str, path: str, param: str) -> tuple[Operation, Operation]:
    return (
        Operation("GET", path, _list(kind, path)),
        Operation("GET", f"{path}/{{{param}}}", _retrieve(kind, param)),
    )


OPERATIONS = (
    Operation("GET", "/v1/account", accounts.retrieve),
    Operation("GET", "/v1/balance", balance.retrieve),
    *_collection("payment_intent", "/v1/payment_intents", "intent"),
    Operation("POST", "/v1/payment_intents", payment_intents.create),
    Operation("POST", "/v1/payment_intents/{intent}", payment_intents.update),
    Operation("POST", "/v1/payment_intents/{intent}/confirm", payment_intents.confirm),
    Operation("POST", "/v1/payment_intents/{intent}/cancel", payment_intents.cancel),
    *_collection("checkout.session", "/v1/checkout/sessions", "session"),
    Operation("POST", "/v1/checkout/sessions", checkout.create),
    Operation("POST", "/v1/checkout/sessions/{session}/expire", checkout.expire),
    Operation("GET", "/v1/checkout/sessions/{session}/line_items", _line_items),
    *_collection("charge", "/v1/charges", "charge"),
    *_collection("refund", "/v1/refunds", "refund"),
    Operation("POST", "/v1/refunds", refunds.create),
    Operation("POST", "/v1/refunds/{refund}", refunds.update),
    Operation("POST", "/v1/refunds/{refund}/cancel", refunds.cancel),
    *_collection("dispute", "/v1/disputes", "dispute"),
    Operation("POST", "/v1/disputes/{dispute}", disputes.update),
    Operation("POST", "/v1/disputes/{dispute}/close", disputes.accept),
    *_collection("balance_transaction", "/v1/balance_transactions", "id"),
    *_collection("event", "/v1/events", "id"),
    Operation("GET", "/v1/payment_methods/{payment_method}", _retrieve("payment_method", "payment_method")),
    *_collection("webhook_endpoint", "/v1/webhook_endpoints", "webhook_endpoint"),
    Operation("POST", "/v1/webhook_endpoints", webhook_endpoints.create),
    Operation("DELETE", "/v1/webhook_endpoints/{webhook_endpoint}", webhook_endpoints.delete),
)


def find(method: str, path: str) -> tuple[Operation, tuple[str, ...]]:
    """The operation of a request and the ids in its path.

    Raises:
        ApiError: 404, the sandbox does not play it.
    """
    for operation in OPERATIONS:
        match = operation.pattern.fullmatch(path)
        if match and operation.method == method:
            return operation, match.groups()
    raise ApiError(
        404,
        f"Unrecognized request URL ({method}: {path}). The sandbox does not play it, or the URL is mistyped.",
        saved=False,
    )
