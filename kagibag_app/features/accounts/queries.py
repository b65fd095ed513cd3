"""Reads of organizers, members and sessions."""

from __future__ import annotations

from typing import Any, cast

import sqlalchemy as sa
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.orm import aliased
from sqlmodel import col

from kagibag_app.features.accounts.rules import PERMISSIONS, Action, InvitationState, MemberStatus
from kagibag_app.features.accounts.tables import (
    Installation,
    Invitation,
    LoginSession,
    Membership,
    Organizer,
    User,
)
from kagibag_app.features.accounts.views import (
    Credentials,
    Decider,
    InstallationView,
    InvitationRow,
    MemberRow,
    OpenedInvitation,
    OrganizerChoice,
    SessionView,
)
from kagibag_app.kit.actor import Actor, ActorKind

_ACTIVE_USER = col(User.status) == MemberStatus.ACTIVE
_ACTIVE_MEMBER = col(Membership.status) == MemberStatus.ACTIVE


async def system_installation(session: AsyncSession) -> InstallationView | None:
    """Return which Stripe this database belongs to; ``None`` before the first start."""
    row = (await session.execute(sa.select(Installation).limit(1))).scalar_one_or_none()
    return InstallationView(row.stripe_mode, row.platform_account) if row else None


async def system_session(session: AsyncSession, token_hash: str) -> SessionView | None:
    """Return the session of a cookie, unless it was ended or its user or membership is disabled."""
    found = (
        await session.execute(_sessions().where(col(LoginSession.token_hash) == token_hash))
    ).one_or_none()
    return SessionView(*found) if found else None


async def system_credentials(session: AsyncSession, email: str) -> Credentials | None:
    """Return what a login with this address (casefolded) is compared with."""
    member = sa.exists().where(col(Membership.user_id) == col(User.id), _ACTIVE_MEMBER)
    found = (
        await session.execute(
            sa.select(col(User.id), col(User.password_hash), sa.and_(_ACTIVE_USER, member)).where(
                col(User.email) == email
            )
        )
    ).one_or_none()
    return Credentials(cast(int, found[0]), found[1], bool(found[2])) if found else None


async def system_password_hash(session: AsyncSession, user_id: int) -> str | None:
    """Return a user's password hash."""
    return await session.scalar(sa.select(col(User.password_hash)).where(col(User.id) == user_id))


async def system_deciders(session: AsyncSession, organizer_id: int) -> list[Decider]:
    """Return the active members whose role may decide about refunds, by address."""
    deciding = [role for role, actions in PERMISSIONS.items() if Action.DECIDE_REFUNDS in actions]
    rows = await session.execute(
        sa.select(col(User.email), col(User.name), col(User.id))
        .join(Membership, col(Membership.user_id) == col(User.id))
        .where(
            col(Membership.organizer_id) == organizer_id,
            col(Membership.role).in_(deciding),
            _ACTIVE_MEMBER,
            _ACTIVE_USER,
        )
        .order_by(col(User.email))
    )
    return [Decider(*row) for row in rows]


async def manager_limits(session: AsyncSession, organizer_id: int) -> dict[str, int]:
    """Return what a manager of an organization may give back alone, in minor units by currency; none: any amount."""
    limits = await session.scalar(
        sa.select(col(Organizer.manager_refund_limits)).where(col(Organizer.id) == organizer_id)
    )
    return dict(limits or {})


async def system_member(session: AsyncSession, organizer_id: int, user_id: int) -> Actor | None:
    """Return an active member as the one who acts, with the role of now; ``None`` when she is none any more."""
    found = (
        await session.execute(
            sa.select(col(Membership.role), col(User.name))
            .join(User, col(User.id) == col(Membership.user_id))
            .where(
                col(Membership.organizer_id) == organizer_id,
                col(Membership.user_id) == user_id,
                _ACTIVE_MEMBER,
                _ACTIVE_USER,
            )
        )
    ).one_or_none()
    if found is None:
        return None
    role, name = found
    return Actor(ActorKind.MEMBER, organizer_id=organizer_id, user_id=user_id, role=role, name=name)


async def system_organizer(session: AsyncSession, organizer_id: int) -> Organizer | None:
    """Return an organizer by its internal id."""
    return await session.get(Organizer, organizer_id)


async def system_organizer_by_slug(session: AsyncSession, slug: str) -> Organizer | None:
    """Return an organizer by its slug, for the command line and the seed."""
    return (
        await session.execute(sa.select(Organizer).where(col(Organizer.slug) == slug))
    ).scalar_one_or_none()


async def system_organizer_or_first(session: AsyncSession, slug: str) -> Organizer | None:
    """Return the organizer of a slug, or the one made first when the slug is empty."""
    if slug:
        return await system_organizer_by_slug(session, slug)
    return (
        await session.execute(sa.select(Organizer).order_by(col(Organizer.id)).limit(1))
    ).scalar_one_or_none()


async def system_stripe_accounts(session: AsyncSession) -> list[str]:
    """Return the Stripe accounts that organizers connected. Those of synthetic ones don't exist at Stripe."""
    rows = await session.scalars(
        sa.select(col(Organizer.stripe_account)).where(
            col(Organizer.stripe_account).is_not(None), col(Organizer.synthetic).is_(False)
        )
    )
    return [account for account in rows if account]


async def system_user_by_email(session: AsyncSession, email: str) -> User | None:
    """Return a user by address, however it is written, for the command line."""
    return (
        await session.execute(sa.select(User).where(col(User.email) == email.strip().casefold()))
    ).scalar_one_or_none()


