"""Tells an organization's members what needs them."""

from __future__ import annotations

from typing import Any

from kagibag_app.features.accounts import queries as accounts
from kagibag_app.features.messages import service as messages
from kagibag_app.features.messages.rules import Template
from kagibag_app.storage.transaction import Transaction


async def tell_organizer(
    tx: Transaction,
    *,
    organizer_id: int,
    order_id: int | None,
    template: Template,
    params: dict[str, Any],
    but: int | None = None,
) -> None:
    """Write one mail to each active member who may decide about money.

    Args:
        order_id: The order it is about.
        params: The template's parameters; each mail also gets the member's name as ``member``.
        but: The user who caused it and is not told.
    """
    for member in await accounts.system_deciders(tx.session, organizer_id):
        if member.user_id == but:
            continue
        await messages.queue(
            tx,
            organizer_id=organizer_id,
            order_id=order_id,
            to=member.email,
            template=template,
            params=params | {"member": member.name},
        )
