"""Who has a request open: written down by each tab now and then, forgotten by itself."""

from __future__ import annotations

from datetime import timedelta

import sqlalchemy as sa
from sqlmodel import col

from kagibag_app.features.accounts.rules import Action
from kagibag_app.features.accounts.service import require
from kagibag_app.features.refunds import queries
from kagibag_app.features.refunds.tables import RefundRequest, RefundReviewer
from kagibag_app.kit.actor import Actor
from kagibag_app.kit.errors import NotFound
from kagibag_app.live import topics
from kagibag_app.storage.transaction import Transaction

_FORGOTTEN_AFTER = timedelta(hours=1)


async def review(tx: Transaction, actor: Actor, *, request_id: str, tab: str) -> None:
    """Say that a tab of the actor's shows a request now; whoever has it open too is told when that is news.

    Args:
        tab: Names the tab, the same at every call; it is stored as it is.

    Raises:
        Forbidden: The actor's role sees no refunds.
        NotFound: No such request in the actor's organization.
    """
    require(actor, Action.VIEW_REFUNDS)
    organizer_id = actor.organizer_id or 0
    request = await queries.system_request(tx.session, request_id)
    if request is None or request.organizer_id != organizer_id:
        raise NotFound("refund request")
    known = await tx.session.scalar(sa.select(RefundReviewer).where(col(RefundReviewer.tab) == tab))
    if known is None:
        tx.session.add(
            RefundReviewer(
                organizer_id=organizer_id, request_id=request.id or 0, user_id=actor.user_id or 0, name=actor.name,
                tab=tab, seen_at=tx.now,
            )
        )  # fmt: skip
        await _forget(tx, organizer_id)
        tx.touch(topics.reviewers(organizer_id, request_id))
        return
    stale = tx.now - known.seen_at > queries.STILL_THERE
    if known.request_id != request.id or known.user_id != actor.user_id or stale:
        left = await tx.session.get(RefundRequest, known.request_id)
        if left is not None:
            tx.touch(topics.reviewers(left.organizer_id, left.public_id))
        tx.touch(topics.reviewers(organizer_id, request_id))
    known.organizer_id, known.request_id, known.seen_at = organizer_id, request.id or 0, tx.now
    known.user_id, known.name = actor.user_id or 0, actor.name


async def _forget(tx: Transaction, organizer_id: int) -> None:
    await tx.session.execute(
        sa.delete(RefundReviewer).where(
            col(RefundReviewer.organizer_id) == organizer_id,
            col(RefundReviewer.seen_at) < tx.now - _FORGOTTEN_AFTER,
        )
    )
