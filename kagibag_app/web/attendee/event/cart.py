"""What a cart costs, put into price lines and button words. Pure."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime

from kagibag_app import l10n
from kagibag_app.features.checkout.views import CartQuote
from kagibag_app.features.events.views import EventView
from kagibag_app.features.orders.views import OrderView
from kagibag_app.features.promotions.rules import PromotionKind
from kagibag_app.web.components.price_table import PriceLine

EMPTY = "cart_empty"
CHANGED = "Some of the tickets you chose were just taken, so your order was changed. Nothing was charged."

_PAID_TERMS = "Card payment at Stripe. Your tickets are held for 30 minutes once you go there."
_FREE_TERMS = "Nothing to pay. Your tickets are yours at once and come by mail."


@dataclass(frozen=True, slots=True)
class Summary:
    """The order panel: amounts are formatted, ``problem`` stands in the way of ordering, ``empty`` says nothing is chosen."""

    total: str = ""
    count: str = "No tickets yet"
    pay_label: str = "Choose tickets"
    terms: str = _PAID_TERMS
    problem: str = ""
    empty: bool = True


def summary(quote: CartQuote) -> Summary:
    """Return the words around a quote."""
    if not quote.lines:
        return Summary(
            problem="" if quote.problem_code == EMPTY else quote.problem, total=l10n.money(0, quote.currency)
        )
    total = l10n.money(quote.total_minor, quote.currency)
    return Summary(
        total="Free" if quote.free else total,
        count="1 ticket" if quote.tickets == 1 else f"{quote.tickets} tickets",
        pay_label="Get tickets" if quote.free else f"Pay {total}",
        terms=_FREE_TERMS if quote.free else _PAID_TERMS,
        problem=quote.problem,
        empty=False,
    )


def price_lines(quote: CartQuote) -> list[PriceLine]:
    """Return the lines of the order panel; none while nothing is chosen."""
    if not quote.lines:
        return []

    def money(minor: int) -> str:
        return l10n.money(minor, quote.currency)

    lines = [PriceLine(f"{line.quantity} × {line.name}", money(line.amount_minor)) for line in quote.lines]
    if quote.discount_minor:
        lines.append(PriceLine("Subtotal", money(quote.subtotal_minor), kind="subtotal"))
        lines.append(PriceLine(_discount(quote), money(-quote.discount_minor), code=quote.code, tone="good"))
    lines.append(PriceLine("Total", money(quote.total_minor), kind="total", remark=quote.currency))
    return lines


def unpaid_sentence(order: OrderView) -> str:
    """Return what is held for a buyer who came back without paying."""
    count = "1 ticket is" if len(order.lines) == 1 else f"{len(order.lines)} tickets are"
    until = ""
    if order.hold_until:
        until = f" until {l10n.time_named(datetime.fromisoformat(order.hold_until), order.event.zone)}"
    return f"{count} held for you{until}."


def within_reach(wanted: Mapping[str, int], event: EventView) -> dict[str, int]:
    """Return the quantities that can still be had, zeros left out."""
    most = {kind.id: kind.most for kind in event.ticket_types}
    kept = {kind: min(count, most.get(kind, 0)) for kind, count in wanted.items()}
    return {kind: count for kind, count in kept.items() if count > 0}


def _discount(quote: CartQuote) -> str:
    if quote.code_kind != PromotionKind.PERCENT:
        return "Discount"
    whole, part = divmod(quote.code_value, 100)
    return f"Discount {whole}{f'.{part:02d}'.rstrip('0') if part else ''} %"
