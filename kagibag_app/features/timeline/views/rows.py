"""Entries as screens show them."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from kagibag_app.features.timeline.rules import EntryKind
from kagibag_app.features.timeline.views.words import detail, said, sentence
from kagibag_app.kit.actor import ActorKind
from kagibag_app.kit.text import masked

# What the buyer sees of her own order; the rest is the organizer's business.
PUBLIC_KINDS = frozenset(
    {
        EntryKind.ORDER_PLACED,
        EntryKind.ORDER_STATUS,
        EntryKind.PAYMENT_ATTEMPT_FAILED,
        EntryKind.PAYMENT_CAPTURED,
        EntryKind.TICKETS_ISSUED,
        EntryKind.TICKETS_VOIDED,
        EntryKind.TICKETS_REVIVED,
        EntryKind.TICKET_CHECKED_IN,
        EntryKind.TICKET_CHECK_IN_UNDONE,
        EntryKind.REFUND_REQUESTED,
        EntryKind.REFUND_WITHDRAWN,
        EntryKind.REFUND_APPROVED,
        EntryKind.REFUND_DECLINED,
        EntryKind.REFUND_REPLIED,
        EntryKind.REFUND_STARTED,
        EntryKind.REFUND_SENT,
        EntryKind.REFUND_SUCCEEDED,
    }
)


@dataclass(frozen=True, slots=True)
class TimelineRow:
    """One entry.

    Attributes:
        at: When (UTC).
        unexpected: Stripe jumped where our table of moves has no move; ``detail`` says so too.
        show_emails: False masks whatever looks like an address, wherever it stands.
    """

    id: int
    kind: str
    at: datetime
    actor_kind: str
    actor_name: str
    old_state: str
    new_state: str
    data: dict[str, Any]
    unexpected: bool
    show_emails: bool = True

    @property
    def text(self) -> str:
        """What happened, one sentence."""
        return self._veiled(
            sentence(self.kind, old_state=self.old_state, new_state=self.new_state, data=self.data)
        )

    @property
    def detail(self) -> str:
        """What there is to know about it, such as Stripe's answer or the tickets' codes; empty for nothing."""
        return self._veiled(detail(self.kind, self.data, unexpected=self.unexpected))

    @property
    def said(self) -> str:
        """What a person wrote: a note, a reason, an answer; empty for nothing."""
        return self._veiled(said(self.kind, self.data))

    @property
    def actor(self) -> str:
        """Who did it."""
        if self.actor_kind == ActorKind.ATTENDEE:
            return f"{self.actor_name} (buyer)" if self.actor_name else "Buyer"
        return self.actor_name or {"system": "Kagibag", "stripe": "Stripe"}.get(
            self.actor_kind, self.actor_kind
        )

    def _veiled(self, text: str) -> str:
        return text if self.show_emails else masked(text)


@dataclass(frozen=True, slots=True)
class TimelinePage:
    """The newest entries, the newest first. ``more``: there are older ones."""

    rows: list[TimelineRow]
    more: bool
