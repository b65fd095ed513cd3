"""Changes to who is on a team: roles, removing, letting in again. Owners only, each one audited."""

from __future__ import annotations

import sqlalchemy as sa
from sqlmodel import col

from kagibag_app.features.accounts.rules import InvitationState, MemberStatus, Role
from kagibag_app.features.accounts.service.managing import (
    Seat,
    changed,
    end_sessions,
    manage_team,
    require_another_owner,
    seat_of,
)
from kagibag_app.features.accounts.tables import Invitation
from kagibag_app.features.timeline import service as timeline
from kagibag_app.features.timeline.rules import AuditKind
from kagibag_app.kit.actor import Actor
from kagibag_app.kit.errors import DomainError
from kagibag_app.storage.transaction import Transaction


async def change_role(tx: Transaction, actor: Actor, *, member: str, was: str, role: Role) -> None:
    """Give a member another role, from their next click on.

    Args:
        member: The user's public id.
        was: The role that the owner saw when deciding.

    Raises:
        Forbidden: The actor is no owner (any more).
        NotFound: Nobody of this team.
        DomainError: ``changed_meanwhile``, ``same_role``, ``removed`` or ``last_owner``; nothing was changed.
    """
    seat = await seat_of(tx, await manage_team(tx, actor), member)
    old, name = seat.membership.role, seat.user.name
    if seat.membership.status != MemberStatus.ACTIVE:
        raise DomainError(
            f"{name} was removed. Nothing was changed. Let them in again first.", code="removed"
        )
    if old == role:
        raise DomainError(f"{name} has this role already. Nothing was changed.", code="same_role")
    if old != was:
        raise DomainError(
            f"Somebody else changed {name}'s role meanwhile: it is {old} now. Nothing was changed.",
            code="changed_meanwhile",
        )
    if old == Role.OWNER:
        await require_another_owner(tx, seat)
        await _withdraw_invitations(tx, seat)
    seat.membership.role = role
    changed(tx, seat)
    _note(tx, actor, AuditKind.MEMBER_ROLE_CHANGED, seat, {"old": old, "new": str(role)})


async def remove_member(tx: Transaction, actor: Actor, *, member: str) -> None:
    """Take somebody off the team: their sessions here end at once, what they did keeps their name.

    Args:
        member: The user's public id.

    Raises:
        Forbidden: The actor is no owner (any more).
        NotFound: Nobody of this team.
        DomainError: ``removed`` already, or ``last_owner``; nothing was changed.
    """
    seat = await seat_of(tx, await manage_team(tx, actor), member)
    if seat.membership.status != MemberStatus.ACTIVE:
        raise DomainError(f"{seat.user.name} was removed already. Nothing was changed.", code="removed")
    if seat.membership.role == Role.OWNER:
        await require_another_owner(tx, seat)
        await _withdraw_invitations(tx, seat)
    seat.membership.status = MemberStatus.DISABLED
    await end_sessions(tx, seat)
    _note(tx, actor, AuditKind.MEMBER_REMOVED, seat, {"role": seat.membership.role})


async def restore_member(tx: Transaction, actor: Actor, *, member: str) -> None:
    """Let a removed member in again, with the role they had and the password they have.

    Args:
        member: The user's public id.

    Raises:
        Forbidden: The actor is no owner (any more).
        NotFound: Nobody of this team.
        DomainError: ``member_already``; nothing was changed.
    """
    seat = await seat_of(tx, await manage_team(tx, actor), member)
    if seat.membership.status == MemberStatus.ACTIVE:
        raise DomainError(
            f"{seat.user.name} is on the team already. Nothing was changed.", code="member_already"
        )
    seat.membership.status = MemberStatus.ACTIVE
    # An invitation that is still under way would let them in a second time, perhaps with another role.
    await _withdraw(tx, seat, col(Invitation.email) == seat.user.email)
    changed(tx, seat)
    _note(tx, actor, AuditKind.MEMBER_RESTORED, seat, {"role": seat.membership.role})


async def _withdraw_invitations(tx: Transaction, seat: Seat) -> None:
    """Whoever is no owner any more has no door open that an owner opened."""
    await _withdraw(tx, seat, col(Invitation.invited_by) == seat.membership.user_id)


async def _withdraw(tx: Transaction, seat: Seat, which: sa.ColumnElement[bool]) -> None:
    await tx.session.execute(
        sa.update(Invitation)
        .where(
            col(Invitation.organizer_id) == seat.membership.organizer_id,
            col(Invitation.status) == InvitationState.OPEN,
            which,
        )
        .values(status=InvitationState.REVOKED, settled_at=tx.now)
    )


def _note(tx: Transaction, actor: Actor, kind: AuditKind, seat: Seat, data: dict[str, str]) -> None:
    timeline.audit(
        tx,
        actor,
        kind=kind,
        organizer_id=seat.membership.organizer_id,
        subject=seat.user.public_id,
        data={"name": seat.user.name} | data,
    )
