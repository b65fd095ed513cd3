"""What the list of disputes shows, ready to read: amounts and times are text, in the organizer's zone."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from kagibag_app import l10n
from kagibag_app.features.disputes.rules import UNANSWERED, DisputeFilter, DisputeStatus
from kagibag_app.features.disputes.views import DisputePage, DisputeRow
from kagibag_app.web.admin.address import address
from kagibag_app.web.admin.choices import Choice
from kagibag_app.web.admin.elapsed import left

PATH = "/admin/disputes"
_LABELS = {
    DisputeFilter.OPEN: "Open",
    DisputeFilter.WON: "Won",
    DisputeFilter.LOST: "Lost",
    DisputeFilter.ALL: "All",
}
_NOTHING = {
    DisputeFilter.OPEN: (
        "No open disputes",
        "When a buyer disputes a payment with the bank, it appears here with its deadline and the order is flagged.",
    ),
    DisputeFilter.WON: ("No disputes won", "Disputes that the bank decided for you appear here."),
    DisputeFilter.LOST: ("No disputes lost", "Disputes that the bank decided for the buyer appear here."),
    DisputeFilter.ALL: ("No disputes", "No buyer has disputed a payment with the bank."),
}

_REVIEWED = (DisputeStatus.UNDER_REVIEW, DisputeStatus.INQUIRY_UNDER_REVIEW)


@dataclass(frozen=True, slots=True)
class Listing:
    """What stands around the list; ``newer`` and ``older`` are empty where there is no other page."""

    remark: str = ""
    empty_title: str = ""
    empty_text: str = ""
    newer: str = ""
    older: str = ""
    zone: str = ""


@dataclass(frozen=True, slots=True)
class Deadline:
    """How long is left and the exact time, or what happens instead; ``tone`` is ``bad`` while an answer is due."""

    text: str = ""
    exact: str = ""
    iso: str = ""
    tone: str = "neutral"


@dataclass(frozen=True, slots=True)
class DisputeLine:
    """A dispute in the list."""

    id: str = ""
    href: str = ""
    reason: str = ""
    amount: str = ""
    status: str = ""
    buyer: str = ""
    event: str = ""
    order_number: str = ""
    order_href: str = ""
    deadline: Deadline = Deadline()


def tab_rows(page: DisputePage, chosen: DisputeFilter) -> list[Choice]:
    """Return the tabs with how many disputes each shows."""
    return [
        Choice(label, address(PATH, tab=tab), f"{page.counts[tab]:,}", tab is chosen)
        for tab, label in _LABELS.items()
    ]


def listing(page: DisputePage, chosen: DisputeFilter, after: str, zone: str, waiting: int) -> Listing:
    """Return what stands around the list.

    Args:
        page: As read.
        chosen: The tab.
        after: Where this page of the list begins; empty at its start.
        zone: The organizer's.
        waiting: Disputes that need a response.
    """
    title, text = _NOTHING[chosen]
    needs = "needs" if waiting == 1 else "need"
    return Listing(
        remark=f"{waiting} {needs} a response" if waiting else "None needs a response",
        empty_title=title,
        empty_text=text,
        newer=address(PATH, tab=chosen) if after else "",
        older=address(PATH, tab=chosen, after=page.after) if page.after else "",
        zone=f"Times in {zone}",
    )


def dispute_line(row: DisputeRow, zone: str, now: datetime) -> DisputeLine:
    """Return one dispute as the list shows it."""
    return DisputeLine(
        id=row.public_id,
        href=f"{PATH}/{row.public_id}",
        reason=row.reason_label,
        amount=l10n.money(row.amount_minor, row.currency),
        status=row.status,
        buyer=row.buyer_name,
        event=row.event_title,
        order_number=row.order_number,
        order_href=f"/admin/orders/{row.order_number}",
        deadline=deadline(row, zone, now),
    )


def deadline(row: DisputeRow, zone: str, now: datetime) -> Deadline:
    """Return until when an answer is possible, or what happens instead.

    Args:
        row: The dispute.
        zone: The organizer's.
        now: What is counted from (UTC).
    """
    if row.status in UNANSWERED and row.due_at is not None:
        over = row.past_due or row.due_at <= now
        text = "Deadline passed" if over else f"{left(row.due_at, now)} left"
        return Deadline(text, _exact(row.due_at, zone), row.due_at.isoformat(), "bad")
    if row.status in _REVIEWED:
        return Deadline("The bank reviews")
    if row.closed_at is not None:
        return Deadline("Closed", _exact(row.closed_at, zone), row.closed_at.isoformat())
    return Deadline("No answer is possible")


def _exact(at: datetime, zone: str) -> str:
    return f"{l10n.day(at, zone)}, {l10n.time(at, zone)} {l10n.zone_name(at, zone)}"
