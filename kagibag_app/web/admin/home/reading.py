"""What the home page is made of: the figures of several features, read at one moment."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from zoneinfo import ZoneInfo

from kagibag_app.features.accounts import queries as accounts
from kagibag_app.features.disputes import queries as disputes
from kagibag_app.features.disputes.rules import UNANSWERED
from kagibag_app.features.disputes.views import DisputeRow
from kagibag_app.features.ledger import queries as ledger
from kagibag_app.features.ledger.views import Figures, figures_of
from kagibag_app.features.refunds import queries as refunds
from kagibag_app.features.refunds.views import WaitingRefund
from kagibag_app.features.webhooks import queries as webhooks
from kagibag_app.features.webhooks.views import FailingEndpoint
from kagibag_app.web.admin.counts import NavCounts, nav_counts
from kagibag_app.web.admin.home.periods import Period
from kagibag_app.web.runtime import runtime

Sums = Mapping[str, Figures]


@dataclass(frozen=True, slots=True)
class Seen:
    """Everything on the page, as read.

    Attributes:
        stretches: The figures of each of the period's stretches.
        today: Those of today.
        open_disputes: The newest page of undecided ones, the nearest deadline first.
    """

    organizer: str
    zone: str
    currency: str
    now: datetime
    period: Period
    stretches: Sequence[Sums]
    whole: Sums
    today: Sums
    refunds: Sequence[WaitingRefund]
    open_disputes: Sequence[DisputeRow]
    endpoints: Sequence[FailingEndpoint]
    counts: NavCounts

    @property
    def unanswered(self) -> list[DisputeRow]:
        """The disputes that wait for an answer."""
        return [row for row in self.open_disputes if row.status in UNANSWERED]


async def read_home(organizer_id: int, period: Period, zone: str) -> Seen:
    """Read the page.

    Args:
        organizer_id: Whose.
        period: Whose figures.
        zone: The organizer's, in which days begin and end.
    """
    now = runtime().clock.now()
    today = now.astimezone(ZoneInfo(zone)).date()
    async with runtime().store.read() as session:
        organizer = await accounts.system_organizer(session, organizer_id)
        moved = await ledger.movements(session, organizer_id, bounds=period.bounds(zone))
        moved_today = await ledger.movements(session, organizer_id, bounds=_day(today, zone))
        waiting = await refunds.waiting_refunds(session, organizer_id)
        page = await disputes.dispute_page(session, organizer_id)
        endpoints = await webhooks.failing_endpoints(session, organizer_id)
        counts = await nav_counts(session, organizer_id)
    stretches = [
        figures_of(each for each in moved if each.stretch == number)
        for number in range(len(period.stretches))
    ]
    return Seen(
        organizer=organizer.name if organizer else "", zone=zone, currency=organizer.currency if organizer else "USD",
        now=now, period=period, stretches=stretches, whole=figures_of(moved), today=figures_of(moved_today),
        refunds=waiting, open_disputes=page.rows, endpoints=endpoints, counts=counts,
    )  # fmt: skip


def _day(day: date, zone: str) -> tuple[datetime, ...]:
    return Period(day, day, "", (day,)).bounds(zone)
