"""What a member may do with an order's money, said before any click."""

from __future__ import annotations

from dataclasses import dataclass, field

from kagibag_app.features.refunds.views.requests import KeptFees


@dataclass(frozen=True, slots=True)
class TicketChoice:
    """A ticket that a member may refund.

    Attributes:
        id: Public id.
        paid_minor: Its line's net; ``refundable_minor`` what is left of it, which choosing it gives back.
        selectable: Whether it can be chosen; ``why_not`` says why it can't, as the rest of a sentence about it.
        requested: A request of the buyer waits for it; refunding it here closes that request.
    """

    id: str
    code: str
    type_name: str
    status: str
    paid_minor: int
    refundable_minor: int
    selectable: bool
    why_not: str = ""
    requested: bool = False


@dataclass(frozen=True, slots=True)
class CancelPreview:
    """What cancelling the order would do.

    Attributes:
        may: Nothing forbids it; ``blocked`` says what does.
        outcome: A ``CancelOutcome`` word: what would come of it at once.
        amount_minor: What goes back to the buyer; 0 for nothing.
        label: The button's words, ``Cancel and refund $84.00`` or ``Cancel order``.
        parts: What happens, one sentence each.
    """

    may: bool
    blocked: str
    outcome: str
    amount_minor: int
    label: str
    parts: list[str] = field(default_factory=list)


@dataclass(frozen=True, slots=True)
class OrderRefundOptions:
    """What may be refunded of an order and what cancelling it would do.

    Attributes:
        version: Give it back with the decision.
        step_minor: Amounts are multiples of it.
        limit_minor: At most so much can be refunded. All of it ends every ticket that is left, and chosen tickets
            end; a smaller amount leaves every ticket as it is.
        may_refund: Nothing forbids it; ``blocked`` says what does.
        method: Where the money goes, ``Visa •••• 4242``; empty when unknown.
        checked_in: How many tickets were used at the door.
        puts_back: Whether the seats of ended tickets go back on sale.
        fees: What Stripe and the platform keep; empty when unknown.
    """

    version: int
    currency: str
    step_minor: int
    limit_minor: int
    may_refund: bool
    blocked: str
    method: str
    checked_in: int
    puts_back: bool
    cancel: CancelPreview
    tickets: list[TicketChoice] = field(default_factory=list)
    fees: KeptFees = field(default_factory=KeptFees)
