"""What becomes of each order: the same shares in every thousand, every state of refunds, requests and disputes among them."""

from __future__ import annotations

import random
from collections.abc import Mapping, Sequence
from enum import StrEnum

from kagibag_app.features.disputes.rules import DisputeStatus

BLOCK = 1000


class Fate(StrEnum):
    """The story of an order. What is named ``dispute_...`` ends in that state of a dispute."""

    PLAIN = "plain"
    DECLINED_FIRST = "declined_first"
    NOTED = "noted"
    PENDING = "pending"
    PROCESSING = "processing"
    EXPIRED = "expired"
    PAYMENT_FAILED = "payment_failed"
    CANCELLED_UNPAID = "cancelled_unpaid"
    CANCELLED_FREE = "cancelled_free"
    # Requests without a refund.
    ASKED = "asked"
    SECOND_LOOK = "second_look"
    DECLINED = "declined"
    REPLIED = "replied"
    WITHDRAWN = "withdrawn"
    # Refunds.
    PART_REFUNDED = "part_refunded"
    ALL_REFUNDED = "all_refunded"
    BY_POLICY = "by_policy"
    IN_BULK = "in_bulk"
    AT_STRIPE_PART = "at_stripe_part"
    AT_STRIPE_ALL = "at_stripe_all"
    SUPERSEDED = "superseded"
    CANCELLED_REFUNDED = "cancelled_refunded"
    TICKETS_RETURNED = "tickets_returned"
    AMOUNT_RETURNED = "amount_returned"
    REFUND_CREATED = "refund_created"
    REFUND_SUBMITTING = "refund_submitting"
    REFUND_UNKNOWN = "refund_unknown"
    REFUND_PENDING = "refund_pending"
    REFUND_REQUIRES_ACTION = "refund_requires_action"
    REFUND_CANCELED = "refund_canceled"
    REFUSED = "refused"
    CAME_BACK = "came_back"
    SENT_AGAIN = "sent_again"
    LATE_PAYMENT = "late_payment"
    # Disputes.
    DISPUTE_INQUIRY_NEEDS_RESPONSE = "dispute_inquiry_needs_response"
    DISPUTE_INQUIRY_UNDER_REVIEW = "dispute_inquiry_under_review"
    DISPUTE_INQUIRY_CLOSED = "dispute_inquiry_closed"
    DISPUTE_NEEDS_RESPONSE = "dispute_needs_response"
    DISPUTE_UNDER_REVIEW = "dispute_under_review"
    DISPUTE_WON = "dispute_won"
    DISPUTE_LOST = "dispute_lost"
    DISPUTE_PREVENTED = "dispute_prevented"
    DISPUTE_UNKNOWN = "dispute_unknown"

    @property
    def dispute(self) -> DisputeStatus | None:
        """The state that its dispute ends in."""
        return DisputeStatus(self.removeprefix("dispute_")) if self.startswith("dispute_") else None


_F = Fate
# Per thousand orders, in every block.
COMMON: Mapping[Fate, int] = {
    _F.DECLINED_FIRST: 12,
    _F.NOTED: 12,
    _F.EXPIRED: 44,
    _F.PAYMENT_FAILED: 14,
    _F.CANCELLED_UNPAID: 4,
    _F.CANCELLED_FREE: 5,
}
REFUNDS_PER_BLOCK, REQUESTS_PER_BLOCK, DISPUTES_PER_BLOCK = 30, 10, 5