async def choices(session: AsyncSession, user_id: int) -> list[OrganizerChoice]:
    """Return the organizations a user may act for, by name."""
    rows = await session.execute(
        sa.select(col(Organizer.public_id), col(Organizer.name), col(Membership.role))
        .join(Membership, col(Membership.organizer_id) == col(Organizer.id))
        .where(col(Membership.user_id) == user_id, _ACTIVE_MEMBER)
        .order_by(col(Organizer.name), col(Organizer.id))
    )
    return [OrganizerChoice(*row) for row in rows]


async def members(session: AsyncSession, organizer_id: int) -> list[MemberRow]:
    """Return an organization's team, the removed ones too: those who may enter first, then by name."""
    last_active = (
        sa.select(sa.func.max(col(LoginSession.last_active_at)))
        .where(
            col(LoginSession.user_id) == col(User.id),
            col(LoginSession.organizer_id) == col(Membership.organizer_id),
        )
        .scalar_subquery()
    )
    rows = await session.execute(
        sa.select(
            col(User.public_id), col(User.name), col(User.email), col(Membership.role), col(Membership.status),
            col(Membership.created_at), last_active, col(Membership.last_active_at),
        )
        .join(User, col(User.id) == col(Membership.user_id))
        .where(col(Membership.organizer_id) == organizer_id)
        .order_by(sa.case((_ACTIVE_MEMBER, 0), else_=1), col(User.name), col(User.id))
    )  # fmt: skip
    return [MemberRow(*row[:-2], max(filter(None, row[-2:]), default=None)) for row in rows]


async def system_active_members(session: AsyncSession, organizer_id: int) -> dict[str, tuple[str, str]]:
    """Return name and address of those who may enter, by the user's public id, for services that write to them."""
    rows = await session.execute(
        sa.select(col(User.public_id), col(User.name), col(User.email))
        .join(Membership, col(Membership.user_id) == col(User.id))
        .where(col(Membership.organizer_id) == organizer_id, _ACTIVE_MEMBER, _ACTIVE_USER)
    )
    return {public_id: (name, email) for public_id, name, email in rows}


async def system_member_email(session: AsyncSession, organizer_id: int, user_id: int) -> str | None:
    """Return the address of an organization's member, for services that write to all members but the one who acts."""
    return await session.scalar(
        sa.select(col(User.email))
        .join(Membership, col(Membership.user_id) == col(User.id))
        .where(col(User.id) == user_id, col(Membership.organizer_id) == organizer_id)
    )


async def invitations(session: AsyncSession, organizer_id: int) -> list[InvitationRow]:
    """Return the invitations that wait, the ones whose time is over too, newest first."""
    rows = await session.execute(
        sa.select(
            col(Invitation.public_id), col(Invitation.email), col(Invitation.role), col(User.name),
            col(Invitation.sent_at), col(Invitation.expires_at),
        )
        .join(User, col(User.id) == col(Invitation.invited_by))
        .where(
            col(Invitation.organizer_id) == organizer_id, col(Invitation.status) == InvitationState.OPEN
        )
        .order_by(col(Invitation.sent_at).desc(), col(Invitation.id).desc())
    )  # fmt: skip
    return [InvitationRow(*row) for row in rows]


async def system_invitation(session: AsyncSession, invitation: str) -> OpenedInvitation | None:
    """Return an invitation by its public id, for whoever presents its link."""
    inviter, invited = aliased(User), aliased(User)
    found = (
        await session.execute(
            sa.select(
                col(Invitation.public_id), col(Organizer.public_id), col(Organizer.name), col(Organizer.zone),
                col(Invitation.email), col(Invitation.role), col(inviter.name), col(Invitation.status),
                col(Invitation.link_version), col(Invitation.expires_at), col(invited.id),
            )
            .join(Organizer, col(Organizer.id) == col(Invitation.organizer_id))
            .join(inviter, col(inviter.id) == col(Invitation.invited_by))
            .outerjoin(invited, col(invited.email) == col(Invitation.email))
            .where(col(Invitation.public_id) == invitation)
        )
    ).one_or_none()  # fmt: skip
    return OpenedInvitation(*found) if found else None


def _sessions() -> sa.Select[*tuple[Any, ...]]:
    own_membership = sa.and_(
        col(Membership.user_id) == col(LoginSession.user_id),
        col(Membership.organizer_id) == col(LoginSession.organizer_id),
    )
    seats = aliased(Membership)
    organizations = (
        sa.select(sa.func.count())
        .select_from(seats)
        .where(col(seats.user_id) == col(User.id), col(seats.status) == MemberStatus.ACTIVE)
        .scalar_subquery()
    )
    return (
        sa.select(
            col(LoginSession.id), col(User.id), col(User.name), col(User.email), col(Organizer.id), col(Organizer.name),
            col(Organizer.zone), col(Membership.role), col(LoginSession.expires_at), col(LoginSession.last_active_at),
            col(LoginSession.confirmed_at), col(LoginSession.password_at), organizations,
        )
        .join(User, col(User.id) == col(LoginSession.user_id))
        .join(Membership, own_membership)
        .join(Organizer, col(Organizer.id) == col(LoginSession.organizer_id))
        .where(col(LoginSession.ended_at).is_(None), _ACTIVE_USER, _ACTIVE_MEMBER)
    )  # fmt: skip
