"""When orders are placed: more in the evening, at the end of the week, when an event opens and before it begins."""

from __future__ import annotations

from bisect import bisect_right
from datetime import UTC, datetime, timedelta
from itertools import accumulate

from kagibag_app.demo.synthetic.catalogue import BEGIN, END, EVENTS, EventSpec

# By the hour of the day (UTC), the evening at its height.
_HOURS = (3, 2, 1, 1, 1, 2, 4, 7, 10, 12, 13, 14, 15, 14, 14, 15, 18, 24, 34, 42, 40, 29, 16, 7)
# Monday to Sunday.
_WEEKDAYS = (9, 9, 10, 11, 12, 10, 11)
_DAYS = (END - BEGIN).days
_OPENING_DAYS, _LAST_DAYS = 4, 10


def _orders(event: EventSpec, day: datetime) -> int:
    """Return how many orders an event gets on a day, beside the other events and days."""
    first = datetime.fromisoformat(event.on_sale).replace(tzinfo=UTC)
    last = datetime.fromisoformat(event.sold_until).replace(tzinfo=UTC)
    if not first <= day < last:
        return 0
    opening, ending = (day - first).days < _OPENING_DAYS, (last - day).days <= _LAST_DAYS
    return event.share * (4 if opening else 2 if ending and last < END else 1)


class Calendar:
    """The moments of a data set's orders, in the order of its places.

    Args:
        orders: How many there are.
    """

    def __init__(self, orders: int) -> None:
        self._orders = orders
        days = [BEGIN + timedelta(days=day) for day in range(_DAYS)]
        self._by_day = [tuple(accumulate(_orders(event, day) for event in EVENTS)) for day in days]
        weights = [
            shares[-1] * _WEEKDAYS[day.weekday()] * hour
            for day, shares in zip(days, self._by_day, strict=True)
            for hour in _HOURS
        ]
        self._until = list(accumulate(weights))

    def at(self, index: int, chance: float) -> datetime:
        """Return when the order at a place was placed (UTC); never before the one at the place before.

        Args:
            chance: Uniform in [0, 1).
        """
        wanted = (index + chance) / self._orders * self._until[-1]
        hour = min(bisect_right(self._until, wanted), len(self._until) - 1)
        before = self._until[hour - 1] if hour else 0
        within = (wanted - before) / (self._until[hour] - before)
        return BEGIN + timedelta(microseconds=int((hour + within) * 3_600_000_000))

    def event_at(self, moment: datetime, chance: float) -> int:
        """Return the place in ``EVENTS`` of the event that an order of this moment is for."""
        shares = self._by_day[(moment - BEGIN).days]
        return bisect_right(shares, chance * shares[-1])
