"""The last API calls, for tests and the curious."""

import json
from typing import Any

from kagibag_app.sandbox.store import Store

KEPT = 2_000


class RequestsLog:
    """A bounded log. Every method belongs in a transaction."""

    def __init__(self, store: Store) -> None:
        self._db = store.db

    def add(self, **entry: Any) -> None:
        """Keep one call."""
        cursor = self._db.execute("INSERT INTO requests (body) VALUES (?)", (json.dumps(entry),))
        self._db.execute("DELETE FROM requests WHERE seq <= ?", ((cursor.lastrowid or 0) - KEPT,))

    def last(self, limit: int) -> list[dict[str, Any]]:
        """The last calls, oldest first."""
        rows = self._db.execute("SELECT body FROM requests ORDER BY seq DESC LIMIT ?", (limit,)).fetchall()
        return [json.loads(row["body"]) for row in reversed(rows)]
