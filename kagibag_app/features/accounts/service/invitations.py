"""Invitations to a team: sent by an owner, taken up once, by whoever reads that mailbox."""

from __future__ import annotations

from typing import cast

import sqlalchemy as sa
from sqlmodel import col

from kagibag_app.features.accounts.rules import (
    INVITATION_FOR,
    ROLE_SUMMARY,
    InvitationState,
    MemberStatus,
    Role,
    invitation_state,
)
from kagibag_app.features.accounts.service.managing import lock_team, manage_team
from kagibag_app.features.accounts.service.people import create_user, email_address
from kagibag_app.features.accounts.tables import Invitation, Membership, Organizer, User
from kagibag_app.features.messages import service as messages
from kagibag_app.features.messages.rules import Template
from kagibag_app.features.timeline import service as timeline
from kagibag_app.features.timeline.rules import AuditKind
from kagibag_app.kit.actor import SYSTEM, Actor, ActorKind
from kagibag_app.kit.errors import BadInput, DomainError, Forbidden, NotFound
from kagibag_app.kit.ids import public_id
from kagibag_app.live import topics
from kagibag_app.storage.transaction import Transaction

_CLOSED = {
    InvitationState.ACCEPTED: "This invitation was used already. Nothing was changed.",
    InvitationState.REVOKED: "This invitation was withdrawn. Nothing was changed.",
    InvitationState.EXPIRED: "This invitation is too old. Nothing was changed. Ask for a new one.",
}


async def invite(tx: Transaction, actor: Actor, *, email: str, role: Role) -> str:
    """Invite somebody by mail. Whether the address has a login elsewhere changes nothing that the owner sees.

    Returns:
        The invitation's public id.

    Raises:
        Forbidden: The actor is no owner (any more).
        BadInput: The address is malformed, on the team, or invited already; ``email_taken``, ``invited_already``.
        DomainError: ``synthetic_data``.
    """
    organizer_id = await manage_team(tx, actor)
    address = email_address(email)
    await _require_new(tx, organizer_id, address)
    row = Invitation(
        public_id=public_id("inv"), organizer_id=organizer_id, email=address, role=Role(role),
        invited_by=cast(int, actor.user_id), created_at=tx.now, sent_at=tx.now, expires_at=tx.now + INVITATION_FOR,
    )  # fmt: skip
    tx.session.add(row)
    await _send(tx, actor, row)
    _note(tx, actor, AuditKind.MEMBER_INVITED, row)
    return row.public_id


async def renew_invitation(tx: Transaction, actor: Actor, *, invitation: str) -> None:
    """Send an invitation again with a new link; the older link stops working, the seven days begin anew.

    Args:
        invitation: Its public id.

    Raises:
        Forbidden: The actor is no owner (any more).
        NotFound: None of this organization.
        DomainError: It was used or withdrawn; ``synthetic_data``.
    """
    row = await _of_team(tx, await manage_team(tx, actor), invitation)
    row.link_version += 1
    row.invited_by = cast(int, actor.user_id)
    row.sent_at, row.expires_at = tx.now, tx.now + INVITATION_FOR
    await _send(tx, actor, row)
    _note(tx, actor, AuditKind.INVITATION_RENEWED, row)


async def revoke_invitation(tx: Transaction, actor: Actor, *, invitation: str) -> None:
    """Withdraw an invitation: its link stops working at once.

    Args:
        invitation: Its public id.

    Raises:
        Forbidden: The actor is no owner (any more).
        NotFound: None of this organization.
        DomainError: It was used or withdrawn before.
    """
    row = await _of_team(tx, await manage_team(tx, actor), invitation)
    row.status, row.settled_at = InvitationState.REVOKED, tx.now
    tx.touch(topics.team(row.organizer_id))
    _note(tx, actor, AuditKind.INVITATION_REVOKED, row)


async def join_as_new(
    tx: Transaction, *, invitation: str, version: int, name: str, password_hash: str
) -> tuple[int, int]:
    """Take up an invitation as somebody without a login.

    Args:
        invitation: Its public id; its link was verified.
        version: Of the link.
        name: As typed.
        password_hash: From ``hash_password``.

    Returns:
        The new user's id and the organization's.

    Raises:
        DomainError: It is closed.
        BadInput: No name; ``email_taken``: the address got a login meanwhile.
    """
    row = await _to_accept(tx, invitation, version)
    user_id = await create_user(tx, SYSTEM, email=row.email, name=name, password_hash=password_hash)
    await _accept(tx, row, user_id)
    return user_id, row.organizer_id


async def join(tx: Transaction, *, invitation: str, version: int, user_id: int) -> int:
    """Take up an invitation as somebody who has a login, and return the organization's id.

    Args:
        invitation: Its public id; its link was verified.
        version: Of the link.
        user_id: Whose password was checked, or who is signed in.

    Raises:
        Forbidden: It is for another address, or the login is switched off.
        DomainError: It is closed, or they are on the team already.
    """
    row = await _to_accept(tx, invitation, version)
    user = await tx.session.get(User, user_id)
    if user is None or user.email != row.email or user.status != MemberStatus.ACTIVE:
        raise Forbidden(
            "This invitation is for another address. Nothing was changed.", code="another_address"
        )
    await _accept(tx, row, user_id)
    return row.organizer_id


