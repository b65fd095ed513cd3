"""What screens show of requests and refunds."""

from __future__ import annotations

from dataclasses import dataclass, field

from kagibag_app.features.refunds.rules import ReasonCategory, RefundSource, RequestStatus

REASONS = {
    ReasonCategory.CANNOT_ATTEND: "Can't attend",
    ReasonCategory.EVENT_CHANGED: "The event changed",
    ReasonCategory.BOUGHT_TWICE: "Bought twice",
    ReasonCategory.WRONG_TICKETS: "Wrong tickets",
    ReasonCategory.OTHER: "Another reason",
}

SOURCES = {
    RefundSource.REQUEST: "Request",
    RefundSource.ADMIN: "Organizer",
    RefundSource.BULK: "Bulk refund",
    RefundSource.POLICY: "Policy",
    RefundSource.EXTERNAL: "Made at Stripe",
    RefundSource.LATE_PAYMENT: "Late payment",
    RefundSource.OUTSIDE_STRIPE: "Returned outside Stripe",
}


@dataclass(frozen=True, slots=True)
class TicketOption:
    """A ticket that a buyer may give back.

    Attributes:
        paid_minor: What is left of its price; ``kept_minor`` the fee; ``amount_minor`` what goes back now.
        selectable: Whether it can be asked for; ``why_not`` says why it can't.
    """

    id: str
    code: str
    type_name: str
    status: str
    paid_minor: int
    kept_minor: int
    amount_minor: int
    selectable: bool
    why_not: str = ""


@dataclass(frozen=True, slots=True)
class RefundOptions:
    """What a buyer may ask for now. Amounts of several tickets simply add up.

    Attributes:
        may_ask: At least one ticket is selectable; ``why_not`` says why none is.
        policy: The whole policy in one sentence.
        rule: What applies now, in one sentence.
    """

    may_ask: bool
    why_not: str
    policy: str
    rule: str
    currency: str
    tickets: list[TicketOption] = field(default_factory=list)


@dataclass(frozen=True, slots=True)
class TrackerStep:
    """One step: requested, approved, sent, at your bank. ``state``: done, now, todo or failed."""

    key: str
    label: str
    state: str
    at: str = ""
    detail: str = ""


@dataclass(frozen=True, slots=True)
class RefundCard:
    """One refund as its buyer follows it, asked for or not.

    Attributes:
        id: The request's public id; the refund's when nobody asked for it.
        asked_for: Whether it is a request.
        title: ``Refund for 1 ticket`` with the ticket types.
        status: A ``RequestStatus`` word; for a refund without a request its ``RefundStatus`` word.
        sentence: What the policy gave when it was asked.
        trouble: What went wrong, one calm sentence; empty otherwise.
        answer: The organizer's words; ``reply`` the buyer's to a decline.
        due: When a bank usually shows the money at the latest; empty before it was sent.
    """

    id: str
    asked_for: bool
    title: str
    status: str
    amount_minor: int
    currency: str
    sentence: str
    trouble: str
    category: str
    reason: str
    answer: str
    reply: str
    bank_reference: str
    due: str
    may_withdraw: bool
    may_reply: bool
    tickets: list[str] = field(default_factory=list)
    steps: list[TrackerStep] = field(default_factory=list)


@dataclass(frozen=True, slots=True)
class AttendeeRefunds:
    """Everything about refunds on the buyer's order page, newest first."""

    options: RefundOptions
    cards: list[RefundCard] = field(default_factory=list)


@dataclass(frozen=True, slots=True)
class OrderRequest:
    """What a buyer asked for, as the order's members see it.

    Attributes:
        tickets: How many of each ticket type.
        amount_minor: What was approved, else what was asked.
        answer: The organizer's words; ``reply`` the buyer's to a decline.
        failure: Why its newest refund failed; empty otherwise.
    """

    id: str
    status: str
    tickets: dict[str, int]
    category: str
    reason: str
    currency: str
    amount_minor: int
    answer: str
    reply: str
    failure: str


@dataclass(frozen=True, slots=True)
class OrderRefunds:
    """Everything about refunds of one order, newest first.

    Attributes:
        taken: What refunds that hold their amount take of each line item, by its key (minor units).
    """

    refunds: list[RefundRow]
    requests: list[OrderRequest]
    taken: dict[int, int]


@dataclass(frozen=True, slots=True)
class Flag:
    """Something to look at first: checked_in, disputed, event_over, second_request, failed, unknown."""

    kind: str
    label: str
    detail: str = ""


@dataclass(frozen=True, slots=True)
class QueueTab:
    """A tab of the queue with its count."""

    key: str
    label: str
    count: int


