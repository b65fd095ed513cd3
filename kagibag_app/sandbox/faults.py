"""Faults on demand: what a network and a busy Stripe do to a caller."""

import json
import random
import re
from dataclasses import asdict, dataclass, fields
from enum import StrEnum
from typing import Any

from kagibag_app.sandbox.errors import ApiError, invalid
from kagibag_app.sandbox.store import Store


class FaultKind(StrEnum):
    """What goes wrong."""

    ERROR = "error"
    ERROR_AFTER = "error_after"
    TIMEOUT_BEFORE = "timeout_before"
    TIMEOUT_AFTER = "timeout_after"
    RATE_LIMIT = "rate_limit"
    LOCK_TIMEOUT = "lock_timeout"
    DROP_IDEMPOTENCY = "drop_idempotency"
    DELAY = "delay"


@dataclass(frozen=True)
class Fault:
    """One fault that waits for matching requests.

    Attributes:
        kind: `error` answers without acting; `error_after` acts, then answers the error, which the key
            replays; `timeout_before` holds and hangs up without acting; `timeout_after` acts, then holds the
            answer; `delay` holds with the key in use, then acts and answers; `drop_idempotency` forgets all
            keys first.
        path: regular expression of the whole request path.
        method: HTTP method, or empty for any.
        n: for how many requests.
        status: HTTP status of an error.
        code: Stripe error code of an error.
        type: Stripe error type of an error.
        message: sentence of an error.
        saved: whether the idempotency key keeps an `error` (Stripe keeps a 500 that began to execute).
        seconds: how long to hold, real time.
        share: how many of the matching requests meet it, from 0 to 1, chosen at random.
    """

    kind: FaultKind
    path: str = ".*"
    method: str = ""
    n: int = 1
    status: int = 500
    code: str | None = None
    type: str = "api_error"
    message: str = "An unknown error occurred"
    saved: bool = False
    seconds: float = 30.0
    share: float = 1.0

    @classmethod
    def from_json(cls, body: dict[str, Any]) -> "Fault":
        """A fault from the control API's words.

        Raises:
            ApiError: an unknown field or kind, or a path that is no regular expression.
        """
        unknown = sorted(set(body) - {field.name for field in fields(cls)})
        if unknown or body.get("kind") not in list(FaultKind):
            raise invalid(
                f"A fault needs a kind of {', '.join(FaultKind)}; unknown fields: {unknown}.", "kind"
            )
        try:
            re.compile(body.get("path", ".*"))
        except (re.error, TypeError):
            raise invalid("The path of a fault is a regular expression.", "path") from None
        return cls(**{**body, "kind": FaultKind(body["kind"])})

    def matches(self, method: str, path: str) -> bool:
        """Whether a request meets this fault."""
        if self.share < 1 and random.random() >= self.share:  # noqa: S311 - chance, not a secret
            return False
        return self.method.upper() in ("", method) and re.fullmatch(self.path, path) is not None

    def error(self) -> ApiError:
        """The answer of a fault that answers."""
        if self.kind is FaultKind.RATE_LIMIT:
            return ApiError(429, "Too many requests hit the API too quickly.", code="rate_limit", saved=False)
        if self.kind is FaultKind.LOCK_TIMEOUT:
            return ApiError(
                429,
                "This object cannot be accessed right now because another API request or Stripe "
                "process is currently accessing it.",
                code="lock_timeout",
                saved=False,
            )
        saved = self.saved or self.kind is FaultKind.ERROR_AFTER
        return ApiError(
            self.status, self.message, code=self.code, kind=self.type, saved=saved, keeps_changes=True
        )


class Faults:
    """The faults that wait. Every method belongs in a transaction."""

    def __init__(self, store: Store) -> None:
        self._db = store.db

    def add(self, fault: Fault) -> None:
        """Let a fault wait."""
        self._db.execute(
            "INSERT INTO faults (body, remaining) VALUES (?, ?)", (json.dumps(asdict(fault)), fault.n)
        )

    def take(self, method: str, path: str) -> Fault | None:
        """Use up one turn of the oldest fault that a request meets."""
        for row in self._db.execute("SELECT * FROM faults WHERE remaining > 0 ORDER BY seq").fetchall():
            fault = Fault.from_json(json.loads(row["body"]))
            if fault.matches(method, path):
                self._db.execute("UPDATE faults SET remaining = remaining - 1 WHERE seq = ?", (row["seq"],))
                return fault
        return None

    def clear(self) -> None:
        """Let nothing go wrong any more."""
        self._db.execute("DELETE FROM faults")

    def waiting(self) -> list[dict[str, Any]]:
        """The faults still to come, with the turns left in `n`."""
        rows = self._db.execute("SELECT * FROM faults WHERE remaining > 0 ORDER BY seq").fetchall()
        return [{**json.loads(row["body"]), "n": row["remaining"]} for row in rows]
