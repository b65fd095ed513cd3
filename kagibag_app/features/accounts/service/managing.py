"""Who may change a team now, and that it always keeps an owner."""

from __future__ import annotations

from dataclasses import dataclass

import sqlalchemy as sa
from sqlmodel import col

from kagibag_app.features.accounts.rules import Action, MemberStatus, Role, allowed
from kagibag_app.features.accounts.tables import LoginSession, Membership, Organizer, User
from kagibag_app.kit.actor import Actor, ActorKind
from kagibag_app.kit.errors import DomainError, Forbidden, NotFound
from kagibag_app.live import topics
from kagibag_app.storage.transaction import Transaction


@dataclass(frozen=True, slots=True)
class Seat:
    """A membership with its person, locked together with the team."""

    membership: Membership
    user: User


async def lock_team(tx: Transaction, organizer_id: int) -> None:
    """Let nobody else change this team until the commit. Rows that only refer to the organization are not held up."""
    locked = sa.select(col(Organizer.id)).where(col(Organizer.id) == organizer_id)
    await tx.session.execute(locked.with_for_update(key_share=True))


async def manage_team(tx: Transaction, actor: Actor) -> int:
    """Lock the actor's team, and return the organization, if the actor may still manage it.

    The role is read again under the lock: of two owners who demote each other at once, the second is none any more.

    Raises:
        Forbidden: The actor is no owner, or no longer.
    """
    if actor.kind is not ActorKind.MEMBER or not actor.organizer_id or not actor.user_id:
        raise Forbidden("Only a signed-in owner changes the team. Nothing was changed.")
    await lock_team(tx, actor.organizer_id)
    role = await tx.session.scalar(
        sa.select(col(Membership.role))
        .join(User, col(User.id) == col(Membership.user_id))
        .where(
            col(Membership.organizer_id) == actor.organizer_id,
            col(Membership.user_id) == actor.user_id,
            col(Membership.status) == MemberStatus.ACTIVE,
            col(User.status) == MemberStatus.ACTIVE,
        )
    )
    if not allowed(role, Action.MANAGE_TEAM):
        raise Forbidden("Only owners change the team, and you are none any more. Nothing was changed.")
    return actor.organizer_id


async def seat_of(tx: Transaction, organizer_id: int, member: str) -> Seat:
    """Return somebody's place on the team, removed or not.

    Args:
        member: The user's public id.

    Raises:
        NotFound: Nobody of this team.
    """
    found = (
        await tx.session.execute(
            sa.select(Membership, User)
            .join(User, col(User.id) == col(Membership.user_id))
            .where(col(Membership.organizer_id) == organizer_id, col(User.public_id) == member)
            .with_for_update(of=Membership)
        )
    ).one_or_none()
    if found is None:
        raise NotFound("member")
    return Seat(found[0], found[1])


async def require_another_owner(tx: Transaction, seat: Seat) -> None:
    """Make sure that somebody else owns the organization, before an owner stops being one.

    Raises:
        DomainError: ``last_owner``.
    """
    others = (
        sa.select(col(Membership.id))
        .join(User, col(User.id) == col(Membership.user_id))
        .where(
            col(Membership.organizer_id) == seat.membership.organizer_id,
            col(Membership.id) != seat.membership.id,
            col(Membership.role) == Role.OWNER,
            col(Membership.status) == MemberStatus.ACTIVE,
            col(User.status) == MemberStatus.ACTIVE,
        )
    )
    if await tx.session.scalar(others.limit(1)) is None:
        raise DomainError(
            f"{seat.user.name} is the last owner, and an organization needs one. Nothing was changed. "
            "Make somebody else an owner first.",
            code="last_owner",
        )


async def end_sessions(tx: Transaction, seat: Seat) -> None:
    """End what the person has open in this organization, and have those pages notice."""
    await tx.session.execute(
        sa.update(LoginSession)
        .where(
            col(LoginSession.user_id) == seat.membership.user_id,
            col(LoginSession.organizer_id) == seat.membership.organizer_id,
            col(LoginSession.ended_at).is_(None),
        )
        .values(ended_at=tx.now)
    )
    changed(tx, seat)


def changed(tx: Transaction, seat: Seat) -> None:
    """Have the team's pages, and whatever the person has open, show what is so now."""
    tx.touch(topics.team(seat.membership.organizer_id))
    tx.touch(topics.member(seat.membership.user_id))
