"""How much may go back, over which lines, and what that makes of the order."""

from __future__ import annotations

from collections.abc import Mapping

from kagibag_app.features.orders.rules import RefundState
from kagibag_app.kit.errors import BadInput, DomainError
from kagibag_app.kit.money import Money, split
from kagibag_app.kit.money import currency as currency_of


def check_amount(value: object, *, limit_minor: int, currency: str) -> int:
    """Return an amount that a person chose, if it may be refunded.

    Args:
        value: Claimed minor units; anything but a whole number is refused.
        limit_minor: What is refundable, minor units.

    Raises:
        BadInput: Not a whole number, not above zero, or no multiple of the currency's step.
        DomainError: ``refund_exceeds_remaining``: more than what is refundable.
    """
    if type(value) is not int:
        raise BadInput("The amount has to be a number. Nothing was refunded.", field="amount")
    if value <= 0:
        raise BadInput(
            "Choose an amount above zero. Nothing was refunded.", field="amount", code="amount_not_positive"
        )
    if value > limit_minor:
        left = Money(limit_minor, currency)
        raise DomainError(
            f"At most {left} can still be refunded here. Nothing was refunded; choose a smaller amount.",
            code="refund_exceeds_remaining",
        )
    if value % currency_of(currency).step:
        raise BadInput(
            f"Amounts in {currency} end in 0. Nothing was refunded.", field="amount", code="amount_step"
        )
    return value


def allocate(amount_minor: int, refundable: Mapping[int, int], currency: str) -> dict[int, int]:
    """Share an amount over lines by what is refundable of each; no line gets more than that.

    Largest remainder; all that is left takes each line's exact remainder. Lines that get nothing are left out.

    Args:
        amount_minor: At most the sum of ``refundable``; what exceeds it stays without a line.
        refundable: By line item id, minor units, in the order's line order.
    """
    weights = [max(w, 0) for w in refundable.values()]
    amount = min(amount_minor, sum(weights))
    if amount <= 0:
        return {}
    # A refund made outside may be odd in a currency of tens: then single units are shared.
    step = currency_of(currency).step
    if amount % step or any(w % step for w in weights):
        step = 1
    parts = split(amount, weights, step)
    return {line: part for line, part in zip(refundable, parts, strict=True) if part}


def money_state(*, total_minor: int, succeeded_minor: int, in_flight: bool) -> tuple[int, RefundState]:
    """Recompute an order's refunded sum and refund state.

    Only what Stripe reports as succeeded counts as refunded: a pending refund may still fail. ``pending`` is
    shown while something is on its way and nothing has arrived; afterwards the sum decides.

    Args:
        total_minor: What the order cost.
        succeeded_minor: Sum of its succeeded refunds, refunds of late payments left out: that money never
            belonged to the order.
        in_flight: Whether any such refund is neither settled nor given up.
    """
    if succeeded_minor >= total_minor > 0:
        return succeeded_minor, RefundState.FULL
    if succeeded_minor > 0:
        return succeeded_minor, RefundState.PARTIAL
    return 0, RefundState.PENDING if in_flight else RefundState.NONE
