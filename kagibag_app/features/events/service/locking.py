"""What every change of an event begins with: who may, and the event's row."""

from __future__ import annotations

import sqlalchemy as sa
from sqlmodel import col

from kagibag_app.features.accounts.rules import Action
from kagibag_app.features.accounts.service import require
from kagibag_app.features.events.tables import Event
from kagibag_app.kit.actor import Actor, ActorKind
from kagibag_app.kit.errors import NotFound
from kagibag_app.storage.transaction import Transaction


def may_manage(actor: Actor) -> None:
    """Accept the command line and members who manage events.

    Raises:
        Forbidden: The member's role does not include it.
    """
    if actor.kind is not ActorKind.SYSTEM:
        require(actor, Action.MANAGE_EVENTS)


async def lock_event(tx: Transaction, organizer_id: int, event_id: int) -> Event:
    """Lock an organizer's event and return it as it is now.

    Raises:
        NotFound: The event is not this organizer's.
    """
    event = await tx.session.scalar(
        sa.select(Event)
        .where(col(Event.id) == event_id, col(Event.organizer_id) == organizer_id)
        .with_for_update()
        .execution_options(populate_existing=True)
    )
    if event is None:
        raise NotFound("event")
    return event
