"""Adds to the record. Nothing here changes or removes an entry."""

from __future__ import annotations

from typing import Any

from kagibag_app.features.timeline.rules import AuditKind, EntryKind
from kagibag_app.features.timeline.tables import AuditEntry, TimelineEntry
from kagibag_app.kit.actor import Actor
from kagibag_app.storage.transaction import Transaction


def record(
    tx: Transaction,
    actor: Actor,
    *,
    organizer_id: int,
    order_id: int,
    kind: EntryKind,
    data: dict[str, Any] | None = None,
    unexpected: bool = False,
) -> None:
    """Note that something happened to an order without changing its state.

    Args:
        data: JSON values that the sentence of this kind shows (see ``timeline.views``).
        unexpected: Stripe jumped where our own table of moves has no move.
    """
    tx.session.add(
        TimelineEntry(
            organizer_id=organizer_id,
            order_id=order_id,
            at=tx.now,
            kind=kind,
            data=data or {},
            unexpected=unexpected,
            **_who(actor),
        )
    )


def record_state(
    tx: Transaction,
    actor: Actor,
    *,
    organizer_id: int,
    order_id: int,
    kind: EntryKind,
    old: str,
    new: str,
    version: int,
    data: dict[str, Any] | None = None,
    unexpected: bool = False,
) -> None:
    """Note a change of an order's state. Only ``orders.service`` calls this, once per version.

    Args:
        version: The order's version after the change; unique per order.
    """
    tx.session.add(
        TimelineEntry(
            organizer_id=organizer_id,
            order_id=order_id,
            at=tx.now,
            kind=kind,
            old_state=old,
            new_state=new,
            version=version,
            data=data or {},
            unexpected=unexpected,
            **_who(actor),
        )
    )


def audit(
    tx: Transaction,
    actor: Actor,
    *,
    kind: AuditKind,
    organizer_id: int | None = None,
    subject: str = "",
    data: dict[str, Any] | None = None,
) -> None:
    """Note an act outside any order."""
    tx.session.add(
        AuditEntry(
            organizer_id=organizer_id, at=tx.now, kind=kind, subject=subject, data=data or {}, **_who(actor)
        )
    )


def _who(actor: Actor) -> dict[str, Any]:
    return {"actor_kind": actor.kind, "actor_id": actor.user_id, "actor_name": actor.name}
