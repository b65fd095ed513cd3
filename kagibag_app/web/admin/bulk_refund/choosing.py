"""What a person chooses before a bulk refund starts, and what it means. Pure."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace

from kagibag_app.features.bulk_refunds.rules import OrderState
from kagibag_app.features.bulk_refunds.views import RunView, Sum
from kagibag_app.features.refunds.service import BulkChoices
from kagibag_app.kit.actor import Actor
from kagibag_app.web.admin.bulk_refund.display import above_limit
from kagibag_app.web.admin.bulk_refund.rows import Ask, Choices
from kagibag_app.web.admin.bulk_refunds.rows import amounts, orders_text

AFTER = ("cancel", "void", "keep")


def first_choices(view: RunView) -> Choices:
    """Return what is chosen until somebody chooses: a whole event is refunded because it does not take place."""
    return judged(Choices(after="cancel" if view.event else "void", keeps_seats=bool(view.event)), view)


def read_choices(form: Mapping[str, str], before: Choices, view: RunView) -> Choices:
    """Return what a form says."""
    after = form.get("after", before.after)
    chosen = Choices(
        after=after if after in AFTER else before.after,
        keeps_seats=bool(form.get("seats")),
        with_used=bool(form.get("used")),
        message=form.get("message", ""),
    )
    return judged(chosen, view)


def judged(chosen: Choices, view: RunView) -> Choices:
    """Say what the choices mean for this preview."""
    used = sum(part.orders for part in view.used)
    money, orders = going(view, chosen)
    act = f"Refund {amounts(money)}" if money else ""
    if not money and chosen.after == "cancel" and view.free:
        act = f"Cancel {orders_text(view.free)}"
    return replace(
        chosen,
        used=orders_text(used) if used else "",
        free=orders_text(view.free) if view.free else "",
        act=act if orders or (view.free and chosen.after == "cancel") else "",
    )


def going(view: RunView, chosen: Choices) -> tuple[dict[str, int], int]:
    """Return what would go back by currency, and of how many orders."""
    left_out: Sequence[Sum] = () if chosen.with_used else view.used
    money = view.amounts(OrderState.WAITING)
    for part in left_out:
        money[part.currency] = money.get(part.currency, 0) - part.amount_minor
    orders = view.orders(OrderState.WAITING) - sum(part.orders for part in left_out)
    return {currency: amount for currency, amount in money.items() if amount > 0}, orders


def service_choices(chosen: Choices) -> BulkChoices:
    """Return the choices as the service takes them."""
    return BulkChoices(
        ends_tickets=chosen.after != "keep",
        keeps_seats=chosen.keeps_seats,
        cancels_orders=chosen.after == "cancel",
        message=chosen.message,
    )


def start_ask(view: RunView, chosen: Choices, above: tuple[int, int] = (0, 0)) -> Ask:
    """Return the question before a run starts, with what it means.

    Args:
        above: Orders that are more than this member may give back alone, and how many of those have used tickets.
    """
    second = above[0] if chosen.with_used else above[0] - above[1]
    money, orders = going(view, chosen)
    back = f"{amounts(money)} goes back to the buyers of {orders_text(orders)}, to the cards they paid with."
    parts = [
        back if money else "",
        f"{above_limit(second)} an owner or another manager." if second else "",
        _after(view, chosen),
        _seats(chosen),
        _requests(view),
        _left_out(view, chosen),
    ]
    parts += [_mail(chosen), "Stripe's fees are not returned. What has been sent can't be taken back."]
    return Ask("start", f"{chosen.act}?", chosen.act, [part for part in parts if part])


def retry_ask(view: RunView) -> Ask:
    """Return the question before failed refunds are sent again."""
    failed = view.orders(OrderState.FAILED)
    money = amounts(view.amounts(OrderState.FAILED))
    return Ask(
        "retry", f"Send {orders_text(failed)} again?", f"Send {money} again" if money else "Send again",
        [
            f"{money} of {orders_text(failed)} that failed is sent again, each as a new refund.",
            "Everything else stays as it is. Stripe is asked first whether one of them arrived after all.",
            "If a reason is still there, that order fails again and is listed here.",
        ],
    )  # fmt: skip


def confirm_ask(view: RunView, actor: Actor) -> Ask:
    """Return the question before a second person confirms what somebody else approved."""
    found = view.confirmable(actor)
    orders, money = sum(part.orders for part in found), dict[str, int]()
    for part in found:
        money[part.currency] = money.get(part.currency, 0) + part.amount_minor
    names = " and ".join(sorted({part.by for part in found if part.by})) or "Somebody else"
    return Ask(
        "confirm", f"Confirm the refund of {orders_text(orders)}?", f"Refund {amounts(money)}",
        [
            f"{names} approved it first. {amounts(money)} goes back to the cards they were paid with.",
            "What was chosen for this bulk refund holds for them too.",
            "Stripe's fees are not returned. What has been sent can't be taken back.",
        ],
    )  # fmt: skip


def _after(view: RunView, chosen: Choices) -> str:
    if chosen.after == "cancel":
        free = (
            f" {orders_text(view.free).capitalize()} that cost nothing are cancelled at once."
            if view.free
            else ""
        )
        return f"Each order is cancelled and its tickets are void once Stripe accepts its refund.{free}"
    if chosen.after == "void":
        return "The tickets are void once Stripe accepts the refund; the orders stay."
    return "The tickets stay valid: the buyers can still come."


def _seats(chosen: Choices) -> str:
    if chosen.after == "keep":
        return ""
    return (
        "The seats stay off sale."
        if chosen.keeps_seats
        else "The seats go back on sale, as each order's policy says."
    )


def _requests(view: RunView) -> str:
    if not view.requested:
        return ""
    return f"{view.requested:,} open refund {'request is' if view.requested == 1 else 'requests are'} settled by it."


def _left_out(view: RunView, chosen: Choices) -> str:
    count = view.orders(OrderState.SKIPPED) - (view.free if chosen.after == "cancel" else 0)
    if not chosen.with_used:
        count += sum(part.orders for part in view.used)
    return f"{orders_text(count)} {'is' if count == 1 else 'are'} left out, as listed." if count else ""


def _mail(chosen: Choices) -> str:
    with_message = ", with your message" if chosen.message.strip() else ""
    return f"Every buyer is told by email{with_message}."
