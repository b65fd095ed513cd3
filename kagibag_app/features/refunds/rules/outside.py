"""Money that goes back another way than by Stripe."""

from __future__ import annotations

from enum import StrEnum

from kagibag_app.features.refunds.rules.states import RefundStatus


class ReturnWay(StrEnum):
    """How the organizer returned money that Stripe could not."""

    BANK_TRANSFER = "bank_transfer"
    CASH = "cash"
    CHECK = "check"
    OTHER = "other"


RETURN_WAYS = {
    ReturnWay.BANK_TRANSFER: "bank transfer",
    ReturnWay.CASH: "cash",
    ReturnWay.CHECK: "check",
    ReturnWay.OTHER: "another way",
}


def may_return_outside(status: str, *, at_stripe: bool) -> bool:
    """Say whether a refund came to nothing, so that its money may be returned another way.

    Args:
        at_stripe: Stripe knows it: one that was canceled before it was sent is decided anew instead.
    """
    return status == RefundStatus.FAILED or (status == RefundStatus.CANCELED and at_stripe)
