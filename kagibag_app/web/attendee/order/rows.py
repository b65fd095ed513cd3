"""What the order page shows of refunds."""

from __future__ import annotations

from dataclasses import dataclass, field

from kagibag_app.web.components.price_table import PriceLine
from kagibag_app.web.components.steps import Step


@dataclass(frozen=True, slots=True)
class RefundRow:
    """One refund request, or a refund made without one, from first to last.

    Attributes:
        id: The request's public id; the refund's when nobody asked for it.
        amount: Formatted, in front of ``sentence``, which says where it stands; empty while nothing is promised.
        notice: What went wrong, said calmly; empty otherwise.
        steps: The tracker; empty once there is nothing more to follow.
        asked: What the buyer wrote. ``answer`` is the organizer's, ``reply`` the buyer's to that.
        can_withdraw: Nobody has decided yet.
        can_reply: It was declined and not answered.
    """

    id: str
    title: str
    amount: str
    sentence: str
    notice: str = ""
    steps: list[Step] = field(default_factory=list)
    asked: str = ""
    answer: str = ""
    reply: str = ""
    can_withdraw: bool = False
    can_reply: bool = False


@dataclass(frozen=True, slots=True)
class PickRow:
    """A ticket one may ask the money of back, with what that gives now and why; ``why_not``: it can't be asked for."""

    id: str
    name: str
    code: str
    amount: str
    checked: bool
    sentence: str = ""
    why_not: str = ""


@dataclass(frozen=True, slots=True)
class AskForm:
    """The form that asks for a refund.

    Attributes:
        rule: The policy in one sentence.
        picks: Tickets to choose from; without any there is no form.
        instead: Why there is no form; empty when there is one, or nothing to explain.
        lines: Paid, kept, back: for the tickets chosen.
        button: Names the amount.
        back: The amount that the button names; empty for nothing.
        back_minor: The same in minor units, for what is sent along.
        at_once: It is decided at once, without a person.
        next_step: What happens when it is sent.
        blocked: No ticket is chosen.
        round: Differs once something was asked, so that the form begins anew.
    """

    rule: str = ""
    picks: list[PickRow] = field(default_factory=list)
    instead: str = ""
    lines: list[PriceLine] = field(default_factory=list)
    button: str = "Choose tickets"
    back: str = ""
    back_minor: int = 0
    at_once: bool = False
    next_step: str = ""
    blocked: bool = True
    round: str = ""