# What is long settled, and what came in lately, of which much is still open. Each list is gone through in turn.
OLD_REFUNDS = (
    *[_F.PART_REFUNDED] * 6, _F.TICKETS_RETURNED, _F.AMOUNT_RETURNED, *[_F.ALL_REFUNDED] * 5,
    *[_F.CANCELLED_REFUNDED] * 3, *[_F.AT_STRIPE_PART] * 2, _F.AT_STRIPE_ALL, *[_F.SENT_AGAIN] * 2,
    *[_F.CAME_BACK] * 2, _F.REFUSED, _F.REFUND_CANCELED, _F.LATE_PAYMENT, _F.SUPERSEDED, _F.BY_POLICY,
    *[_F.IN_BULK] * 2,
)  # fmt: skip
NEW_REFUNDS = (
    *[_F.REFUND_PENDING] * 6, *[_F.REFUND_REQUIRES_ACTION] * 2, *[_F.REFUND_CREATED] * 3, _F.REFUND_SUBMITTING,
    *[_F.REFUND_UNKNOWN] * 2, *[_F.PART_REFUNDED] * 5, _F.TICKETS_RETURNED, *[_F.ALL_REFUNDED] * 3,
    *[_F.REFUSED] * 2, _F.CAME_BACK, _F.SENT_AGAIN, _F.CANCELLED_REFUNDED, _F.AT_STRIPE_PART, _F.REFUND_CANCELED,
)  # fmt: skip
OLD_REQUESTS = (*[_F.DECLINED] * 6, *[_F.WITHDRAWN] * 4)
NEW_REQUESTS = (*[_F.ASKED] * 5, *[_F.SECOND_LOOK] * 2, *[_F.DECLINED] * 2, _F.REPLIED)
OLD_DISPUTES = (
    _F.DISPUTE_LOST, _F.DISPUTE_WON, _F.DISPUTE_LOST, _F.DISPUTE_INQUIRY_CLOSED, _F.DISPUTE_PREVENTED,
    _F.DISPUTE_LOST, _F.DISPUTE_WON,
)  # fmt: skip
NEW_DISPUTES = (
    _F.DISPUTE_NEEDS_RESPONSE, _F.DISPUTE_UNDER_REVIEW, _F.DISPUTE_INQUIRY_NEEDS_RESPONSE,
    _F.DISPUTE_INQUIRY_UNDER_REVIEW, _F.DISPUTE_UNKNOWN,
)  # fmt: skip
# Payments that are not decided yet can only belong to the very last orders.
_LAST: Mapping[Fate, int] = {_F.PENDING: 6, _F.PROCESSING: 2}

# A fate of these needs money that was paid by card.
PAID_BY_CARD = frozenset(
    fate
    for fate in Fate
    if fate.dispute is not None or fate in {*OLD_REFUNDS, *NEW_REFUNDS, *OLD_REQUESTS, *NEW_REQUESTS}
) | {_F.DECLINED_FIRST, _F.EXPIRED, _F.PAYMENT_FAILED, _F.CANCELLED_UNPAID, _F.PENDING, _F.PROCESSING}
# Only some of the tickets are about to go back.
OF_SEVERAL = frozenset({_F.PART_REFUNDED, _F.TICKETS_RETURNED, _F.AMOUNT_RETURNED, _F.AT_STRIPE_PART})


def fates_of(name: str, orders: int, block: int) -> list[Fate]:
    """Return the fates of the orders of a block, in their order.

    Args:
        name: The data set's.
        orders: How many it has.
        block: From 0; the last one may be shorter.
    """
    blocks = -(-orders // BLOCK)
    size = min(BLOCK, orders - block * BLOCK)
    new = block >= blocks - max(blocks // 10, 1)
    refunds, requests, disputes = (
        (NEW_REFUNDS, NEW_REQUESTS, NEW_DISPUTES) if new else (OLD_REFUNDS, OLD_REQUESTS, OLD_DISPUTES)
    )
    fates = [
        *_in_turn(refunds, REFUNDS_PER_BLOCK, block, size),
        *_in_turn(requests, REQUESTS_PER_BLOCK, block, size),
        *_in_turn(disputes, DISPUTES_PER_BLOCK, block, size),
    ]
    shares = {**COMMON, **(_LAST if block >= blocks - max(blocks // 100, 1) else {})}
    for fate, share in shares.items():
        fates += [fate] * _part(share, size)
    fates += [Fate.PLAIN] * (size - len(fates))
    random.Random(f"{name}:{block}").shuffle(fates)
    return fates


def _in_turn(fates: Sequence[Fate], share: int, block: int, size: int) -> list[Fate]:
    """Return the next ones of a list that is gone through again and again."""
    count = _part(share, size)
    return [fates[(block * share + place) % len(fates)] for place in range(count)]


def _part(share: int, size: int) -> int:
    return round(share * size / BLOCK)
