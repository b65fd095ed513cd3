"""What an owner lets managers give back alone."""

from __future__ import annotations

from collections.abc import Mapping

import sqlalchemy as sa
from sqlmodel import col

from kagibag_app.features.accounts.rules import Action
from kagibag_app.features.accounts.service.acting import require
from kagibag_app.features.accounts.tables import Organizer
from kagibag_app.features.timeline import service as timeline
from kagibag_app.features.timeline.rules import AuditKind
from kagibag_app.kit.actor import Actor
from kagibag_app.kit.errors import BadInput, NotFound
from kagibag_app.kit.money import currency as currency_of
from kagibag_app.live import topics
from kagibag_app.storage.transaction import Transaction


async def set_manager_limits(tx: Transaction, actor: Actor, *, limits: Mapping[str, int]) -> None:
    """Say what a manager may give back of an order alone; it holds for everything approved from now on.

    Args:
        limits: Minor units by currency; a currency that is left out has no limit.

    Raises:
        Forbidden: The actor is no owner.
        BadInput: A currency that is not supported, or no amount of it.
    """
    require(actor, Action.LIMIT_REFUNDS)
    for code, minor in limits.items():
        if type(minor) is not int or minor < 0 or minor % currency_of(code).step:
            raise BadInput(
                f"A limit in {code} is an amount of zero or more. Nothing was changed.", field=f"limit_{code}"
            )
    organizer = await tx.session.scalar(
        sa.select(Organizer)
        .where(col(Organizer.id) == actor.organizer_id)
        .with_for_update(key_share=True)
        .execution_options(populate_existing=True)
    )
    if organizer is None:
        raise NotFound("organization")
    before, after = dict(organizer.manager_refund_limits), dict(sorted(limits.items()))
    if before == after:
        return
    organizer.manager_refund_limits = after
    timeline.audit(
        tx, actor, kind=AuditKind.REFUND_LIMIT_CHANGED, organizer_id=organizer.id, subject=organizer.public_id,
        data={"before": before, "after": after},
    )  # fmt: skip
    tx.touch(topics.refunds(organizer.id or 0))
