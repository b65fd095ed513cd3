"""What screens show of one request, with everything needed to decide it."""

from __future__ import annotations

from dataclasses import dataclass, field

from kagibag_app.features.refunds.views.requests import Flag, KeptFees, RefundRow


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
class FirstApproval:
    """What somebody approved first, while it waits for a second person or since one confirmed it."""

    by_id: int
    by: str
    at: str
    amount_minor: int
    message: str
    keep_tickets: bool


@dataclass(frozen=True, slots=True)
class RequestDetail:
    """A request with everything needed to decide it.

    Attributes:
        version: Give it back with the decision.
        limit_minor: At most so much can be approved; ``suggested_minor`` is what the policy gave, within it.
        may_decide: It waits for a decision and nothing forbids one; ``blocked`` says what does.
        may_retry: It failed and can be sent again.
        rule, later_rules: The policy's rule when it was asked, and what follows.
        person: Why the policy did not decide alone; empty when it did, or never does.
        captured_minor, left_minor: Of the payment, and of it after this refund.
        fees: What Stripe and the platform keep; empty when unknown.
        made_by: The member who began it, where no buyer asked; ``cancels_order``: it ends the whole order.
        ends: How many tickets it ends.
        first: Who approved it first; none where one person is enough.
        alone_minor: What a manager may give back of the order alone, ``None``: any amount; ``given`` what members
            have given of it alone already, by user id.
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
    person: str
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
    fees: KeptFees
    failure: str
    buyer: BuyerHistory
    made_by: str
    cancels_order: bool
    ends: int
    first: FirstApproval | None
    alone_minor: int | None
    given: dict[int, int]
    warnings: list[Flag] = field(default_factory=list)
    tickets: list[RequestTicket] = field(default_factory=list)
    bars: list[MoneyBar] = field(default_factory=list)
    refunds: list[RefundRow] = field(default_factory=list)
    notes: list[NoteRow] = field(default_factory=list)
