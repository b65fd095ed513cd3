"""Organizations whose data was made up: nothing may leave the house for them.

It stands here because every feature that asks for a network job needs it, those below ``accounts`` included.
"""

from __future__ import annotations

import sqlalchemy as sa

from kagibag_app.kit.errors import DomainError
from kagibag_app.storage.transaction import Transaction

NOTHING_SENT = (
    "This organization holds synthetic data: nothing is sent for it, and nothing was changed. "
    "Use an organization with real buyers."
)
_ORGANIZERS = sa.table("organizers", sa.column("id", sa.Integer), sa.column("synthetic", sa.Boolean))


async def require_real(tx: Transaction, organizer_id: int, *, sentence: str = NOTHING_SENT) -> None:
    """Let what would reach the network happen for a real organization only.

    Args:
        sentence: What the person is told otherwise.

    Raises:
        DomainError: ``synthetic_data``: its buyers, cards and addresses don't exist.
    """
    if organizer_id in tx.real_organizers:
        return
    query = sa.select(_ORGANIZERS.c.synthetic).where(_ORGANIZERS.c.id == organizer_id)
    if await tx.session.scalar(query):
        raise DomainError(sentence, code="synthetic_data")
    tx.real_organizers.add(organizer_id)
