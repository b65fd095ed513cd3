"""What the refunds queue shows, ready to read: amounts and times are text, in the organizer's zone."""

from __future__ import annotations

from dataclasses import dataclass, field

from kagibag_app.web.admin.choices import Choice


@dataclass(frozen=True, slots=True)
class QueueLine:
    """A request in the list.

    Attributes:
        status: Only where the tab does not say it already; empty otherwise.
        flag: What to look at first; ``flag_tone`` colours it.
        pickable: It may be approved together with others.
    """

    id: str = ""
    href: str = ""
    buyer: str = ""
    amount: str = ""
    event: str = ""
    age: str = ""
    asked_iso: str = ""
    asked_exact: str = ""
    status: str = ""
    flag: str = ""
    flag_tone: str = ""
    current: bool = False
    pickable: bool = False


@dataclass(frozen=True, slots=True)
class Queue:
    """The list's surroundings.

    Attributes:
        remark: How many need a decision, and how old the oldest is.
        empty_title, empty_text: What to say when there is nothing.
        back, onward: Addresses of the list's other pages; empty where there is none. ``first_label``, ``more_label``:
            their names.
    """

    remark: str = ""
    empty_title: str = ""
    empty_text: str = ""
    back: str = ""
    onward: str = ""
    first_label: str = ""
    more_label: str = ""


@dataclass(frozen=True, slots=True)
class Filters:
    """What the list is narrowed to, in words (empty: it is not), the address without each, and what else it can be."""

    event: str = ""
    age: str = ""
    amount: str = ""
    warning: str = ""
    without_event: str = ""
    without_age: str = ""
    without_amount: str = ""
    without_warning: str = ""
    without_all: str = ""
    events: list[Choice] = field(default_factory=list)
    ages: list[Choice] = field(default_factory=list)
    amounts: list[Choice] = field(default_factory=list)
    warnings: list[Choice] = field(default_factory=list)


@dataclass(frozen=True, slots=True)
class TicketLine:
    """A ticket of the order. Empty amounts show as none; ``asked`` says that it is part of the request."""

    id: str = ""
    name: str = ""
    code: str = ""
    status: str = ""
    paid: str = ""
    kept: str = ""
    refund: str = ""
    asked: bool = False


@dataclass(frozen=True, slots=True)
class WarningLine:
    """Something to know before deciding."""

    title: str = ""
    text: str = ""


@dataclass(frozen=True, slots=True)
class RefundLine:
    """A refund of the request.

    Attributes:
        about: When it was made and by whom.
        failure: Why it failed, in plain words.
        note: What is being done about an unclear outcome.
    """

    id: str = ""
    status: str = ""
    amount: str = ""
    about: str = ""
    stripe_id: str = ""
    bank_reference: str = ""
    failure: str = ""
    note: str = ""


@dataclass(frozen=True, slots=True)
class NoteLine:
    """A private note."""

    author: str = ""
    text: str = ""
    at: str = ""
    iso: str = ""


@dataclass(frozen=True, slots=True)
class Review:
    """The request under review; ``id`` is empty when there is none.

    Attributes:
        lead, amount: Heading: ``Maren Okafor asks for`` and ``$33.70``.
        facts: Tickets and event, in front of when it was asked.
        place: ``1 of 7``; empty when it is not in the list.
        answer: The organizer's words to the buyer; ``decision`` who decided what and when.
        reply: The buyer's answer to a decline.
        undecided: It waits for a decision.
        refundable: It may be approved; ``blocked`` says why not.
        failed: It failed and may be sent again; ``failure`` says why, ``mend_href`` leads to what else can be done.
        limit: ``Up to $73.40``.
        bar: Where the money goes and what happens to the tickets; ``bar_kept``: when they are kept; ``ends``: whether
            that can be chosen.
        fee: What Stripe keeps.
        first: Who approved it first, when it waits for a second person; ``mine``: it is the one who looks.
        person: Why the policy did not decide alone; empty when it did, or never does.
    """

    id: str = ""
    status: str = ""
    lead: str = ""
    amount: str = ""
    facts: str = ""
    asked: str = ""
    asked_iso: str = ""
    asked_exact: str = ""
    order_number: str = ""
    order_href: str = ""
    mend_href: str = ""
    place: str = ""
    category: str = ""
    reason: str = ""
    reply: str = ""
    decision: str = ""
    answer: str = ""
    undecided: bool = False
    refundable: bool = False
    blocked: str = ""
    failed: bool = False
    failure: str = ""
    first_name: str = ""
    symbol: str = ""
    limit: str = ""
    bar: str = ""
    bar_kept: str = ""
    ends: bool = False
    fee: str = ""
    rule: str = ""
    later: str = ""
    person: str = ""
    first: str = ""
    mine: bool = False
    placed: str = ""
    paid: str = ""
    code: str = ""
    method: str = ""
    checked_in: str = ""
    dispute: str = ""
    email: str = ""
    orders: str = ""
    refunds: str = ""
    disputes: str = ""


@dataclass(frozen=True, slots=True)
class Draft:
    """What is being typed about one request; it outlives every reload.

    Attributes:
        keep: The tickets stay valid.
        amount: As typed; ``problem`` says why it can't be refunded.
        act: ``Refund $33.70``; without an amount while it can't be read.
        remark: Why it would wait for a second person; empty when it would not.
        round: Changes when the fields must begin anew.
    """

    request: str = ""
    amount: str = ""
    message: str = ""
    note: str = ""
    keep: bool = False
    act: str = ""
    problem: str = ""
    remark: str = ""
    round: str = ""


@dataclass(frozen=True, slots=True)
class Question:
    """The dialog before money moves or a request is declined.

    Attributes:
        kind: ``refund``, ``decline``, ``retry``; empty: none is open.
        money, tickets, mail, after: The consequences; ``after`` may be empty.
        message: What was already typed to the buyer.
    """

    kind: str = ""
    title: str = ""
    act: str = ""
    money: str = ""
    tickets: str = ""
    mail: str = ""
    after: str = ""
    message: str = ""
