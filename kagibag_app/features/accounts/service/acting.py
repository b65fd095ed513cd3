"""Whether a member may do something, asked by the services themselves."""

from __future__ import annotations

from kagibag_app.features.accounts.rules import Action, allowed
from kagibag_app.kit.actor import Actor, ActorKind
from kagibag_app.kit.errors import Forbidden


def require(actor: Actor, action: Action) -> None:
    """Refuse who is no member or whose role does not include the action.

    Raises:
        Forbidden: So it is.
    """
    if actor.kind is not ActorKind.MEMBER or not allowed(actor.role, action):
        raise Forbidden(
            "Your role does not allow this. Nothing was changed; ask a manager of the organization."
        )
