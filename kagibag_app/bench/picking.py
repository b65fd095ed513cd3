"""Picks what to ask of a data set: real numbers, addresses and moments from it."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from datetime import UTC, datetime
from typing import Any

from kagibag_app.bench.floors import PlainDriver

# An address with so many orders is there in every data set of some thousand.
_ORDERS_OF_ONE = range(12, 2, -1)
RARE, USUAL, MANY = range(1, 60), range(100, 1500), range(2001, 10**9)


class Picker:
    """Looks into one data set.

    Args:
        driver: Reads it.
        organizer_id: Whose orders.
    """

    def __init__(self, driver: PlainDriver, organizer_id: int) -> None:
        self._driver, self._organizer = driver, organizer_id

    def rows(self, text: str, **values: Any) -> list[tuple[Any, ...]]:
        """Return rows of the organizer's (``:organizer``)."""
        return self._driver.rows(text, {"organizer": self._organizer, **values})

    def one(self, text: str, **values: Any) -> Any:
        """Return the first value of the first row."""
        return self.rows(text, **values)[0][0]

    def moment(self, value: Any) -> datetime:
        """Return a time as the driver gave it, in UTC."""
        found = datetime.fromisoformat(value) if isinstance(value, str) else value
        return found.replace(tzinfo=UTC) if found.tzinfo is None else found.astimezone(UTC)

    def event(self) -> str:
        """Return the event that sells now and has most orders."""
        return self.one(
            "SELECT e.public_id FROM events e WHERE e.organizer_id = :organizer ORDER BY"
            " (SELECT count(*) FROM orders o WHERE o.event_id = e.id) DESC LIMIT 1"
        )

    def promotion(self) -> str:
        """Return the code that was used most."""
        return self.one(
            "SELECT public_id FROM promotions WHERE organizer_id = :organizer ORDER BY uses DESC, id LIMIT 1"
        )

    def order_at(self, share: float) -> tuple[str, str]:
        """Return public id and number of the order that so large a share of the list stands before."""
        first, last = self.rows("SELECT min(id), max(id) FROM orders WHERE organizer_id = :organizer")[0]
        wanted = last - int((last - first) * share)
        return self.rows(
            "SELECT public_id, number FROM orders WHERE organizer_id = :organizer AND id <= :id ORDER BY id DESC LIMIT 1",
            id=wanted,
        )[0]

    def orders_by_address(self) -> Counter[str]:
        """Return how many orders each address has that has some."""
        rows = self.rows(
            "SELECT email_key, count(*) FROM orders WHERE organizer_id = :organizer GROUP BY email_key"
            " HAVING count(*) > 2"
        )
        return Counter(dict(rows))

    def plain_orders(self, tickets: int) -> str:
        """Return the number of a paid order with so many tickets to which nothing else happened."""
        return self.one(
            "SELECT o.number FROM orders o WHERE o.organizer_id = :organizer AND o.status = 'paid' AND o.source = 'stripe'"
            " AND o.version = 2 AND o.discount_minor = 0"
            " AND (SELECT count(*) FROM line_items l WHERE l.order_id = o.id) = :tickets"
            " AND (SELECT count(*) FROM timeline_entries t WHERE t.order_id = o.id) = 6"
            " ORDER BY o.id DESC LIMIT 1",
            tickets=tickets,
        )

    def richest_order(self) -> str:
        """Return the number of an order to which much happened."""
        return self.one(
            "SELECT o.number FROM orders o WHERE o.organizer_id = :organizer AND o.refund_state <> 'none'"
            " ORDER BY o.version DESC, o.id DESC LIMIT 1"
        )

    def stripe_ids(self) -> dict[str, str]:
        """Return one id of each kind that orders are found by."""
        queries = {
            "intent": "SELECT payment_intent_id FROM payments WHERE organizer_id = :organizer AND payment_intent_id <> ''",
            "charge": "SELECT charge_id FROM payments WHERE organizer_id = :organizer AND charge_id <> ''",
            "refund": "SELECT stripe_refund_id FROM refunds WHERE organizer_id = :organizer AND stripe_refund_id IS NOT NULL",
            "dispute": "SELECT stripe_id FROM disputes WHERE organizer_id = :organizer",
        }
        return {kind: self.one(f"{query} ORDER BY id DESC LIMIT 1") for kind, query in queries.items()}

    def ticket_code(self) -> str:
        """Return the code of a ticket."""
        return self.one("SELECT code FROM tickets WHERE organizer_id = :organizer ORDER BY id DESC LIMIT 1")

    def part(self, kind: str, pieces: Sequence[str], matches: range) -> tuple[str, int]:
        """Return the first piece that so many orders' values contain, and how many.

        Raises:
            LookupError: No piece has so many.
        """
        for piece in pieces:
            count = self.one(
                "SELECT count(*) FROM (SELECT DISTINCT order_id FROM order_search WHERE organizer_id = :organizer"
                " AND kind = :kind AND value LIKE :piece LIMIT 20000) t",
                kind=kind,
                piece=f"%{piece}%",
            )
            if count in matches:
                return piece, count
        raise LookupError(f"no part of {kind} is there {matches.start} to {matches.stop - 1} times")


def shared_count(left: Counter[str], right: Counter[str]) -> int:
    """Return how many orders an address has in both data sets, the largest such number that is not too large.

    Raises:
        LookupError: There is none.
    """
    for count in _ORDERS_OF_ONE:
        if count in left.values() and count in right.values():
            return count
    raise LookupError("no address of one data set has as many orders as one of the other")


def address_with(counts: Counter[str], count: int) -> str:
    """Return an address that has so many orders."""
    return min(address for address, found in counts.items() if found == count)
