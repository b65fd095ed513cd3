"""An event's refund policy, changed: it holds for orders placed from then on."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from kagibag_app.features.accounts.rules import Action
from kagibag_app.features.accounts.service import require
from kagibag_app.features.events import service as events
from kagibag_app.features.refunds.rules import RefundPolicy
from kagibag_app.kit.actor import Actor
from kagibag_app.storage.transaction import Transaction


async def change_policy(
    tx: Transaction, actor: Actor, *, slug: str, before: Mapping[str, Any], policy: RefundPolicy
) -> None:
    """Give an event another refund policy; orders that were placed keep the one they were bought with.

    Args:
        slug: The event's address.
        before: The policy's document that the member was looking at.

    Raises:
        Forbidden: The actor's role does not manage policies.
        NotFound: No such event in the actor's organization.
        BadInput: The policy can't be read back as it is.
        DomainError: ``changed_meanwhile``: somebody else changed it since.
    """
    require(actor, Action.MANAGE_POLICIES)
    after = RefundPolicy.from_document(policy.to_document()).to_document()
    await events.set_refund_policy(
        tx, actor, organizer_id=actor.organizer_id or 0, slug=slug, before=before, after=after
    )
