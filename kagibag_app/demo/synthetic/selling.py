"""An order is placed, paid, or comes to nothing."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta

from kagibag_app.demo.synthetic.catalogue import END
from kagibag_app.demo.synthetic.foundation import Code, Hall, Kind
from kagibag_app.demo.synthetic.parts import Charge, Desk, Place
from kagibag_app.demo.synthetic.people import Person
from kagibag_app.demo.synthetic.sale import STRIPE, Sale, Who
from kagibag_app.demo.synthetic.sheets import stamp
from kagibag_app.features.ledger.rules import EntryKind as LedgerKind
from kagibag_app.features.ledger.rules import parts as ledger_parts
from kagibag_app.features.messages.rules import Template
from kagibag_app.features.orders import payloads
from kagibag_app.features.orders.rules import OrderSource, OrderStatus, Seat, TicketStatus
from kagibag_app.features.payments.rules import PaymentStatus, method_text
from kagibag_app.features.promotions.rules import CartLine, Quote, UseState, quote
from kagibag_app.features.timeline.rules import EntryKind
from kagibag_app.features.webhooks.payloads import envelope
from kagibag_app.features.webhooks.rules import EventType
from kagibag_app.sandbox.currency import charge_fee

_LEAST_ROOM = timedelta(minutes=10)
_TICKETS = (1, 1, 1, 2, 2, 2, 2, 2, 2, 3, 3, 3, 4, 4)
_MIXED_KINDS = 0.3
# With the codes that make an order free this comes to 15 % of all orders.
_WITH_CODE = 0.148
_FREE = 0.07
CARDS = (*["visa"] * 11, *["mastercard"] * 7, "amex", "amex", "jcb", "discover", "unionpay")
_SHOWN_UP = 0.88
CANCELLED = ("You asked for this on the phone.", "Ordered twice: the other order stays.", "")
_NOTES = (
    "Called: asks for two seats beside each other. Told her the floor has none.",
    "Wants an invoice with the company's address; sent to the office.",
    "Comes by wheelchair, needs the side entrance. Door staff knows.",
    "Mail went to spam; read the ticket codes to him over the phone.",
    "Asked whether children need a ticket. Under six they don't.",
)


def place(
    desk: Desk,
    hall: Hall,
    buyer: Person,
    *,
    public_id: str,
    number: str,
    at: datetime,
    by_card: bool,
    free: bool,
    several: bool,
) -> Sale:
    """Place an order.

    Args:
        by_card: Its total is above zero.
        free: Its total is zero.
        several: It has two tickets at least.
    """
    chance = desk.chance
    free = free or (not by_card and chance.random() < _FREE)
    kinds = _cart(desk, hall, free=free, several=several)
    code, discounts = _code(desk, hall, kinds, at, free=free, by_card=by_card)
    first = desk.sheets.lines.reserve(len(kinds))
    sale = Sale(
        desk, hall, buyer, desk.sheets.orders.reserve(), public_id, number, at,
        [
            Place(first + position, chance.public_id("li"), kind, discount)
            for position, (kind, discount) in enumerate(zip(kinds, discounts, strict=True))
        ],
        code,
    )  # fmt: skip
    sale.begin()
    if sale.total_minor == 0:
        sale.source = OrderSource.FREE.value
        return sale
    sale.hold_until = at + timedelta(minutes=35)
    sale.charge = _open(sale)
    return sale


def _cart(desk: Desk, hall: Hall, *, free: bool, several: bool) -> list[Kind]:
    chance = desk.chance
    count = chance.choice(_TICKETS)
    if several and count == 1:
        count = 2
    gratis = [kind for kind in hall.kinds if kind.price_minor == 0]
    if free and gratis:
        return gratis * count
    first = _priced(hall, chance.random())
    if chance.random() >= _MIXED_KINDS:
        return [first] * count
    others = [_priced(hall, chance.random()) for _ in range(count - 1)]
    return sorted([first, *others], key=lambda kind: kind.place)


def _priced(hall: Hall, chance: float) -> Kind:
    found = hall.kind(chance)
    # A companion's ticket is asked for by itself; here it stands for the first kind.
    return found if found.price_minor else hall.kinds[0]


def _code(
    desk: Desk, hall: Hall, kinds: Sequence[Kind], at: datetime, *, free: bool, by_card: bool
) -> tuple[Code | None, tuple[int, ...]]:
    nothing = (None, (0,) * len(kinds))
    if free and kinds[0].price_minor == 0:
        return nothing
    if free:
        code = next(code for code in hall.codes if code.facts.value == 10_000)
    elif desk.chance.random() < _WITH_CODE:
        code = hall.code(desk.chance.random())
    else:
        return nothing
    if by_card and code.facts.value == 10_000:
        return nothing
    lines = [CartLine(kind.id, kind.price_minor) for kind in kinds]
    taken = quote(
        code.facts, lines, now=at, uses=0, email_uses=0, event_id=hall.id, currency=hall.spec.currency
    )
    return (code, taken.adjustments) if isinstance(taken, Quote) else nothing


def _open(sale: Sale) -> Charge:
    """Open the payment page."""
    chance = sale.desk.chance
    opened = sale.placed_at + timedelta(milliseconds=700 + int(900 * chance.random()))
    sale.note(opened, STRIPE, EntryKind.PAYMENT_OPENED, sale.amount(sale.total_minor))
    return Charge(
        sale.desk.sheets.payments.reserve(), chance.public_id("pay"), opened, session_id=chance.stripe_id("cs_test")
    )  # fmt: skip


def charge_of(sale: Sale) -> Charge:
    """Return the payment of an order that costs something."""
    if sale.charge is None:
        raise ValueError(f"{sale.number} is free")
    return sale.charge


def pay(sale: Sale, at: datetime) -> None:
    """Capture the payment."""
    chance, charge = sale.desk.chance, charge_of(sale)
    charge.status, charge.raw_status, charge.is_open = PaymentStatus.CAPTURED.value, "succeeded", False
    charge.intent_id, charge.charge_id = chance.stripe_id("pi"), chance.stripe_id("ch")
    charge.brand, charge.last4 = chance.choice(CARDS), f"{int(chance.random() * 10_000):04}"
    charge.method = method_text(charge.brand, charge.last4)
    charge.captured_minor, charge.captured_at = sale.total_minor, at
    fee = charge_fee(sale.total_minor, sale.currency.lower())
    book(sale, at, LedgerKind.CHARGE, sale.total_minor, fee, f"charge:{charge.charge_id}")
    sale.note(at, STRIPE, EntryKind.PAYMENT_CAPTURED, sale.amount(sale.total_minor) | {"card": charge.method})


def book(sale: Sale, at: datetime, kind: LedgerKind, amount: int, fee: int, cause: str) -> str:
    """Book a movement at Stripe and return the id of its balance transaction.

    Args:
        amount: Minor units, money out negative; settled in the currency it was paid in.
        fee: Taken with it.
    """
    desk = sale.desk
    transaction, moment = desk.chance.stripe_id("txn"), stamp(at)
    for name, part in ledger_parts(kind, amount_minor=amount, fee_minor=fee, application_fee_minor=0):
        shown = (amount, sale.currency) if name is kind else (None, "")
        desk.sheets.ledger.add(
            desk.foundation.organizer_id, sale.key, desk.foundation.account, transaction, name.value, part,
            sale.currency, *shown, cause, moment,
        )  # fmt: skip
    return transaction


def complete(sale: Sale, at: datetime) -> None:
    """Mark it as paid, with all that follows: tickets, webhook event, mail, and who came in the end."""
    desk, chance = sale.desk, sale.desk.chance
    sale.paid_at, sale.hold_until, sale.use = at, None, UseState.USED.value
    first = desk.sheets.tickets.reserve(len(sale.places))
    for position, where in enumerate(sale.places):
        where.seat, where.ticket_key = Seat.SOLD.value, first + position
        where.ticket_id, where.code = chance.public_id("tk"), chance.ticket_code()
    who: Who = STRIPE if sale.charge else sale.who
    method = sale.charge.method if sale.charge else ""
    sale.become(at, who, OrderStatus.PAID, {"method": method} | sale.amount(sale.total_minor))
    sale.note(at, who, EntryKind.TICKETS_ISSUED, {"tickets": len(sale.places)})
    view = sale.view()
    event = chance.public_id("evt")
    desk.sheets.webhooks.add(
        event, desk.foundation.organizer_id, sale.key, sale.number, EventType.ORDER_PAID.value,
        f"{EventType.ORDER_PAID}:{sale.public_id}", envelope(event, EventType.ORDER_PAID, at, payloads.order_paid(view)),
        stamp(at),
    )  # fmt: skip
    sale.mail(
        at, Template.CONFIRMATION, sale.buyer.email, {"order": payloads.mail_card(view, link_version=1)}
    )


def buy(sale: Sale) -> None:
    """Pay, if it costs anything, and complete it."""
    at = sale.placed_at
    if sale.charge:
        at += timedelta(seconds=35 + int(sale.desk.chance.random() ** 3 * 900))
        pay(sale, at)
    complete(sale, at)


def check_in(sale: Sale) -> None:
    """Let in, on the evening, those of its people who came."""
    chance, starts = sale.desk.chance, sale.hall.starts_at
    if sale.doors_open or starts > END or sale.status != OrderStatus.PAID:
        return
    sale.doors_open, who = True, sale.member("support")
    if chance.random() >= _SHOWN_UP:
        return
    at = starts + timedelta(seconds=int((chance.random() + chance.random() - 1) * 3000))
    for where in sale.places:
        if where.status == TicketStatus.VALID and not where.in_progress:
            at += timedelta(seconds=4)
            where.status, where.checked_in_at, where.checked_in_by = TicketStatus.CHECKED_IN.value, at, who[2]
            sale.note(at, who, EntryKind.TICKET_CHECKED_IN, {"ticket": where.code})


def cancel_free(sale: Sale) -> None:
    """Cancel an order for which nothing was paid."""
    buy(sale)
    at = sale.placed_at + room(sale) * sale.desk.chance.random()
    sale.cancel_message = sale.desk.chance.choice(CANCELLED)
    sale.cancel(at, sale.member("manager"))


def room(sale: Sale, *, days: float = 20) -> timedelta:
    """Return how long what follows the purchase may take: until the event begins, the data set ends, or so many days."""
    begun = sale.paid_at or sale.placed_at
    return max(min(sale.hall.starts_at - begun, END - begun, timedelta(days=days)), _LEAST_ROOM)


def note(sale: Sale) -> None:
    """Let somebody of support write down what a buyer said on the phone."""
    buy(sale)
    at, words = sale.placed_at + room(sale) * sale.desk.chance.random(), sale.desk.chance.choice(_NOTES)
    sale.note(at, sale.member("support"), EntryKind.NOTE_ADDED, {"message": words})
