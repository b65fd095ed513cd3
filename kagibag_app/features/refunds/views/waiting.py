"""What of refunds waits for a person."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime


@dataclass(frozen=True, slots=True)
class WaitingRefund:
    """A request or a refund; times in UTC, amounts in minor units.

    Attributes:
        kind: The status of a request (``open``, ``awaiting_second``, ``failed``), ``refund_failed`` for a refund without
            a request that failed, ``to_allocate`` for one made at Stripe that nobody has put down to tickets.
        id: Public id of the request or the refund.
        reason: Why it failed, in words; empty for requests.
    """

    kind: str
    id: str
    amount_minor: int
    currency: str
    since: datetime
    order_number: str
    buyer_name: str
    event_title: str
    reason: str = ""
