"""The team in words. Pure."""

from __future__ import annotations

from datetime import datetime

from kagibag_app import l10n
from kagibag_app.features.accounts.rules import MemberStatus
from kagibag_app.features.accounts.views import InvitationRow, MemberRow
from kagibag_app.web.admin.team.rows import InvitationItem, MemberItem
from kagibag_app.web.admin.times import short_time

PATH = "/admin/settings/team"


def member_item(row: MemberRow, *, you: str, zone: str, now: datetime) -> MemberItem:
    """Return one line of the team.

    Args:
        you: The address of whoever looks.
        zone: The organizer's (IANA).
        now: The present moment (UTC).
    """
    seen = row.last_active_at
    return MemberItem(
        id=row.public_id,
        name=row.name,
        email=row.email,
        role=row.role,
        role_name=row.role.capitalize(),
        active=row.status == MemberStatus.ACTIVE,
        you=row.email == you,
        seen=short_time(seen, zone, now=now) if seen else "",
        seen_at=l10n.moment(seen, zone) if seen else "",
        joined=short_time(row.joined_at, zone, now=now),
    )


def invitation_item(row: InvitationRow, *, zone: str, now: datetime) -> InvitationItem:
    """Return one line of the invitations that wait."""
    return InvitationItem(
        id=row.public_id,
        email=row.email,
        role_name=row.role.capitalize(),
        invited_by=row.invited_by,
        sent=short_time(row.sent_at, zone, now=now),
        until=l10n.moment(row.expires_at, zone),
        expired=now >= row.expires_at,
    )
