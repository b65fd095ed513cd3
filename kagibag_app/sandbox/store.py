"""Durable state in one SQLite file: everything a Stripe would remember, committed before every answer."""

import json
import sqlite3
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

SCHEMA = """
CREATE TABLE IF NOT EXISTS objects (
    seq INTEGER PRIMARY KEY AUTOINCREMENT, id TEXT NOT NULL UNIQUE, kind TEXT NOT NULL, account TEXT NOT NULL,
    created INTEGER NOT NULL, body TEXT NOT NULL, private TEXT NOT NULL DEFAULT '{}');
CREATE INDEX IF NOT EXISTS objects_kind ON objects (kind, seq);
CREATE INDEX IF NOT EXISTS objects_intent ON objects (json_extract(body, '$.payment_intent'));
CREATE INDEX IF NOT EXISTS objects_charge ON objects (json_extract(body, '$.charge'));
CREATE INDEX IF NOT EXISTS objects_source ON objects (json_extract(body, '$.source'));
CREATE TABLE IF NOT EXISTS idempotency_keys (
    account TEXT NOT NULL, key TEXT NOT NULL, fingerprint TEXT NOT NULL, created INTEGER NOT NULL,
    status INTEGER, body TEXT, request_id TEXT, PRIMARY KEY (account, key));
CREATE TABLE IF NOT EXISTS deliveries (
    seq INTEGER PRIMARY KEY AUTOINCREMENT, event TEXT NOT NULL, url TEXT NOT NULL, secret TEXT NOT NULL,
    state TEXT NOT NULL DEFAULT 'queued', attempts INTEGER NOT NULL DEFAULT 0, due_at REAL NOT NULL,
    last_status TEXT NOT NULL DEFAULT '');
CREATE INDEX IF NOT EXISTS deliveries_state ON deliveries (state, due_at);
CREATE INDEX IF NOT EXISTS deliveries_event ON deliveries (event);
CREATE TABLE IF NOT EXISTS agenda (
    seq INTEGER PRIMARY KEY AUTOINCREMENT, due_at INTEGER NOT NULL, action TEXT NOT NULL,
    account TEXT NOT NULL, payload TEXT NOT NULL);
CREATE TABLE IF NOT EXISTS faults (
    seq INTEGER PRIMARY KEY AUTOINCREMENT, body TEXT NOT NULL, remaining INTEGER NOT NULL);
CREATE TABLE IF NOT EXISTS requests (
    seq INTEGER PRIMARY KEY AUTOINCREMENT, body TEXT NOT NULL);
CREATE TABLE IF NOT EXISTS settings (name TEXT PRIMARY KEY, value TEXT NOT NULL);
"""
TABLES = ("objects", "idempotency_keys", "deliveries", "agenda", "faults", "requests", "settings")


@dataclass(frozen=True)
class Condition:
    """One filter of a search: a field of the body, an SQL comparison and the value."""

    field: str
    comparison: str
    value: Any

    COMPARISONS = ("=", ">", ">=", "<", "<=", "IN", "GLOB")

    def sql(self) -> tuple[str, list[Any]]:
        """The WHERE part and its arguments."""
        if self.comparison not in self.COMPARISONS or not self.field.isidentifier():
            raise ValueError(f"cannot filter by {self.field} {self.comparison}")
        column = "created" if self.field == "created" else f"json_extract(body, '$.{self.field}')"
        if self.comparison == "IN":
            return f"{column} IN ({', '.join('?' * len(self.value))})", list(self.value)
        return f"{column} {self.comparison} ?", [self.value]


