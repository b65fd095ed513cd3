"""What the page of a dispute shows, ready to read: amounts and times are text, in the organizer's zone."""

from __future__ import annotations

from dataclasses import dataclass, field

from kagibag_app.web.admin.disputes.rows import Deadline


@dataclass(frozen=True, slots=True)
class StepRow:
    """One thing that happened; ``iso`` and ``exact`` are its time."""

    id: str = ""
    kind: str = ""
    text: str = ""
    detail: str = ""
    at: str = ""
    iso: str = ""
    exact: str = ""


@dataclass(frozen=True, slots=True)
class DisputeFace:
    """The dispute itself.

    Attributes:
        heading: Amount and reason.
        about: Buyer, event and payment method.
        meaning: What the bank means by the reason.
        until: How long is left to answer; ``answerable`` while an answer is possible.
        respond: How to answer, in one sentence; ``stripe_href`` is where, ``stripe_label`` names it.
        blocked: What the dispute forbids, or that it forbids nothing any more.
        refund_now: The same in two words.
        combined: What refunds and the dispute take together.
        fee_hint: What about Stripe's fees.
    """

    id: str = ""
    heading: str = ""
    status: str = ""
    about: str = ""
    stripe_id: str = ""
    meaning: str = ""
    until: Deadline = field(default_factory=Deadline)
    answerable: bool = False
    respond: str = ""
    stripe_href: str = ""
    stripe_label: str = ""
    blocked: str = ""
    blocks: bool = False
    refund_now: str = ""
    kind: str = ""
    reason: str = ""
    reason_code: str = ""
    opened: str = ""
    closed: str = ""
    answers: str = ""
    evidence: str = ""
    order_number: str = ""
    order_href: str = ""
    buyer: str = ""
    event: str = ""
    method: str = ""
    captured: str = ""
    refunded: str = ""
    disputed: str = ""
    withdrawn: str = ""
    fee: str = ""
    combined: str = ""
    fee_hint: str = ""
