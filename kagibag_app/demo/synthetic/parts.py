"""What an order is made of: its tickets' places, its payment, and the desk where it is sold."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from kagibag_app.demo.synthetic.chance import Chance
from kagibag_app.demo.synthetic.foundation import Foundation, Kind
from kagibag_app.demo.synthetic.sheets import Sheets
from kagibag_app.features.orders.rules import Seat, TicketStatus


@dataclass(slots=True)
class Place:
    """One ticket's line and, once the order is paid, the ticket."""

    key: int
    public_id: str
    kind: Kind
    discount_minor: int
    seat: str = Seat.HELD.value
    ticket_key: int = 0
    ticket_id: str = ""
    code: str = ""
    status: str = TicketStatus.VALID.value
    in_progress: bool = False
    checked_in_at: datetime | None = None
    checked_in_by: str = ""
    voided_at: datetime | None = None
    void_reason: str = ""

    @property
    def net_minor(self) -> int:
        """What is paid for it."""
        return self.kind.price_minor - self.discount_minor


@dataclass(slots=True)
class Charge:
    """The order's payment."""

    key: int
    public_id: str
    opened_at: datetime
    status: str = "requires_payment"
    raw_status: str = ""
    is_open: bool = True
    captured_minor: int = 0
    committed_minor: int = 0
    open_chargeback: bool = False
    session_id: str = ""
    intent_id: str = ""
    charge_id: str = ""
    brand: str = ""
    last4: str = ""
    method: str = ""
    failure_code: str = ""
    failure_message: str = ""
    captured_at: datetime | None = None


@dataclass(slots=True)
class Desk:
    """What every sale of a batch shares."""

    sheets: Sheets
    chance: Chance
    foundation: Foundation
