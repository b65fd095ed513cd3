"""The queue in words. Pure: views in, rows out."""

from __future__ import annotations

from datetime import datetime

from kagibag_app import l10n
from kagibag_app.features.refunds.rules import RequestStatus
from kagibag_app.features.refunds.views import QueuePage, QueueRow
from kagibag_app.web.admin.elapsed import age, oldest
from kagibag_app.web.admin.refunds.address import Place
from kagibag_app.web.admin.refunds.rows import Queue, QueueLine, TabRow

_NOTHING = {
    "needs_decision": (
        "No refund requests waiting",
        "When a buyer asks for money back, the request appears here by itself. Nothing is refunded without your decision.",
    ),
    "failed": (
        "No failed refunds",
        "A refund that a bank or Stripe sends back appears here with its reason.",
    ),
    "in_progress": ("No refunds in progress", "Approved requests stay here until the money has arrived."),
    "refunded": ("Nothing refunded yet", "Requests whose money has arrived appear here."),
    "declined": ("Nothing declined", "Requests that you declined appear here with your answer."),
    "all": (
        "No refund requests yet",
        "Buyers ask for a refund on their order page. Each request appears here by itself.",
    ),
}


def tab_rows(page: QueuePage) -> list[TabRow]:
    """Return the tabs; each begins at its newest request."""
    return [
        TabRow(tab.label, Place(tab.key).href(), f"{tab.count:,}", tab.key == page.tab) for tab in page.tabs
    ]


def queue(page: QueuePage, here: Place, now: datetime) -> Queue:
    """Return what stands around the list."""
    title, text = _NOTHING[page.tab]
    older = Place(page.tab, after=page.next_cursor).href() if page.next_cursor else ""
    newer = Place(page.tab).href() if here.after else ""
    return Queue(_remark(page, now), title, text, newer, older)


def queue_lines(page: QueuePage, here: Place, zone: str, now: datetime) -> list[QueueLine]:
    """Return the list's rows; the request under review is the current one."""
    return [_line(row, page.tab, here, zone, now) for row in page.rows]


def _remark(page: QueuePage, now: datetime) -> str:
    if not page.needs_decision:
        return "Nothing needs a decision"
    needs = "needs" if page.needs_decision == 1 else "need"
    waiting = oldest(datetime.fromisoformat(page.oldest_at), now)
    return f"{page.needs_decision} {needs} a decision · oldest {waiting}"


def _line(row: QueueRow, tab: str, here: Place, zone: str, now: datetime) -> QueueLine:
    asked = datetime.fromisoformat(row.asked_at)
    return QueueLine(
        id=row.id,
        href=Place(tab, row.id, here.after).href(),
        buyer=row.buyer_name,
        amount=l10n.money(row.amount_minor, row.currency),
        event=row.event_title,
        age=age(asked, now),
        asked_iso=row.asked_at,
        asked_exact=l10n.moment(asked, zone),
        status=row.status if tab == "all" else "",
        flag=" · ".join(flag.detail or flag.label for flag in row.flags),
        flag_tone="bad" if row.status == RequestStatus.FAILED else "attention",
        current=row.id == here.request,
    )
