"""One call's view of the books: read, write, tell the world, and plan what comes later."""

import json
import secrets
import string
import time
from datetime import UTC, datetime
from typing import Any

from kagibag_app.sandbox.clock import Clock
from kagibag_app.sandbox.config import SandboxConfig
from kagibag_app.sandbox.errors import not_found
from kagibag_app.sandbox.spec import Spec
from kagibag_app.sandbox.store import Condition, Store

PLATFORM_ACCOUNT = "acct_1SandboxPlatform"
ALPHABET = string.digits + string.ascii_letters
GATHER_SECONDS = 0.3

Body = dict[str, Any]


class Absent:
    """Marks a field that goes away in `Books.change`."""


ABSENT = Absent()


def new_id(prefix: str) -> str:
    """A random id that looks like Stripe's."""
    return f"{prefix}_" + "".join(secrets.choice(ALPHABET) for _ in range(24))


class SpecViolation(Exception):
    """The sandbox was about to show an object that Stripe would never send."""


class Books:
    """Reads and writes of one call, inside one transaction.

    The same object read twice is the same dict, so that two parts of a call never overwrite each other.

    Attributes:
        config: the sandbox's settings.
        store: durable state.
        account: account the call acts in.
        now: virtual time of the call, seconds since the epoch.
    """

    def __init__(
        self,
        *,
        config: SandboxConfig,
        store: Store,
        spec: Spec,
        clock: Clock,
        account: str = PLATFORM_ACCOUNT,
        request_id: str | None = None,
        idempotency_key: str | None = None,
    ) -> None:
        self.config = config
        self.store = store
        self.spec = spec
        self.account = account
        self.now = clock.now()
        self._request = {"id": request_id, "idempotency_key": idempotency_key}
        self._loaded: dict[str, Body] = {}

    def today(self) -> datetime:
        """Virtual time of the call, UTC."""
        return datetime.fromtimestamp(self.now, UTC)

    def add(self, kind: str, object_id: str, **fields: Any) -> Body:
        """Store a new object, completed with everything its schema requires."""
        body = {**self.spec.blank(kind), "id": object_id, "object": kind}
        if self.spec.has_field(kind, "created"):
            body["created"] = self.now
        body.update(fields)
        self.check(body)
        self.store.insert(body, account=self.account, created=self.now)
        self._loaded[object_id] = body
        return body

    def check(self, body: Body) -> None:
        """Compare an object with Stripe's description.

        Raises:
            SpecViolation: it differs, and the sandbox is strict.
        """
        if self.config.strict_spec:
            violations = self.spec.violations(body)
            if violations:
                raise SpecViolation("; ".join(violations[:6]))

    def get(self, kind: str, object_id: str, param: str = "id") -> Body:
        """An object of a kind.

        Raises:
            ApiError: 404 when there is none.
        """
        body = self._loaded.get(object_id) or self.store.body(object_id)
        if body is None or body["object"] != kind:
            raise not_found(kind.replace("checkout.session", "checkout session"), object_id, param)
        return self._loaded.setdefault(object_id, body)

    def find(self, kind: str, **equals: Any) -> list[Body]:
        """Objects of a kind whose fields have the given values, newest first."""
        conditions = [Condition(field, "=", value) for field, value in equals.items()]
        return [self._loaded.setdefault(found["id"], found) for found in self.store.search(kind, conditions)]

    def save(self, body: Body) -> None:
        """Store what changed in an object."""
        self.check(body)
        self.store.update(body)

    def change(self, body: Body, **fields: Any) -> Body:
        """Set fields, store the object, and return its values before (an event's previous attributes)."""
        previous = {name: body.get(name) for name, value in fields.items() if body.get(name, ABSENT) != value}
        for name, value in fields.items():
            if value is ABSENT:
                body.pop(name, None)
            else:
                body[name] = value
        self.save(body)
        return json.loads(json.dumps(previous))

    def emit(self, event_type: str, body: Body, previous: Body | None = None) -> Body:
        """Record an event with the object as it is now, and queue its deliveries."""
        payload: Body = {"object": json.loads(json.dumps(body))}
        if previous:
            payload["previous_attributes"] = previous
        targets = self._targets(event_type)
        fields: Body = {
            "type": event_type,
            "data": payload,
            "api_version": self.spec.version,
            "pending_webhooks": len(targets),
            "request": dict(self._request),
        }
        if self.account != PLATFORM_ACCOUNT:
            fields["account"] = self.account
        event = self.add("event", new_id("evt"), **fields)
        due_at = time.time() + (GATHER_SECONDS if self.webhook_mode in ("reverse", "shuffle") else 0)
        self.store.db.executemany(
            "INSERT INTO deliveries (event, url, secret, due_at) VALUES (?, ?, ?, ?)",
            [(event["id"], url, secret, due_at) for url, secret in targets],
        )
        return event

    @property
    def webhook_mode(self) -> str:
        """How events are delivered at the moment: auto, hold, reverse or shuffle."""
        return self.store.setting("webhook_mode", "auto")

    def _targets(self, event_type: str) -> list[tuple[str, str]]:
        """Receivers of an event, each as often as the duplicate setting says."""
        targets = [(target.url, target.secret) for target in self.config.webhook_targets]
        targets += [
            (endpoint["url"], self.store.private(endpoint["id"])["secret"])
            for endpoint in self.find("webhook_endpoint", status="enabled")
            if {"*", event_type} & set(endpoint["enabled_events"])
        ]
        return targets * int(self.store.setting("webhook_copies", "1"))

    def later(self, seconds: int, action: str, **payload: Any) -> None:
        """Plan an action of the agenda for a later virtual time."""
        self.store.db.execute(
            "INSERT INTO agenda (due_at, action, account, payload) VALUES (?, ?, ?, ?)",
            (self.now + seconds, action, self.account, json.dumps(payload)),
        )
