"""The log of mails; their words are written anew, with live links, each time they are read."""

from __future__ import annotations

from dataclasses import dataclass

import reflex as rx

from kagibag_app.features.accounts import queries as accounts
from kagibag_app.features.accounts.rules import Action, allowed
from kagibag_app.features.messages import queries
from kagibag_app.features.messages.documents import LogLinks, MailLinks, render
from kagibag_app.features.messages.views import MessagePage, RenderedMail, StoredMessage
from kagibag_app.kit.actor import Actor
from kagibag_app.live import topics
from kagibag_app.settings import StripeMode
from kagibag_app.web import live
from kagibag_app.web.admin.address import left_out
from kagibag_app.web.admin.counts import NavCounts, nav_counts
from kagibag_app.web.admin.messages import display
from kagibag_app.web.admin.messages.display import Body, Wanted
from kagibag_app.web.admin.messages.rows import Choice, MailFace, MailItem
from kagibag_app.web.runtime import runtime
from kagibag_app.web.session import Workspace, require


@dataclass(frozen=True, slots=True)
class _Found:
    zone: str
    page: MessagePage
    open: StoredMessage | None
    counts: NavCounts


class MessagesState(Workspace):
    """What the log shows.

    Attributes:
        phase: ``loading`` or ``shown``.
        keeps: No mail server is configured: mails are read here.
        readable: The role may read what mails say.
        as_text: The open mail is shown as plain text; ``html_href`` and ``text_href`` switch.
        older, newest: Addresses of the next and the first page, where there is another.
    """

    phase: str = "loading"
    mails: list[MailItem] = []
    choices: list[Choice] = []
    mail: MailFace = MailFace()
    search: str = ""
    search_round: int = 0
    as_text: bool = False
    html_href: str = ""
    text_href: str = ""
    older: str = ""
    newest: str = ""
    narrowed: bool = False
    keeps: bool = False
    readable: bool = False
    notice: str = ""
    counts: NavCounts = NavCounts()
    _typed: str = ""

    @rx.event
    @require(Action.VIEW_MESSAGES)
    async def load(self, actor: Actor):
        """Show what the address asks for, and follow it."""
        wanted, ignored = display.read(self.router.url.query_parameters)
        seen = await _found(actor, wanted)
        if wanted.message and seen.open is None:
            ignored.append("message")
        self.notice = left_out(ignored)
        if wanted.search != self._typed or self.phase != "shown":
            self._typed, self.search_round = wanted.search, self.search_round + 1
        self._show(seen, wanted, actor)
        organizer = actor.organizer_id or 0
        followed = [topics.messages(organizer), topics.refunds(organizer), topics.disputes(organizer)]
        live.watch(self, followed, MessagesState.refresh)

    @rx.event
    @require(Action.VIEW_MESSAGES, person=False)
    async def refresh(self, actor: Actor):
        """Show it as it is now."""
        if self.router.url.path.rstrip("/") == display.PATH:
            wanted = display.read(self.router.url.query_parameters)[0]
            self._show(await _found(actor, wanted), wanted, actor)

    @rx.event
    @require(Action.VIEW_EMAILS)
    async def find(self, actor: Actor, typed: str):
        """Look for a part of a recipient's address."""
        self._typed = typed.strip()[:254]
        wanted = display.read(self.router.url.query_parameters)[0]
        return rx.redirect(wanted.but(search=self._typed, after="", message=""), replace=True)

    def _show(self, seen: _Found, wanted: Wanted, actor: Actor) -> None:
        now = runtime().clock.now()
        self.readable = allowed(actor.role, Action.READ_MESSAGE_BODIES)
        self.mails = [display.mail_item(row, wanted, seen.zone, now) for row in seen.page.rows]
        self.mail = MailFace()
        if seen.open is not None:
            body = _words(seen.open, actor) if self.readable else None
            self.mail = display.mail_face(seen.open.row, body, seen.zone)
        self.choices, self.search = display.choices(wanted), wanted.search
        self.as_text = wanted.body is Body.TEXT
        self.html_href, self.text_href = wanted.but(body=Body.HTML), wanted.but(body=Body.TEXT)
        self.older = wanted.but(after=seen.page.next_cursor) if seen.page.next_cursor else ""
        self.newest = wanted.but(after="") if wanted.after else ""
        self.narrowed = bool(wanted.show or wanted.search)
        self.keeps = not runtime().mailer.delivers
        self.counts, self.phase = seen.counts, "shown"


async def _found(actor: Actor, wanted: Wanted) -> _Found:
    """Read the log; a role that sees no addresses can't search for them either."""
    organizer_id, show_emails = actor.organizer_id or 0, allowed(actor.role, Action.VIEW_EMAILS)
    readable = allowed(actor.role, Action.READ_MESSAGE_BODIES)
    async with runtime().store.read() as session:
        organizer = await accounts.system_organizer(session, organizer_id)
        page = await queries.log(
            session, organizer_id, statuses=wanted.statuses, search=wanted.search, after=wanted.after,
            show_emails=show_emails,
        )  # fmt: skip
        opened = None
        if wanted.message:
            opened = await queries.message(
                session, organizer_id, wanted.message, show_emails=show_emails, readable=readable
            )
        zone = organizer.zone if organizer else "UTC"
        return _Found(zone, page, opened, await nav_counts(session, organizer_id))


def _words(stored: StoredMessage, actor: Actor) -> RenderedMail:
    """Write the mail as it is sent; the links in it are made now and stored nowhere.

    The link of an invitation is shown to those alone who may invite.
    """
    settings = runtime().settings
    kind = MailLinks if allowed(actor.role, Action.MANAGE_TEAM) else LogLinks
    links = kind(settings.base_url, runtime().links)
    return render(
        stored.row.template, stored.params, links, sandbox=settings.stripe_mode is StripeMode.SANDBOX
    )
