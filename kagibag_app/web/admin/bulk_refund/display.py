"""A bulk refund in words. Pure."""

from __future__ import annotations

from datetime import datetime, timedelta

from kagibag_app import l10n
from kagibag_app.features.bulk_refunds.queries import PAGE
from kagibag_app.features.bulk_refunds.rules import BulkStatus, Cover, OrderState
from kagibag_app.features.bulk_refunds.views import OrderRow, RunView
from kagibag_app.features.refunds.rules.pacing import USUAL
from kagibag_app.kit.actor import Actor
from kagibag_app.web.admin.address import address
from kagibag_app.web.admin.bulk_refund.rows import (
    ExceptionLine,
    OrderLine,
    Pages,
    RunFace,
    SumLine,
)
from kagibag_app.web.admin.bulk_refunds.rows import capital, orders_text, run_path
from kagibag_app.web.admin.choices import Choice
from kagibag_app.web.admin.elapsed import left as time_left
from kagibag_app.web.admin.times import short_time
from kagibag_app.web.api.bulk_reports import report_path

_S, _B = OrderState, BulkStatus
SETTLED = (_S.REFUNDED, _S.CANCELLED)
GOING = (_S.WAITING, _S.AWAITING_SECOND, _S.QUEUED, *SETTLED, _S.FAILED)
TABS: dict[str, tuple[str, tuple[OrderState, ...]]] = {
    "all": ("All", ()),
    "waiting": ("Waiting", (_S.WAITING,)),
    "moving": ("On their way", (_S.QUEUED,)),
    "second": ("Second person", (_S.AWAITING_SECOND,)),
    "failed": ("Failed", (_S.FAILED,)),
    "done": ("Done", SETTLED),
    "left_out": ("Left out", (_S.SKIPPED,)),
}
FIRST_TAB = "all"
_SENTENCES = {
    _B.PREPARING: "The orders are being looked at. Nothing is refunded by it.",
    _B.READY: "This is what would happen. Nothing was refunded yet.",
    _B.RUNNING: "Each order is refunded on its own, at the speed that Stripe allows. You can leave this page.",
    _B.PAUSED: "No further order is begun. What was on its way to Stripe arrives.",
    _B.FINISHED: "Every order is settled as listed below.",
    _B.DISCARDED: "This bulk refund was thrown away before anything was refunded.",
}


def face(view: RunView, actor: Actor, zone: str, now: datetime, above: tuple[int, int] = (0, 0)) -> RunFace:
    """Return the head of the page.

    Args:
        actor: Who looks.
        zone: The organizer's.
        now: UTC.
        above: Orders that are more than this member may give back alone, and how many of those have used tickets.
    """
    second, confirm = _second(view, actor, above[0])
    done, failed, total = view.orders(*SETTLED), view.orders(_S.FAILED), view.orders(*GOING)
    return RunFace(
        id=view.id, words=capital(view.words), status=view.status, about=_about(view, zone, now),
        sentence=_sentence(view), second=second, confirm=confirm, note=view.note, done=done + failed, total=max(total, 1),
        progress=_progress(view), rest=_rest(view), outcome=_outcome(view), message=view.message,
        failed=f"{orders_text(failed)} failed" if failed else "",
        retry=f"Retry {failed:,} failed" if failed and view.status in (_B.PAUSED, _B.FINISHED) else "",
        report=report_path(view.id),
    )  # fmt: skip


def sum_lines(view: RunView) -> list[SumLine]:
    """Return what goes or went back by currency; before the start beside what Stripe holds."""
    begun = view.status not in (_B.PREPARING, _B.READY)
    states = (_S.REFUNDED,) if begun else (_S.WAITING,)
    covers = {cover.currency: cover for cover in view.covers}
    lines = []
    for currency, amount in view.amounts(*states).items():
        parts = [part for part in view.sums if part.state in states and part.currency == currency]
        balance, tone = ("", "neutral") if begun else _balance(covers.get(currency))
        lines.append(
            SumLine(
                currency, f"{sum(p.orders for p in parts if p.amount_minor):,}", f"{sum(p.tickets for p in parts):,}",
                l10n.money(amount, currency), balance, tone,
            )
        )  # fmt: skip
    return lines


def exception_lines(view: RunView) -> list[ExceptionLine]:
    """Return what is left out and why, most first."""
    return [ExceptionLine(f"{found.orders:,}", found.reason) for found in view.exceptions]


def tab_rows(view: RunView, chosen: str) -> list[Choice]:
    """Return the choices of orders that there are."""
    return [
        Choice(label, tab_path(view.id, key), f"{view.orders(*states):,}", key == chosen)
        for key, (label, states) in TABS.items()
        if key in (FIRST_TAB, chosen) or view.orders(*states)
    ]


def tab_path(run: str, tab: str, page: int = 1) -> str:
    """Return the address of a page of some of a run's orders."""
    return address(run_path(run), show="" if tab == FIRST_TAB else tab, page=str(page) if page > 1 else "")


def order_lines(rows: list[OrderRow]) -> list[OrderLine]:
    """Return the orders of a page."""
    return [
        OrderLine(
            number=row.number, href=f"/admin/orders/{row.number}", buyer=row.buyer, event=row.event,
            amount=l10n.money(row.amount_minor, row.currency) if row.amount_minor else "",
            tickets=f"{row.tickets} {'ticket' if row.tickets == 1 else 'tickets'}", state=row.state,
            reason=row.reason or _remark(row),
        )
        for row in rows
    ]  # fmt: skip