async def _accept(tx: Transaction, row: Invitation, user_id: int) -> None:
    seat = (
        await tx.session.execute(
            sa.select(Membership)
            .where(col(Membership.organizer_id) == row.organizer_id, col(Membership.user_id) == user_id)
            .with_for_update()
        )
    ).scalar_one_or_none()
    if seat is None:
        seat = Membership(organizer_id=row.organizer_id, user_id=user_id, role=row.role, created_at=tx.now)
        tx.session.add(seat)
    elif seat.status == MemberStatus.ACTIVE:
        # Never a way to another role: that is changed by an owner, in sight of the person's name.
        raise DomainError("You are on this team already. Nothing was changed.", code="member_already")
    seat.role, seat.status = row.role, MemberStatus.ACTIVE
    row.status, row.settled_at, row.accepted_by = InvitationState.ACCEPTED, tx.now, user_id
    name = await tx.session.scalar(sa.select(col(User.name)).where(col(User.id) == user_id)) or ""
    tx.touch(topics.team(row.organizer_id))
    tx.touch(topics.member(user_id))
    actor = Actor(ActorKind.MEMBER, organizer_id=row.organizer_id, user_id=user_id, role=row.role, name=name)
    _note(tx, actor, AuditKind.INVITATION_ACCEPTED, row)


async def _to_accept(tx: Transaction, invitation: str, version: int) -> Invitation:
    organizer_id = await tx.session.scalar(
        sa.select(col(Invitation.organizer_id)).where(col(Invitation.public_id) == invitation)
    )
    if organizer_id is None:
        raise NotFound("invitation")
    # In the same order as an owner does: the team, then the invitation.
    await lock_team(tx, organizer_id)
    row = await _locked(tx, organizer_id, invitation)
    state = invitation_state(tx.now, status=row.status, expires_at=row.expires_at)
    if state is not InvitationState.OPEN:
        raise DomainError(_CLOSED[state], code=f"invitation_{state}")
    if row.link_version != version:
        raise NotFound("invitation")
    return row


async def _of_team(tx: Transaction, organizer_id: int, invitation: str) -> Invitation:
    row = await _locked(tx, organizer_id, invitation)
    if row.status != InvitationState.OPEN:
        raise DomainError(_CLOSED[InvitationState(row.status)], code=f"invitation_{row.status}")
    return row


async def _locked(tx: Transaction, organizer_id: int, invitation: str) -> Invitation:
    row = (
        await tx.session.execute(
            sa.select(Invitation)
            .where(col(Invitation.organizer_id) == organizer_id, col(Invitation.public_id) == invitation)
            .with_for_update()
        )
    ).scalar_one_or_none()
    if row is None:
        raise NotFound("invitation")
    return row


async def _require_new(tx: Transaction, organizer_id: int, address: str) -> None:
    member = await tx.session.scalar(
        sa.select(col(Membership.status))
        .join(User, col(User.id) == col(Membership.user_id))
        .where(col(Membership.organizer_id) == organizer_id, col(User.email) == address)
    )
    if member == MemberStatus.ACTIVE:
        raise BadInput(f"{address} is on the team already.", field="email", code="member_already")
    waiting = sa.select(col(Invitation.id)).where(
        col(Invitation.organizer_id) == organizer_id,
        col(Invitation.email) == address,
        col(Invitation.status) == InvitationState.OPEN,
    )
    if await tx.session.scalar(waiting):
        raise BadInput(
            f"{address} is invited already. Send that invitation again, or withdraw it first.",
            field="email",
            code="invited_already",
        )


async def _send(tx: Transaction, actor: Actor, row: Invitation) -> None:
    name, zone = (
        await tx.session.execute(
            sa.select(col(Organizer.name), col(Organizer.zone)).where(col(Organizer.id) == row.organizer_id)
        )
    ).one()
    await messages.queue(
        tx,
        organizer_id=row.organizer_id,
        order_id=None,
        to=row.email,
        template=Template.INVITATION,
        params={
            "invitation": {"public_id": row.public_id, "version": row.link_version},
            "organizer": name,
            "inviter": actor.name,
            "role": row.role,
            "may": ROLE_SUMMARY[Role(row.role)],
            "expires_at": row.expires_at.isoformat(),
            "zone": zone,
        },
    )
    tx.touch(topics.team(row.organizer_id))


def _note(tx: Transaction, actor: Actor, kind: AuditKind, row: Invitation) -> None:
    timeline.audit(
        tx,
        actor,
        kind=kind,
        organizer_id=row.organizer_id,
        subject=row.public_id,
        data={"email": row.email, "role": row.role},
    )
