"""Two reviewers of one request see each other: each tab says now and then what it shows, and asks who else does."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from datetime import datetime, timedelta

from kagibag_app.features.refunds import service as refunds
from kagibag_app.kit.actor import Actor
from kagibag_app.web.runtime import runtime

# Less than the interval at which a page reloads by itself.
_EVERY = timedelta(seconds=25)
_NAMED = 3


async def stay(
    actor: Actor, request: str, token: str, before: tuple[str, datetime] | None
) -> tuple[str, datetime] | None:
    """Say that a tab shows a request, unless it said so just now.

    Args:
        token: The tab's; only a digest of it is stored.
        before: What this returned the last time.
    """
    now = runtime().clock.now()
    if not request or (before is not None and before[0] == request and now - before[1] < _EVERY):
        return before
    tab = hashlib.sha256(token.encode()).hexdigest()
    await runtime().store.run(lambda tx: refunds.review(tx, actor, request_id=request, tab=tab))
    return request, now


def others(reviewers: Mapping[int, str], user_id: int | None) -> str:
    """Return who else has the request open, in a sentence; empty for nobody."""
    names = [name for user, name in reviewers.items() if user != user_id]
    if not names:
        return ""
    shown, rest = names[:_NAMED], len(names) - _NAMED
    if rest > 0:
        shown.append(f"{rest} more")
    who = shown[0] if len(shown) == 1 else f"{', '.join(shown[:-1])} and {shown[-1]}"
    return f"{who} {'has' if len(names) == 1 else 'have'} this request open too."
