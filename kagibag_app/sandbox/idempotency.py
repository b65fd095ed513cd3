"""Idempotency keys: the first answer to a key is every later answer to it.

Source: docs.stripe.com/api/idempotent_requests
"""

from dataclasses import dataclass

from kagibag_app.sandbox.clock import DAY
from kagibag_app.sandbox.errors import ApiError
from kagibag_app.sandbox.store import Store

MAX_LENGTH = 255


@dataclass(frozen=True)
class SavedAnswer:
    """What a key replays."""

    status: int
    body: str
    request_id: str


class IdempotencyKeys:
    """The keys of all accounts. A key lives 24 virtual hours. Every method belongs in a transaction."""

    def __init__(self, store: Store) -> None:
        self._db = store.db
        self._store = store

    def drop_unfinished(self) -> None:
        """Release keys whose request died with the process before it wrote anything."""
        with self._store.transaction():
            self._db.execute("DELETE FROM idempotency_keys WHERE status IS NULL")

    def claim(self, account: str, key: str, fingerprint: str, now: int) -> SavedAnswer | None:
        """Take a new key, or return the answer it has already.

        Raises:
            ApiError: 400 when the key belongs to another request, 409 while its first request is under way.
        """
        if len(key) > MAX_LENGTH:
            raise ApiError(400, f"Idempotency keys can have up to {MAX_LENGTH} characters.", saved=False)
        self._db.execute(
            "DELETE FROM idempotency_keys WHERE created <= ? AND status IS NOT NULL", (now - DAY,)
        )
        row = self._db.execute(
            "SELECT * FROM idempotency_keys WHERE account = ? AND key = ?", (account, key)
        ).fetchone()
        if row is None:
            self._db.execute(
                "INSERT INTO idempotency_keys (account, key, fingerprint, created) VALUES (?, ?, ?, ?)",
                (account, key, fingerprint, now),
            )
            return None
        if row["fingerprint"] != fingerprint:
            raise ApiError(
                400,
                "Keys for idempotent requests can only be used with the same parameters they were "
                f"first used with. Try using a key other than '{key}' if you meant to execute a different "
                "request.",
                kind="idempotency_error",
                saved=False,
            )
        if row["status"] is None:
            raise ApiError(
                409,
                "There is currently another in-progress request using this Idempotent Key (that "
                "probably means you submitted twice, and the other request is still going through): "
                f"{key}. Please try again later.",
                code="idempotency_key_in_use",
                saved=False,
            )
        return SavedAnswer(row["status"], row["body"], row["request_id"])

    def save(self, account: str, key: str, answer: SavedAnswer) -> None:
        """Keep the answer of a claimed key."""
        self._db.execute(
            "UPDATE idempotency_keys SET status = ?, body = ?, request_id = ? WHERE account = ? AND key = ?",
            (answer.status, answer.body, answer.request_id, account, key),
        )

    def release(self, account: str, key: str) -> None:
        """Forget a claimed key whose request did not start."""
        self._db.execute("DELETE FROM idempotency_keys WHERE account = ? AND key = ?", (account, key))

    def prune(self) -> int:
        """Forget every finished key, as Stripe does after a day. Returns how many there were."""
        return self._db.execute("DELETE FROM idempotency_keys WHERE status IS NOT NULL").rowcount