class Store:
    """Objects, settings and the connection the other tables are reached by.

    Everything runs on the event loop's thread and no transaction stays open across an `await`, so one
    connection is enough and two calls never interleave.
    """

    def __init__(self, path: Path | None) -> None:
        if path is not None:
            path.parent.mkdir(parents=True, exist_ok=True)
        self.db = sqlite3.connect(
            path or ":memory:", isolation_level=None, check_same_thread=False, timeout=5
        )
        self.db.row_factory = sqlite3.Row
        self.db.execute("PRAGMA journal_mode=WAL")
        self.db.execute("PRAGMA synchronous=NORMAL")
        self.db.executescript(SCHEMA)

    def close(self) -> None:
        """Close the file."""
        self.db.close()

    @contextmanager
    def transaction(self) -> Iterator[None]:
        """All or nothing; committed when the block ends without an exception."""
        self.db.execute("BEGIN IMMEDIATE")
        try:
            yield
        except BaseException:
            self.db.execute("ROLLBACK")
            raise
        self.db.execute("COMMIT")

    @contextmanager
    def savepoint(self) -> Iterator[None]:
        """Undo the block's own writes when it raises, and keep the surrounding transaction."""
        self.db.execute("SAVEPOINT part")
        try:
            yield
        except BaseException:
            self.db.execute("ROLLBACK TO part")
            raise
        finally:
            self.db.execute("RELEASE part")

    def clear(self) -> None:
        """Forget everything."""
        for table in TABLES:
            self.db.execute(f"DELETE FROM {table}")  # noqa: S608 - names of our own tables

    def insert(self, body: dict[str, Any], *, account: str, created: int) -> None:
        """Store a new object."""
        self.db.execute(
            "INSERT INTO objects (id, kind, account, created, body) VALUES (?, ?, ?, ?, ?)",
            (body["id"], body["object"], account, created, json.dumps(body)),
        )

    def update(self, body: dict[str, Any]) -> None:
        """Store an object's new body."""
        self.db.execute("UPDATE objects SET body = ? WHERE id = ?", (json.dumps(body), body["id"]))

    def delete(self, object_id: str) -> None:
        """Forget one object."""
        self.db.execute("DELETE FROM objects WHERE id = ?", (object_id,))

    def body(self, object_id: str) -> dict[str, Any] | None:
        """An object by its id."""
        row = self.db.execute("SELECT body FROM objects WHERE id = ?", (object_id,)).fetchone()
        return json.loads(row["body"]) if row else None

    def account_of(self, object_id: str) -> str | None:
        """The account an object lives in."""
        row = self.db.execute("SELECT account FROM objects WHERE id = ?", (object_id,)).fetchone()
        return row["account"] if row else None

    def position(self, object_id: str) -> int | None:
        """Where an object stands in the order of creation, from 1; None when there is no such object."""
        row = self.db.execute("SELECT seq FROM objects WHERE id = ?", (object_id,)).fetchone()
        return row["seq"] if row else None

    def private(self, object_id: str) -> dict[str, Any]:
        """What the sandbox knows about an object and the API does not show."""
        row = self.db.execute("SELECT private FROM objects WHERE id = ?", (object_id,)).fetchone()
        return json.loads(row["private"]) if row else {}

    def remember(self, object_id: str, **facts: Any) -> None:
        """Add to an object's private facts."""
        merged = json.dumps(self.private(object_id) | facts)
        self.db.execute("UPDATE objects SET private = ? WHERE id = ?", (merged, object_id))

    def search(
        self,
        kind: str,
        conditions: Sequence[Condition] = (),
        *,
        before: int | None = None,
        after: int | None = None,
        limit: int = -1,
    ) -> list[dict[str, Any]]:
        """Objects of a kind, newest first.

        Args:
            kind: the `object` word.
            conditions: all of them must hold.
            before: only objects created before this position.
            after: only objects created after this position; the nearest ones are returned.
            limit: at most so many; -1 for all.
        """
        where: list[str] = ["kind = ?"]
        arguments: list[Any] = [kind]
        for condition in conditions:
            text, values = condition.sql()
            where.append(text)
            arguments += values
        if before is not None:
            where.append("seq < ?")
            arguments.append(before)
        if after is not None:
            where.append("seq > ?")
            arguments.append(after)
        direction = "ASC" if after is not None else "DESC"
        # Only our own words are in the text: Condition checks names and comparisons, values are arguments.
        query = f"SELECT body FROM objects WHERE {' AND '.join(where)} ORDER BY seq {direction} LIMIT ?"  # noqa: S608
        rows = self.db.execute(query, (*arguments, limit)).fetchall()
        bodies = [json.loads(row["body"]) for row in rows]
        return bodies[::-1] if after is not None else bodies

    def balances(self, account: str, now: int) -> list[tuple[str, bool, int]]:
        """What an account's balance transactions come to: currency, whether it is to come, net amount."""
        rows = self.db.execute(
            "SELECT json_extract(body, '$.currency') AS currency, json_extract(body, '$.available_on') > ? AS waits,"
            " SUM(json_extract(body, '$.net')) AS amount FROM objects"
            " WHERE kind = 'balance_transaction' AND account = ? GROUP BY 1, 2 ORDER BY 1, 2",
            (now, account),
        ).fetchall()
        return [(row["currency"], bool(row["waits"]), row["amount"]) for row in rows]

    def counts(self) -> dict[str, int]:
        """How many objects of each kind there are."""
        rows = self.db.execute(
            "SELECT kind, count(*) AS n FROM objects GROUP BY kind ORDER BY kind"
        ).fetchall()
        return {row["kind"]: row["n"] for row in rows}

    def setting(self, name: str, default: str) -> str:
        """A stored setting."""
        row = self.db.execute("SELECT value FROM settings WHERE name = ?", (name,)).fetchone()
        return row["value"] if row else default

    def set_setting(self, name: str, value: str) -> None:
        """Store a setting."""
        self.db.execute("INSERT OR REPLACE INTO settings (name, value) VALUES (?, ?)", (name, value))
