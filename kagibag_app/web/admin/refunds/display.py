"""The queue in words. Pure: views in, rows out."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime

from kagibag_app import l10n
from kagibag_app.features.events.views import EventChoice
from kagibag_app.features.refunds.queries.queue import FLAGS
from kagibag_app.features.refunds.rules import RequestStatus
from kagibag_app.features.refunds.rules.queue import QueueFilter, RequestWarning
from kagibag_app.features.refunds.views import QueuePage, QueueRow
from kagibag_app.web.admin.choices import Choice
from kagibag_app.web.admin.elapsed import age, oldest
from kagibag_app.web.admin.refunds.address import Place
from kagibag_app.web.admin.refunds.rows import Filters, Queue, QueueLine

_NOTHING = {
    "needs_decision": (
        "No refund requests waiting",
        "When a buyer asks for money back, the request appears here by itself. Nothing is refunded without your decision.",
    ),
    "second": (
        "Nothing waits for a second person",
        "What is more than a manager may give back alone waits here until somebody else confirms it.",
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


AGES = ((1, "A day or longer"), (3, "3 days or longer"), (7, "A week or longer"), (30, "30 days or longer"))
AMOUNTS = (50, 100, 250, 1000, 10_000)


def tab_rows(page: QueuePage, here: Place) -> list[Choice]:
    """Return the tabs; each begins at its first request, narrowed as it is now."""
    return [
        Choice(tab.label, Place(tab.key, wanted=here.wanted).href(), f"{tab.count:,}", tab.key == page.tab)
        for tab in page.tabs
    ]


def queue(page: QueuePage, here: Place, now: datetime) -> Queue:
    """Return what stands around the list."""
    title, text = _NOTHING[page.tab]
    if here.wanted != QueueFilter():
        title, text = (
            "Nothing like that here",
            "No request of this state fits the filters. Take one off to see more.",
        )
    onward = replace(here, request="", after=page.next_cursor).href() if page.next_cursor else ""
    back = replace(here, request="", after="").href() if here.after else ""
    first, more = ("Oldest", "Newer") if page.oldest_first else ("Newest", "Older")
    return Queue(_remark(page, now), title, text, back, onward, first, more)


def filters(here: Place, events: list[EventChoice]) -> Filters:
    """Return what the list is narrowed to, and what else it can be."""
    held, at = here.wanted, here.narrowed
    return Filters(
        event=next((e.title for e in events if e.id == held.event), held.event),
        age=_age(held.days),
        amount=f"{held.amount:,} or more" if held.amount else "",
        warning=_warning(held.warning),
        without_event=at(event=""),
        without_age=at(days=0),
        without_amount=at(amount=0),
        without_warning=at(warning=""),
        without_all=Place(here.tab).href() if held != QueueFilter() else "",
        events=[Choice(e.title, at(event=e.id), "", e.id == held.event) for e in events],
        ages=[Choice(label, at(days=days), "", days == held.days) for days, label in AGES],
        amounts=[
            Choice(f"{minimum:,} or more", at(amount=minimum), "", minimum == held.amount) for minimum in AMOUNTS
        ],
        warnings=[Choice(label, at(warning=word), "", word == held.warning) for word, label in FLAGS.items()],
    )  # fmt: skip


def _age(days: int) -> str:
    return dict(AGES).get(days, f"{days} days or longer") if days else ""


def _warning(word: str) -> str:
    return FLAGS[RequestWarning(word)] if word else ""


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
        href=replace(here, tab=tab, request=row.id).href(),
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
        pickable=row.status == RequestStatus.OPEN,
    )
