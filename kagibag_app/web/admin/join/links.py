"""From the token in a page's address to the invitation it opens. Nothing is shown before a link is verified."""

from __future__ import annotations

import re
from urllib.parse import quote

from sqlalchemy.ext.asyncio import AsyncSession

from kagibag_app.features.accounts import queries as accounts
from kagibag_app.features.accounts.views import OpenedInvitation
from kagibag_app.storage.secrets import LinkPurpose
from kagibag_app.web.runtime import runtime

JOIN_PREFIX = "/admin/join/"
INCOMPLETE = "incomplete"

_TOKEN = re.compile(r"[A-Za-z0-9._-]{1,200}")


async def invitation_of_link(session: AsyncSession, token: str) -> OpenedInvitation | None:
    """Return the invitation that a token opens; ``None`` for one that is malformed, forged, or older than the last mail.

    Args:
        session: Any read or transaction.
        token: As it stands in the address: a claim.
    """
    links = runtime().links
    claim = links.read(token)
    opened = await accounts.system_invitation(session, claim.public_id) if claim else None
    if (
        claim is None
        or opened is None
        or not links.verify(claim, LinkPurpose.INVITATION, opened.link_version)
    ):
        return None
    return opened


def join_path(token: str, *, error: str = "") -> str:
    """Return the page of a token, whatever was sent as one, with a word for what went wrong."""
    kept = token if _TOKEN.fullmatch(token) else INCOMPLETE
    return f"{JOIN_PREFIX}{kept}{f'?error={quote(error)}' if error else ''}"
