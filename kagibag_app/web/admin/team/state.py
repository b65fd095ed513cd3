"""The team and its invitations. Each change is asked about once, and needs a password typed not long ago."""

from __future__ import annotations

from typing import Any

import reflex as rx

from kagibag_app.features.accounts import queries
from kagibag_app.features.accounts import service as accounts
from kagibag_app.features.accounts.rules import Action, Role
from kagibag_app.kit.actor import Actor
from kagibag_app.kit.errors import BadInput, DomainError
from kagibag_app.live import topics
from kagibag_app.web import live
from kagibag_app.web.admin.counts import NavCounts, nav_counts
from kagibag_app.web.admin.team import display
from kagibag_app.web.admin.team.rows import Errors, InvitationItem, MemberItem
from kagibag_app.web.components.toasts import notify
from kagibag_app.web.limits import Limit, rate_limits
from kagibag_app.web.runtime import runtime
from kagibag_app.web.session import Workspace, require

ABOUT_MEMBERS = ("role", "remove", "restore")
ABOUT_INVITATIONS = ("renew", "revoke")


class TeamState(Workspace):
    """What the screen shows.

    Attributes:
        phase: ``loading`` or ``shown``.
        organizer: The organization's name.
        inviting: The form of an invitation is open.
        asking: The question that is open: one of ``ABOUT_MEMBERS`` or ``ABOUT_INVITATIONS``; empty: none.
        member, invitation: Whom it is about, as they stood when it was asked.
        ask_error: Why what was asked about did not happen.
    """

    phase: str = "loading"
    organizer: str = ""
    members: list[MemberItem] = []
    removed: list[MemberItem] = []
    invitations: list[InvitationItem] = []
    counts: NavCounts = NavCounts()
    inviting: bool = False
    errors: Errors = Errors()
    asking: str = ""
    member_asked: MemberItem = MemberItem()
    invitation_asked: InvitationItem = InvitationItem()
    ask_error: str = ""
    busy: bool = False

    @rx.event
    @require(Action.VIEW_TEAM)
    async def load(self, actor: Actor):
        """Show the team, and follow it."""
        self.inviting, self.asking, self.busy = False, "", False
        await self._read(actor)
        organizer = actor.organizer_id or 0
        followed = [topics.team(organizer), topics.refunds(organizer), topics.disputes(organizer)]
        live.watch(self, followed, TeamState.refresh)

    @rx.event
    @require(Action.VIEW_TEAM, person=False)
    async def refresh(self, actor: Actor):
        """Show it as it is now."""
        if self.router.url.path.rstrip("/") == display.PATH:
            await self._read(actor)

    @rx.event
    @require(Action.MANAGE_TEAM, decides=False)
    async def start_inviting(self, actor: Actor):
        """Open the form of an invitation."""
        self.inviting, self.errors = True, Errors()

    @rx.event
    @require(Action.VIEW_TEAM)
    async def stop_inviting(self, actor: Actor, open: bool):
        """Close the form; nobody is invited."""
        self.inviting = open

    @rx.event
    @require(Action.MANAGE_TEAM)
    async def invite(self, actor: Actor, form: dict[str, str]):
        """Mail an invitation."""
        if self.busy:
            return
        self.busy, self.errors = True, Errors()
        yield
        try:
            role, email = _role(form), form.get("email", "")
            await _count_mail(actor)
            await runtime().store.run(lambda tx: accounts.invite(tx, actor, email=email, role=role))
            self.inviting = False
            yield notify("Invitation sent", f"To {email.strip()}. Its link works once, for seven days.")
        except BadInput as error:
            self.errors = Errors(**{"email" if error.field == "email" else "other": error.message})
        except DomainError as error:
            self.errors = Errors(other=error.message)
        finally:
            self.busy = False
        await self._read(actor)

    @rx.event
    @require(Action.MANAGE_TEAM, decides=False)
    async def ask(self, actor: Actor, question: str, about: str):
        """Ask before something changes. ``about`` is the public id of a member or an invitation."""
        listed = {"members": [*self.members, *self.removed], "invitations": self.invitations}
        asked = listed["members" if question in ABOUT_MEMBERS else "invitations"]
        found = next((item for item in asked if item.id == about), None)
        if isinstance(found, MemberItem):
            self.member_asked = found
        elif isinstance(found, InvitationItem) and question in ABOUT_INVITATIONS:
            self.invitation_asked = found
        else:
            return
        self.asking, self.ask_error = question, ""

    @rx.event
    @require(Action.VIEW_TEAM)
    async def stop_asking(self, actor: Actor, open: bool):
        """Close the question without changing anything."""
        self.asking = self.asking if open else ""

    @rx.event
    @require(Action.MANAGE_TEAM)
    async def change_role(self, actor: Actor, form: dict[str, str]):
        """Give the member that is asked about another role."""
        asked = self.member_asked
        if await self._done(
            actor,
            lambda tx: accounts.change_role(tx, actor, member=asked.id, was=asked.role, role=_role(form)),
        ):
            return notify(f"{asked.name} is {form['role']} now", "Their open pages follow.")
        return None

    @rx.event
    @require(Action.MANAGE_TEAM)
    async def remove(self, actor: Actor):
        """Take the member that is asked about off the team."""
        asked = self.member_asked
        if await self._done(actor, lambda tx: accounts.remove_member(tx, actor, member=asked.id)):
            return notify(f"{asked.name} is removed", "They are signed out everywhere.")
        return None

    @rx.event
    @require(Action.MANAGE_TEAM)
    async def restore(self, actor: Actor):
        """Let the removed member that is asked about in again."""
        asked = self.member_asked
        if await self._done(actor, lambda tx: accounts.restore_member(tx, actor, member=asked.id)):
            return notify(
                f"{asked.name} is on the team again", f"As {asked.role}, with the password they had."
            )
        return None

    @rx.event
    @require(Action.MANAGE_TEAM)
    async def renew(self, actor: Actor):
        """Send the invitation that is asked about again."""
        asked = self.invitation_asked

        async def work(tx: Any) -> None:
            await accounts.renew_invitation(tx, actor, invitation=asked.id)

        if await self._done(actor, work, mails=True):
            return notify("Invitation sent again", f"To {asked.email}. Only the newest link works.")
        return None

    @rx.event
    @require(Action.MANAGE_TEAM)
    async def revoke(self, actor: Actor):
        """Withdraw the invitation that is asked about."""
        asked = self.invitation_asked
        if await self._done(actor, lambda tx: accounts.revoke_invitation(tx, actor, invitation=asked.id)):
            return notify("Invitation withdrawn", f"The link mailed to {asked.email} opens nothing any more.")
        return None

    async def _done(self, actor: Actor, work: Any, *, mails: bool = False) -> bool:
        """Do what was asked about; say in the dialog why not."""
        try:
            if mails:
                await _count_mail(actor)
            await runtime().store.run(work)
            self.asking = ""
        except DomainError as error:
            self.ask_error = error.message
        await self._read(actor)
        return not self.asking

    async def _read(self, actor: Actor) -> None:
        organizer_id, now = actor.organizer_id or 0, runtime().clock.now()
        async with runtime().store.read() as session:
            organizer = await queries.system_organizer(session, organizer_id)
            members = await queries.members(session, organizer_id)
            invitations = await queries.invitations(session, organizer_id)
            self.counts = await nav_counts(session, organizer_id)
        self.organizer, zone = (organizer.name, organizer.zone) if organizer else ("", "UTC")
        items = [display.member_item(row, you=self.email, zone=zone, now=now) for row in members]
        self.members = [item for item in items if item.active]
        self.removed = [item for item in items if not item.active]
        self.invitations = [display.invitation_item(row, zone=zone, now=now) for row in invitations]
        self.phase = "shown"


def _role(form: dict[str, str]) -> Role:
    try:
        return Role(form.get("role", ""))
    except ValueError:
        raise BadInput("Choose a role. Nothing was changed.", field="role") from None


async def _count_mail(actor: Actor) -> None:
    await rate_limits().spend(Limit.INVITATION, str(actor.organizer_id))
