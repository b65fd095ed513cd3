"""From what was read to what the home page shows."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta
from decimal import ROUND_HALF_UP, Decimal

from kagibag_app import l10n
from kagibag_app.features.disputes.views import DisputeRow
from kagibag_app.features.ledger.views import Figures
from kagibag_app.features.refunds.rules import RequestStatus
from kagibag_app.features.refunds.views import WaitingRefund
from kagibag_app.features.webhooks.views import FailingEndpoint
from kagibag_app.web.admin.elapsed import ago, left
from kagibag_app.web.admin.home.chart import chart
from kagibag_app.web.admin.home.periods import PRESETS, Period, preset_period
from kagibag_app.web.admin.home.reading import Seen
from kagibag_app.web.admin.home.rows import (
    CurrencyRow,
    DeadlineLine,
    Figure,
    HomePage,
    NeedLine,
    PeriodTab,
)
from kagibag_app.web.admin.refunds.address import Place

NEEDS_SHOWN = 8
DEADLINES_SHOWN = 6
_SOON = timedelta(days=7)
_Q = RequestStatus
# Which tab of the queue shows a request, and what one does there.
_REQUESTS = {
    _Q.FAILED: ("failed", "bad", "Refund to {buyer} failed", "Decide"),
    _Q.AWAITING_SECOND: ("second", "attention", "Refund to {buyer} waits for a second person", "Review"),
    _Q.OPEN: ("needs_decision", "attention", "{buyer} asks for a refund", "Review"),
}
_REFUNDS = {
    "refund_failed": ("bad", "Refund to {buyer} failed", "Decide"),
    "to_allocate": ("neutral", "Refund made at Stripe, not put down to tickets", "Allocate"),
}


def home_page(seen: Seen, wanted: str) -> HomePage:
    """Return the page.

    Args:
        seen: As read.
        wanted: The currency whose figures and chart are asked for; the organizer's own when it has none.
    """
    shown = wanted if wanted in seen.whole or wanted in seen.today else seen.currency
    needs = list(_needs(seen))
    first, last = seen.period.first.isoformat(), seen.period.last.isoformat()
    return HomePage(
        date=l10n.day(seen.now, seen.zone),
        about=f"{seen.organizer} · {shown}, {l10n.zone_name(seen.now, seen.zone)}",
        period=seen.period.words(),
        day_from=first,
        day_until=last,
        tabs=_tabs(seen, wanted),
        figures=_figures(seen, shown),
        others=[_other(seen.whole[code], seen.period) for code in sorted(seen.whole) if code != shown],
        needs=needs[:NEEDS_SHOWN],
        needs_total=_needs_total(seen),
        more=_needs_total(seen) > NEEDS_SHOWN,
        deadlines=[_deadline(row, seen) for row in _answerable(seen)[:DEADLINES_SHOWN]],
        chart=chart(seen.period, seen.stretches, shown),
    )


def _tabs(seen: Seen, currency: str) -> list[PeriodTab]:
    chosen = seen.period
    today = chosen.last if chosen.preset else seen.now.date()
    found = [
        PeriodTab(label, preset_period(key, today).href(currency), chosen.preset == key)
        for key, (label, _) in PRESETS.items()
    ]
    return found if chosen.preset else [*found, PeriodTab(chosen.words(), chosen.href(currency), True)]


def _figures(seen: Seen, currency: str) -> list[Figure]:
    whole = seen.whole.get(currency) or Figures(currency)
    today = seen.today.get(currency) or Figures(currency)
    open_ones = [row for row in seen.open_disputes if row.currency == currency]
    at_stake = l10n.money(sum(row.amount_minor for row in open_ones), currency)

    def amount(minor: int) -> str:
        return l10n.money(minor, currency)

    def day(minor: int, about: str) -> str:
        return about if seen.period.preset == "today" else f"{about} · today {amount(minor)}"

    disputed = f"{len(open_ones)} open for {at_stake}" if open_ones else "None open"
    share = _share(-whole.refunded_minor, whole.sales_minor)
    return [
        Figure("Sales", amount(whole.sales_minor), day(today.sales_minor, _counted(whole.sales, "payment"))),
        Figure(
            "Refunded", amount(whole.refunded_minor),
            day(today.refunded_minor, f"{_counted(whole.refunds, 'refund')}{share}"),
        ),
        Figure(
            "Disputed", amount(whole.disputed_minor), day(today.disputed_minor, disputed),
            "bad" if open_ones else "neutral",
        ),
        Figure(
            "Net", amount(whole.net_minor), day(today.net_minor, f"after {amount(-whole.fees_minor)} fees")
        ),
    ]  # fmt: skip


def _other(figures: Figures, period: Period) -> CurrencyRow:
    code = figures.currency
    return CurrencyRow(
        currency=code, href=period.href(code), sales=l10n.money(figures.sales_minor, code),
        refunded=l10n.money(figures.refunded_minor, code), disputed=l10n.money(figures.disputed_minor, code),
        fees=l10n.money(figures.fees_minor, code), net=l10n.money(figures.net_minor, code),
    )  # fmt: skip


def _needs(seen: Seen) -> Iterator[NeedLine]:
    """Yield what needs a decision: what went wrong first, then deadlines, then whoever has waited longest."""
    lines = [_refund(each, seen) for each in seen.refunds]
    answers = [_answer(row, seen) for row in seen.unanswered]
    yield from (line for line in lines if line.tone == "bad")
    yield from (_endpoint(each, seen) for each in seen.endpoints)
    yield from (line for line in answers if line.tone == "bad")
    yield from (line for line in lines if line.tone == "attention")
    yield from (line for line in answers if line.tone != "bad")
    yield from (line for line in lines if line.tone == "neutral")


def _needs_total(seen: Seen) -> int:
    """Return how many things wait in all: the list has only the first of each kind."""
    counted = {_Q.OPEN, _Q.AWAITING_SECOND}
    others = sum(waiting.kind not in counted for waiting in seen.refunds)
    return seen.counts.refunds + seen.counts.disputes + others + len(seen.endpoints)


def _refund(waiting: WaitingRefund, seen: Seen) -> NeedLine:
    since = ago(waiting.since, seen.now)
    if waiting.kind in _REFUNDS:
        tone, title, act = _REFUNDS[waiting.kind]
        href = f"/admin/orders/{waiting.order_number}"
        about = waiting.reason or f"{waiting.order_number} · {since}"
    else:
        tab, tone, title, act = _REQUESTS[RequestStatus(waiting.kind)]
        href = Place(tab, request=waiting.id).href()
        about = f"{waiting.event_title} · {since}"
    return NeedLine(
        id=waiting.id, kind="refund", tone=tone, title=title.format(buyer=waiting.buyer_name), about=about,
        amount=l10n.money(waiting.amount_minor, waiting.currency), act=act, href=href,
    )  # fmt: skip


def _answer(row: DisputeRow, seen: Seen) -> NeedLine:
    due = row.due_at
    soon = due is not None and due - seen.now < _SOON
    about = f"{row.reason_label} · {left(due, seen.now)} left" if due and due > seen.now else row.reason_label
    return NeedLine(
        id=row.public_id, kind="dispute", tone="bad" if soon else "attention",
        title=f"{row.buyer_name} disputes {row.order_number}", about=about,
        amount=l10n.money(row.amount_minor, row.currency), act="Answer",
        href=f"/admin/disputes/{row.public_id}",
    )  # fmt: skip


def _endpoint(failing: FailingEndpoint, seen: Seen) -> NeedLine:
    since = f" since {l10n.moment(failing.since, seen.zone)}" if failing.since else ""
    title = f"“{failing.name}” is switched off" if failing.off else f"“{failing.name}” does not answer"
    return NeedLine(
        id=failing.public_id, kind="webhook", tone="bad" if failing.off else "attention", title=title,
        about=f"Webhooks have failed{since}.", act="See why",
        href=f"/admin/webhooks?endpoint={failing.public_id}",
    )  # fmt: skip


def _answerable(seen: Seen) -> list[DisputeRow]:
    found = [row for row in seen.unanswered if row.due_at is not None and row.due_at > seen.now]
    return sorted(found, key=lambda row: row.due_at or seen.now)


def _deadline(row: DisputeRow, seen: Seen) -> DeadlineLine:
    due = row.due_at or seen.now
    kind = "Inquiry" if row.kind == "inquiry" else "Dispute"
    return DeadlineLine(
        id=row.public_id, left=left(due, seen.now), day=l10n.day_time(due, seen.zone),
        tone="bad" if due - seen.now < _SOON else "attention",
        title=f"{kind} {row.order_number}, {l10n.money(row.amount_minor, row.currency)}",
        about=f"{row.buyer_name} · {row.event_title}", href=f"/admin/disputes/{row.public_id}",
    )  # fmt: skip


def _share(part: int, whole: int) -> str:
    if part <= 0 or whole <= 0:
        return ""
    percent = (Decimal(part * 100) / whole).quantize(Decimal("0.1"), ROUND_HALF_UP)
    return f", {percent} % of sales"


def _counted(number: int, thing: str) -> str:
    return f"{number:,} {thing}" if number == 1 else f"{number:,} {thing}s"
