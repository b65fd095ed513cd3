"""The installation, organizers, users and memberships."""

from __future__ import annotations

import re
from typing import cast
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

import sqlalchemy as sa
from email_validator import EmailNotValidError, validate_email
from sqlmodel import col

from kagibag_app.features.accounts.rules import Role
from kagibag_app.features.accounts.tables import Installation, Membership, Organizer, User
from kagibag_app.features.timeline import service as timeline
from kagibag_app.features.timeline.rules import AuditKind
from kagibag_app.kit.actor import Actor
from kagibag_app.kit.errors import BadInput, DomainError
from kagibag_app.kit.ids import public_id
from kagibag_app.kit.text import one_line
from kagibag_app.storage.transaction import Transaction

_SLUG = re.compile(r"[a-z0-9](?:[a-z0-9-]{0,60}[a-z0-9])?")


async def remember_installation(tx: Transaction, *, mode: str, platform_account: str) -> None:
    """Tie this database to one Stripe mode and account, or make sure that it is the one it belongs to.

    Raises:
        DomainError: ``other_stripe_mode`` or ``other_stripe_account``; nothing was changed.
    """
    known = (
        await tx.session.execute(sa.select(Installation).limit(1).with_for_update())
    ).scalar_one_or_none()
    if known is None:
        tx.session.add(
            Installation(id=1, stripe_mode=mode, platform_account=platform_account, created_at=tx.now)
        )
    elif known.stripe_mode != mode:
        raise DomainError(
            f"This database holds orders of Stripe mode {known.stripe_mode} and can't be used in mode {mode}. "
            f"Nothing was changed. Set KAGIBAG_STRIPE_MODE={known.stripe_mode}, "
            "or choose another KAGIBAG_DATABASE_URL or KAGIBAG_DATA_DIR.",
            code="other_stripe_mode",
        )
    elif known.platform_account != platform_account:
        raise DomainError(
            f"This database holds orders of Stripe account {known.platform_account}, and the key belongs to {platform_account}. "
            "Nothing was changed. Use that account's key, or another database.",
            code="other_stripe_account",
        )


async def prove_writable(tx: Transaction) -> None:
    """Write without changing anything, so that a full disk or a read-only file shows before money is at stake."""
    await tx.session.execute(sa.update(Installation).values(stripe_mode=col(Installation.stripe_mode)))


async def create_organizer(
    tx: Transaction, actor: Actor, *, name: str, slug: str, currency: str, zone: str
) -> int:
    """Add an organizer and return its id.

    Args:
        currency: ISO code that its events use by default.
        zone: IANA time zone of its lists and deadlines.

    Raises:
        BadInput: The slug is taken or malformed, or the zone is unknown.
    """
    if not _SLUG.fullmatch(slug):
        raise BadInput(
            "A short name has small letters, digits and dashes, such as `night-owl`.", field="slug"
        )
    try:
        ZoneInfo(zone)
    except (ZoneInfoNotFoundError, ValueError) as error:
        raise BadInput(f"{zone} is no time zone. Use a name such as Europe/Berlin.", field="zone") from error
    if await tx.session.scalar(sa.select(col(Organizer.id)).where(col(Organizer.slug) == slug)):
        raise BadInput(f"The short name {slug} is taken. Choose another.", field="slug", code="slug_taken")
    row = Organizer(
        public_id=public_id("org"), name=one_line(name, field="name"), slug=slug, currency=currency.upper(), zone=zone,
        created_at=tx.now,
    )  # fmt: skip
    tx.session.add(row)
    await tx.session.flush()
    row_id = cast(int, row.id)
    timeline.audit(tx, actor, kind=AuditKind.ORGANIZER_CREATED, organizer_id=row_id, subject=slug)
    return row_id


async def create_user(tx: Transaction, actor: Actor, *, email: str, name: str, password_hash: str) -> int:
    """Add a person who can log in and return their id.

    Args:
        actor: Who adds them.
        password_hash: From ``hash_password``.

    Raises:
        BadInput: The address is malformed or taken.
    """
    folded = email_address(email)
    if await tx.session.scalar(sa.select(col(User.id)).where(col(User.email) == folded)):
        raise BadInput(f"There is a login for {folded} already.", field="email", code="email_taken")
    row = User(
        public_id=public_id("usr"), email=folded, name=one_line(name, field="name"), password_hash=password_hash,
        created_at=tx.now,
    )  # fmt: skip
    tx.session.add(row)
    await tx.session.flush()
    row_id = cast(int, row.id)
    timeline.audit(tx, actor, kind=AuditKind.USER_CREATED, subject=row.public_id)
    return row_id


async def add_member(tx: Transaction, actor: Actor, *, organizer_id: int, user_id: int, role: Role) -> int:
    """Give a user a role in an organization and return the membership's id.

    Raises:
        BadInput: They are a member already.
    """
    known = sa.select(col(Membership.id)).where(
        col(Membership.organizer_id) == organizer_id, col(Membership.user_id) == user_id
    )
    if await tx.session.scalar(known):
        raise BadInput("This person is a member already.", field="email", code="member_already")
    row = Membership(organizer_id=organizer_id, user_id=user_id, role=Role(role), created_at=tx.now)
    tx.session.add(row)
    await tx.session.flush()
    row_id = cast(int, row.id)
    timeline.audit(
        tx,
        actor,
        kind=AuditKind.MEMBER_ADDED,
        organizer_id=organizer_id,
        subject=str(user_id),
        data={"role": str(role)},
    )
    return row_id


def email_address(email: str) -> str:
    """Return an address as it is stored and compared: checked and casefolded.

    Raises:
        BadInput: It is malformed.
    """
    typed = one_line(email, field="email", limit=254)
    try:
        # The demo and local installations use names such as example.test that no mail server serves.
        return validate_email(typed, check_deliverability=False, test_environment=True).normalized.casefold()
    except EmailNotValidError as error:
        raise BadInput("This is no email address. It reads name@example.com.", field="email") from error
