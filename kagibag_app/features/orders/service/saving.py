"""A member's saved views of the list: her own, in the organization that she works for."""

from __future__ import annotations

import sqlalchemy as sa
from sqlmodel import col

from kagibag_app.features.orders.rules import VIEWS_EACH, view_name, view_query
from kagibag_app.features.orders.tables import SavedView
from kagibag_app.kit.actor import Actor
from kagibag_app.kit.errors import BadInput, NotFound
from kagibag_app.kit.ids import public_id
from kagibag_app.storage.transaction import Transaction


async def save_view(tx: Transaction, actor: Actor, *, name: str, query: str) -> str:
    """Keep a filter of the list under a name.

    Args:
        query: The query string of the list's address.

    Returns:
        The view's public id.

    Raises:
        BadInput: The name is empty, too long or taken, or there are ``VIEWS_EACH`` already.
        NotFound: The actor is no member.
    """
    organizer_id, user_id = _owner(actor)
    name, query = view_name(name), view_query(query)
    known = await _names(tx, organizer_id, user_id)
    _check_free(name, known)
    if len(known) >= VIEWS_EACH:
        raise BadInput(
            f"You have {VIEWS_EACH} saved views, as many as fit. Delete one to save another.", field="name"
        )
    view = SavedView(
        public_id=public_id("sv"),
        organizer_id=organizer_id,
        user_id=user_id,
        name=name,
        query=query,
        created_at=tx.now,
    )
    tx.session.add(view)
    await tx.session.flush()
    return view.public_id


async def rename_view(tx: Transaction, actor: Actor, *, view: str, name: str) -> None:
    """Give a saved view another name.

    Raises:
        BadInput: The name is empty, too long or taken by another view.
        NotFound: It is not the actor's.
    """
    found = await _own(tx, actor, view)
    name = view_name(name)
    if name != found.name:
        _check_free(name, await _names(tx, found.organizer_id, found.user_id))
        found.name = name


async def delete_view(tx: Transaction, actor: Actor, *, view: str) -> None:
    """Remove a saved view.

    Raises:
        NotFound: It is not the actor's.
    """
    await tx.session.delete(await _own(tx, actor, view))


def _owner(actor: Actor) -> tuple[int, int]:
    if actor.organizer_id is None or actor.user_id is None:
        raise NotFound("saved view")
    return actor.organizer_id, actor.user_id


async def _own(tx: Transaction, actor: Actor, view: str) -> SavedView:
    organizer_id, user_id = _owner(actor)
    found = await tx.session.scalar(
        sa.select(SavedView).where(
            col(SavedView.public_id) == view,
            col(SavedView.organizer_id) == organizer_id,
            col(SavedView.user_id) == user_id,
        )
    )
    if found is None:
        raise NotFound("saved view")
    return found


async def _names(tx: Transaction, organizer_id: int, user_id: int) -> set[str]:
    rows = await tx.session.scalars(
        sa.select(col(SavedView.name)).where(
            col(SavedView.organizer_id) == organizer_id, col(SavedView.user_id) == user_id
        )
    )
    return set(rows)


def _check_free(name: str, known: set[str]) -> None:
    if name in known:
        raise BadInput(f"You have a saved view called “{name}”. Choose another name.", field="name")
