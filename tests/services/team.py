"""A team on a fresh database: owners who act, and what became of everybody."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import sqlalchemy as sa
from sqlmodel import col

from kagibag_app.features.accounts import queries
from kagibag_app.features.accounts import service as accounts
from kagibag_app.features.accounts.rules import Role
from kagibag_app.features.accounts.tables import Invitation, User
from kagibag_app.features.accounts.views import InvitationRow, MemberRow
from kagibag_app.features.timeline.tables import AuditEntry
from kagibag_app.kit.actor import Actor, ActorKind
from kagibag_app.runtime import Runtime
from tests.web.harness import Person, member

HASH = accounts.hash_password("correct horse battery")


@dataclass
class Team:
    """One organization's team."""

    runtime: Runtime
    organizer_id: int

    async def hire(self, role: Role = Role.OWNER, email: str = "") -> Person:
        """Add somebody by the command line."""
        return await member(self.runtime, self.organizer_id, role, email=email)

    def actor(self, person: Person, role: Role = Role.OWNER) -> Actor:
        """Return a member as the guard names them."""
        return Actor(ActorKind.MEMBER, self.organizer_id, person.user_id, role, "Dana Moreau")

    async def run(self, verb: Any, *who: Actor, **arguments: Any) -> Any:
        """Call a service in a transaction of its own."""
        return await self.runtime.store.run(lambda tx: verb(tx, *who, **arguments))

    async def members(self) -> dict[str, MemberRow]:
        """The team by address."""
        async with self.runtime.store.read() as session:
            return {row.email: row for row in await queries.members(session, self.organizer_id)}

    async def roles(self) -> dict[str, str]:
        """Who may enter, with which role."""
        return {email: row.role for email, row in (await self.members()).items() if row.status == "active"}

    async def invitations(self) -> list[InvitationRow]:
        """What the team page lists."""
        async with self.runtime.store.read() as session:
            return await queries.invitations(session, self.organizer_id)

    async def invitation(self, public_id: str) -> Invitation:
        """One invitation's row."""
        async with self.runtime.store.read() as session:
            found = sa.select(Invitation).where(col(Invitation.public_id) == public_id)
            return (await session.scalars(found)).one()

    async def id_of(self, person: Person) -> str:
        """Return a person's public id."""
        async with self.runtime.store.read() as session:
            return (
                await session.scalars(sa.select(col(User.public_id)).where(col(User.id) == person.user_id))
            ).one()

    async def signed_in(self, person: Person) -> bool:
        """Say whether a person's cookie still opens something."""
        async with self.runtime.store.read() as session:
            return await accounts.load_session(session, person.cookie) is not None

    async def audited(self) -> list[tuple[str, str]]:
        """What was written down about the team: kind and who did it, in order."""
        async with self.runtime.store.read() as session:
            rows = await session.scalars(
                sa.select(AuditEntry)
                .where(col(AuditEntry.organizer_id) == self.organizer_id)
                .where(col(AuditEntry.kind).like("%invit%") | col(AuditEntry.kind).like("member_%ed"))
                .where(col(AuditEntry.kind) != "member_added")
                .order_by(col(AuditEntry.id))
            )
            return [(row.kind, row.actor_name) for row in rows]
