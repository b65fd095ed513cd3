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
        sentence: What it gives back and why.
        used: It was used at the door.
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
    sentence: str = ""
    used: bool = False


@dataclass(frozen=True, slots=True)
class RefundOptions:
    """What a buyer may ask for now. Amounts of several tickets simply add up.

    Attributes:
        may_ask: At least one ticket is selectable; ``why_not`` says why none is.
        policy: The whole policy in one sentence.
        rule: What applies now, in one sentence.
        person: Why a person decides whatever is chosen; empty: it depends on the tickets (``rules.automatic``).
        alone_minor: More than this is never given back without a person; ``None``: any amount may be.
    """

    may_ask: bool
    why_not: str
    policy: str
    rule: str
    currency: str
    person: str
    alone_minor: int | None
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
class RefundRow:
    """One refund, as members see it.

    Attributes:
        failure: Why it failed, in plain words; ``failure_code`` is Stripe's.
        note: What is being done about an unclear outcome; empty otherwise.
        may_retry: It failed, belongs to no request, and nobody has sent it again.
        may_return: It came to nothing, and nobody has sent it again or returned it another way.
        may_revive: Its money came back after it had ended tickets.
        needs_allocation: It was made at Stripe, and somebody has to say which tickets it was about.
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
    may_return: bool
    may_revive: bool
    needs_allocation: bool
    requested_by: str
    created_at: str
    accepted_at: str
    settled_at: str
    next_try_at: str


@dataclass(frozen=True, slots=True)
class KeptFees:
    """What Stripe and the platform keep of a refunded payment: the organizer bears it. Minor units of ``currency``."""

    currency: str = ""
    stripe_minor: int = 0
    platform_minor: int = 0

    @property
    def total_minor(self) -> int:
        """Both together."""
        return self.stripe_minor + self.platform_minor


@dataclass(frozen=True, slots=True)
class OrderRequest:
    """What a buyer asked for, as the order's members see it.

    Attributes:
        tickets: How many of each ticket type.
        amount_minor: What was approved, else what was asked.
        answer: The organizer's words; ``reply`` the buyer's to a decline.
        failure: Why its newest refund failed; empty otherwise.
        made_by: The member who began it, where no buyer asked.
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
    made_by: str = ""


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
    """A request in the queue; ``version``: give it back with a decision."""

    id: str
    status: str
    buyer_name: str
    event_title: str
    order_number: str
    amount_minor: int
    currency: str
    asked_at: str
    flags: list[Flag] = field(default_factory=list)
    version: int = 0


@dataclass(frozen=True, slots=True)
class QueuePage:
    """One page of the queue.

    Attributes:
        oldest_first: Who has waited longest comes first; else the newest.
        oldest_at: When the oldest request that needs a decision was made.
        next_cursor: Give it back for the next page; empty on the last.
    """

    tab: str
    tabs: list[QueueTab] = field(default_factory=list)
    rows: list[QueueRow] = field(default_factory=list)
    oldest_first: bool = True
    needs_decision: int = 0
    oldest_at: str = ""
    next_cursor: str = ""


def reason_label(category: str) -> str:
    """Return a reason in words."""
    return REASONS[ReasonCategory(category)] if category in REASONS else category


def waits(status: str) -> bool:
    """Say whether a request waits for a decision."""
    return status in (RequestStatus.OPEN, RequestStatus.AWAITING_SECOND)
