"""What the order's screen shows, ready as text."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Face:
    """Head and rail.

    Attributes:
        shows_status: The order's own badge is shown; it isn't when refund or dispute say that it was completed.
        placed: With the number of tickets and the buyer's name.
        event_also: The start on the organizer's clocks, where they differ from the event's.
        buyer_orders: Address of the buyer's other orders; empty for roles that see no addresses.
        no_payment: Why there is no payment to show; empty when there is one.
        stripe_balance: What the order left at Stripe, one sum a currency.
        balance_tone: ``bad`` when the order has cost money.
    """

    number: str = ""
    status: str = ""
    refund_state: str = ""
    dispute_state: str = ""
    shows_status: bool = True
    placed: str = ""
    source: str = ""
    event: str = ""
    event_href: str = ""
    event_orders: str = ""
    event_when: str = ""
    event_also: str = ""
    event_where: str = ""
    buyer: str = ""
    email: str = ""
    buyer_orders: str = ""
    no_payment: str = ""
    stripe_balance: str = ""
    balance_tone: str = ""
    zone: str = ""


@dataclass(frozen=True, slots=True)
class TicketLine:
    """A line item with its ticket. ``status`` is empty while there is none; ``remark`` says what happens to it."""

    id: str
    name: str
    code: str
    status: str
    remark: str
    list_price: str
    discount: str
    net: str
    refunded: str
    folded: str


@dataclass(frozen=True, slots=True)
class PaymentCard:
    """A payment. ``fee`` and ``net`` are what the ledger says of its charge; empty before that is known."""

    id: str
    status: str
    method: str
    captured: str
    fee: str
    net: str
    intent: str
    stripe: str
    attempts: str
    failure: str


@dataclass(frozen=True, slots=True)
class RequestRow:
    """A refund that the buyer asked for."""

    id: str
    href: str
    title: str
    status: str
    reason: str
    answer: str
    reply: str
    trouble: str
    amount: str


@dataclass(frozen=True, slots=True)
class RefundLine:
    """A refund at Stripe. ``about`` says why it failed or what is being done about it."""

    id: str
    name: str
    status: str
    started: str
    reference: str
    about: str
    amount: str


@dataclass(frozen=True, slots=True)
class DisputeLine:
    """A dispute; ``due`` is empty when no answer is possible."""

    id: str
    href: str
    status: str
    reason: str
    due: str
    amount: str


@dataclass(frozen=True, slots=True)
class Alarm:
    """The open dispute that cannot wait; empty ``title``: there is none."""

    title: str = ""
    text: str = ""
    blocked: str = ""
    href: str = ""


@dataclass(frozen=True, slots=True)
class Booking:
    """A ledger entry. ``folded`` is the transaction's id as a phone has room for it."""

    id: str
    at: str
    label: str
    transaction: str
    folded: str
    amount: str


@dataclass(frozen=True, slots=True)
class MailLine:
    """A mail about the order."""

    id: str
    href: str
    subject: str
    recipient: str
    status: str
    error: str
    sent: str


@dataclass(frozen=True, slots=True)
class Happening:
    """A timeline entry; ``day`` is set on the first one of each day."""

    id: str
    kind: str
    text: str
    detail: str
    said: str
    by: str
    at: str
    iso: str
    exact: str
    day: str