def pages(view: RunView, tab: str, page: int, shown: int) -> Pages:
    """Return which orders of a tab are shown."""
    total = view.orders(*TABS[tab][1])
    first = (page - 1) * PAGE + 1
    more = total > page * PAGE
    return Pages(
        span=f"{first:,}–{first + shown - 1:,} of {total:,}" if shown else "",
        previous=tab_path(view.id, tab, page - 1) if page > 1 else "",
        next=tab_path(view.id, tab, page + 1) if more else "",
    )


def _remark(row: OrderRow) -> str:
    if row.state is not _S.WAITING:
        return ""
    used = f"{row.checked_in} used at the door" if row.checked_in else ""
    asked = "refund requested" if row.requested else ""
    return capital(", ".join(filter(None, (used, asked))))


def _about(view: RunView, zone: str, now: datetime) -> str:
    def at(moment: datetime | None) -> str:
        said = short_time(moment, zone, now=now) if moment else ""
        return said.replace("Today", "today").replace("Yesterday", "yesterday")

    match view.status:
        case _B.PREPARING:
            return f"Asked for by {view.acting}"
        case _B.READY:
            return f"Looked at {at(view.previewed_at)}, asked for by {view.acting}"
        case _B.RUNNING:
            return f"Started {at(view.started_at)}, by {view.acting}"
        case _B.PAUSED:
            return f"Paused {at(view.paused_at)}, last set going or held by {view.acting}"
        case _B.FINISHED:
            return f"Started {at(view.started_at)} by {view.acting}, finished {at(view.finished_at)}"
        case _:
            return f"By {view.acting}"


def _progress(view: RunView) -> str:
    if view.status is _B.PREPARING:
        return f"{orders_text(view.orders())} looked at"
    return f"{view.orders(*SETTLED):,} of {orders_text(view.orders(*GOING))} done"


def _rest(view: RunView) -> str:
    waiting, moving = view.orders(_S.WAITING), view.orders(_S.QUEUED)
    parts = [f"{moving:,} on their way" if moving else "", f"{waiting:,} wait" if waiting else ""]
    second = view.orders(_S.AWAITING_SECOND)
    parts.append(f"{second:,} for a second person" if second else "")
    if view.doubtful:
        parts.append(f"{view.doubtful:,} of them being clarified with Stripe")
    if view.status is _B.RUNNING and waiting:
        spare = max(waiting * USUAL, timedelta(minutes=1))
        epoch = datetime(2000, 1, 1)  # noqa: DTZ001 - only a span is written
        parts.append(f"about {time_left(epoch + spare, epoch)} left")
    return ", ".join(filter(None, parts))


def _sentence(view: RunView) -> str:
    if view.status is _B.FINISHED and view.firsts:
        return "What waits for a second person is still to be decided; everything else is settled as listed below."
    return _SENTENCES[view.status]


def _second(view: RunView, actor: Actor, above: int) -> tuple[str, str]:
    """Return what is said of orders that one member may not give back alone, and the button that confirms them."""
    if view.status is _B.READY and above:
        return (
            f"{above_limit(above)} an owner or another manager to confirm {_them(above)} once it was started.",
            "",
        )
    waiting = view.orders(_S.AWAITING_SECOND)
    if not waiting:
        return "", ""
    names = " and ".join(sorted({found.by for found in view.firsts if found.by}))
    said = (
        f"{above_limit(waiting)} a second person. Approved first by {names}."
        if names
        else above_limit(waiting)
    )
    mine = sum(found.orders for found in view.confirmable(actor))
    if view.status not in (_B.PAUSED, _B.FINISHED):
        return f"{said} They can be confirmed as soon as the others are done.", ""
    if not mine:
        return f"{said} An owner or another manager can confirm {_them(waiting)} here.", ""
    return said, f"Confirm {orders_text(mine)}"


def above_limit(count: int) -> str:
    """Begin a sentence about orders above a manager's limit: ``2 orders are ... and wait for``."""
    if count == 1:
        return "1 order is more than a manager gives back alone and waits for"
    return f"{count:,} orders are more than a manager gives back alone and wait for"


def _them(count: int) -> str:
    return "it" if count == 1 else "them"


def _outcome(view: RunView) -> list[str]:
    if view.status in (_B.PREPARING, _B.READY, _B.DISCARDED):
        return []
    said = [
        "Orders are cancelled, tickets void."
        if view.cancels_orders
        else "Tickets are void, orders stay."
        if view.ends_tickets
        else "Tickets stay valid."
    ]
    if view.ends_tickets:
        said.append(
            "Seats stay off sale." if view.keeps_seats else "Seats go back on sale as each policy says."
        )
    said.append(
        "Orders with used tickets included." if view.with_checked_in else "Orders with used tickets left out."
    )
    return said


def _balance(cover: Cover | None) -> tuple[str, str]:
    if cover is None or cover.available_minor is None:
        return "Not known in this currency", "neutral"
    available = l10n.money(cover.available_minor, cover.currency)
    if not cover.short_minor:
        return f"{available} available, enough", "good"
    soon = (
        f", {l10n.money(cover.pending_minor, cover.currency)} on its way in"
        if cover.pending_minor > 0
        else ""
    )
    return f"{available} available{soon}: {l10n.money(cover.short_minor, cover.currency)} short", "attention"
