"""What the order's screen shows, ready as text."""

from __future__ import annotations

from dataclasses import dataclass, field


@dataclass(frozen=True, slots=True)
class Face:
    """Head and rail.

    Attributes:
        id: Public id. ``version`` grows with every change of state.
        shows_status: The order's own badge is shown; it isn't when refund or dispute say that it was completed.
        placed: With the number of tickets and the buyer's name.
        event_also: The start on the organizer's clocks, where they differ from the event's.
        buyer_orders: Address of the buyer's other orders; empty for roles that see no addresses.
        no_payment: Why there is no payment to show; empty when there is one.
        stripe_balance: What the order left at Stripe, one sum a currency.
        balance_tone: ``bad`` when the order has cost money.
    """

    id: str = ""
    version: int = 0
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
class May:
    """What the member's role includes on this screen."""

    refund: bool = False
    cancel: bool = False
    resend: bool = False
    correct: bool = False
    note: bool = False
    check_in: bool = False
    void: bool = False


@dataclass(frozen=True, slots=True)
class Way:
    """Addresses: back to the list, and the orders beside this one in it; empty at its ends."""

    list: str = "/admin/orders"
    previous: str = ""
    next: str = ""


@dataclass(frozen=True, slots=True)
class TicketLine:
    """A line item with its ticket.

    Attributes:
        ticket: Public id of the ticket; empty while there is none, as is ``status``.
        remark: What happens to it, or when it was used.
        door: What one press would do at the door: ``in``, ``undo``, or nothing.
    """

    id: str
    ticket: str
    name: str
    code: str
    status: str
    door: str
    remark: str
    list_price: str
    discount: str
    net: str
    refunded: str
    folded: str


@dataclass(frozen=True, slots=True)
class Mate:
    """A member who can be told of a note."""

    id: str
    name: str
    role: str


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
    """A refund at Stripe.

    Attributes:
        about: Why it failed or what is being done about it.
        may_retry: It failed, nobody has sent it again, and no request of the buyer stands for it.
        may_return, may_revive, to_allocate: What else a member can do about it.
    """

    id: str
    name: str
    status: str
    started: str
    reference: str
    about: str
    amount: str
    may_retry: bool
    may_return: bool = False
    may_revive: bool = False
    to_allocate: bool = False


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


@dataclass(frozen=True, slots=True)
class RefundChoice:
    """A ticket in the refund dialog. ``remark`` says why it can't be chosen, or what to know first."""

    id: str
    name: str
    code: str
    amount: str
    ticked: bool
    selectable: bool
    remark: str


@dataclass(frozen=True, slots=True)
class RefundAsk:
    """The refund dialog; no ``order``: it is closed.

    Attributes:
        version: The order's, as it was read for this dialog.
        blocked: Why nothing can be refunded; empty when something can.
        whole: All that is left.
        way: ``whole``, ``tickets`` or ``amount``.
        problem: What is wrong with the choice; ``ready``: nothing is, and the lines say what it means.
        round: Changes when the fields have to begin anew.
        waits: Why it waits for a second person; empty when it does not.
    """

    order: str = ""
    version: int = 0
    title: str = ""
    blocked: str = ""
    whole: str = ""
    symbol: str = ""
    limit: str = ""
    choices: list[RefundChoice] = field(default_factory=list)
    way: str = "whole"
    amount: str = ""
    message: str = ""
    note: str = ""
    keep: bool = False
    round: str = ""
    act: str = ""
    ready: bool = False
    problem: str = ""
    waits: str = ""
    money: str = ""
    stays: str = ""
    tickets: str = ""
    mail: str = ""


@dataclass(frozen=True, slots=True)
class CancelAsk:
    """The question before an order is cancelled; no ``order``: it is closed. ``parts``: what happens."""

    order: str = ""
    version: int = 0
    title: str = ""
    blocked: str = ""
    parts: list[str] = field(default_factory=list)
    act: str = ""
    message: str = ""


@dataclass(frozen=True, slots=True)
class RetryAsk:
    """The question before a failed refund is sent again; no ``order``: it is closed."""

    order: str = ""
    refund: str = ""
    title: str = ""
    act: str = ""
    money: str = ""


@dataclass(frozen=True, slots=True)
class TicketAsk:
    """A ticket's dialog; no ``id``: it is closed. ``voiding``: it asks before the ticket becomes void."""

    id: str = ""
    order: str = ""
    name: str = ""
    code: str = ""
    voiding: bool = False
    reason: str = ""


@dataclass(frozen=True, slots=True)
class EmailAsk:
    """The dialog that corrects the buyer's address; no ``order``: it is closed."""

    order: str = ""
    typed: str = ""