@dataclass(frozen=True, slots=True)
class QueueRow:
    """A request in the queue."""

    id: str
    status: str
    buyer_name: str
    event_title: str
    order_number: str
    amount_minor: int
    currency: str
    asked_at: str
    flags: list[Flag] = field(default_factory=list)


@dataclass(frozen=True, slots=True)
class QueuePage:
    """One page of the queue.

    Attributes:
        oldest_at: When the oldest request that needs a decision was made.
        next_cursor: Give it back for the next page; empty on the last.
    """

    tab: str
    tabs: list[QueueTab] = field(default_factory=list)
    rows: list[QueueRow] = field(default_factory=list)
    needs_decision: int = 0
    oldest_at: str = ""
    next_cursor: str = ""


@dataclass(frozen=True, slots=True)
class RequestTicket:
    """A ticket of the order beside the request.

    Attributes:
        asked: It is one of the request's tickets.
        paid_minor: Its line's net; ``kept_minor`` the fee of the policy; ``refund_minor`` what would go back.
        sent_minor: What refunds have taken or hold of it already.
        refundable_minor: What is left of it.
    """

    id: str
    code: str
    type_name: str
    status: str
    asked: bool
    paid_minor: int
    kept_minor: int
    refund_minor: int
    sent_minor: int
    refundable_minor: int


@dataclass(frozen=True, slots=True)
class MoneyBar:
    """One line of "where the money is". ``kind``: empty, out, now or sum; start and length from the left."""

    label: str
    amount_minor: int
    start_minor: int
    length_minor: int
    kind: str = ""
    at: str = ""


@dataclass(frozen=True, slots=True)
class RefundRow:
    """One refund, as members see it.

    Attributes:
        failure: Why it failed, in plain words; ``failure_code`` is Stripe's.
        note: What is being done about an unclear outcome; empty otherwise.
        may_retry: It failed, belongs to no request, and nobody has sent it again.
    """

    id: str
    status: str
    raw_status: str
    source: str
    source_label: str
    amount_minor: int
    currency: str
    stripe_id: str
    bank_reference: str
    failure: str
    failure_code: str
    note: str
    tries: int
    flagged: bool
    may_retry: bool
    requested_by: str
    created_at: str
    accepted_at: str
    settled_at: str
    next_try_at: str


@dataclass(frozen=True, slots=True)
class NoteRow:
    """A private note."""

    author: str
    text: str
    at: str


@dataclass(frozen=True, slots=True)
class BuyerHistory:
    """The same email's other dealings with this organizer; sums only in the order's currency."""

    email: str
    orders: int
    since: str
    paid_minor: int
    refunds: int
    refunded_minor: int
    disputes: int
    currency: str


@dataclass(frozen=True, slots=True)
class RequestDetail:
    """A request with everything needed to decide it.

    Attributes:
        version: Give it back with the decision.
        limit_minor: At most so much can be approved; ``suggested_minor`` is what the policy gave, within it.
        may_decide: It waits for a decision and nothing forbids one; ``blocked`` says what does.
        may_retry: It failed and can be sent again.
        rule, later_rules: The policy's rule when it was asked, and what follows.
        captured_minor, left_minor: Of the payment, and of it after this refund.
        fee_minor: Stripe's fee in ``fee_currency``, which Stripe keeps; 0 when unknown.
        previous_id, next_id: Neighbours in the same tab of the queue; empty at its ends.
        position, of: Its place there.
    """

    id: str
    version: int
    status: str
    amount_minor: int
    approved_minor: int
    suggested_minor: int
    limit_minor: int
    currency: str
    may_decide: bool
    blocked: str
    may_retry: bool
    category: str
    reason: str
    reply: str
    asked_at: str
    decided_at: str
    decided_by: str
    answer: str
    rule: str
    later_rules: str
    order_id: str
    order_number: str
    order_status: str
    placed_at: str
    discount_code: str
    total_minor: int
    method: str
    dispute_state: str
    event_title: str
    event_starts_at: str
    event_zone: str
    buyer_name: str
    checked_in: int
    captured_minor: int
    left_minor: int
    fee_minor: int
    fee_currency: str
    failure: str
    buyer: BuyerHistory
    previous_id: str = ""
    next_id: str = ""
    position: int = 0
    of: int = 0
    warnings: list[Flag] = field(default_factory=list)
    tickets: list[RequestTicket] = field(default_factory=list)
    bars: list[MoneyBar] = field(default_factory=list)
    refunds: list[RefundRow] = field(default_factory=list)
    notes: list[NoteRow] = field(default_factory=list)


def reason_label(category: str) -> str:
    """Return a reason in words."""
    return REASONS[ReasonCategory(category)] if category in REASONS else category


def waits(status: str) -> bool:
    """Say whether a request waits for a decision."""
    return status in (RequestStatus.OPEN, RequestStatus.AWAITING_SECOND)
