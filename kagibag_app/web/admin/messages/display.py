"""Mails in words. Pure."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from enum import StrEnum

from kagibag_app import l10n
from kagibag_app.features.messages.rules import MessageStatus, Template
from kagibag_app.features.messages.views import MessageRow, RenderedMail
from kagibag_app.web.admin.address import address
from kagibag_app.web.admin.messages.rows import Choice, MailFace, MailItem
from kagibag_app.web.admin.times import short_time

PATH = "/admin/messages"
_ID_MAX = 64
_SEARCH_MAX = 254
_TEMPLATES = {
    Template.CONFIRMATION: "Confirmation",
    Template.ORDER_LINKS: "Order links",
    Template.REFUND_REQUESTED: "Refund requested",
    Template.REFUND_RECEIVED: "Request received",
    Template.REFUND_WITHDRAWN: "Request withdrawn",
    Template.REFUND_AWAITS_SECOND: "Second person wanted",
    Template.REFUND_APPROVED: "Refund approved",
    Template.REFUND_DECLINED: "Refund declined",
    Template.REFUND_STARTED: "Refund started",
    Template.REFUNDED: "Refunded",
    Template.REFUND_FAILED: "Refund failed",
    Template.REFUND_CAME_BACK: "Refund came back",
    Template.REFUND_RETURNED: "Returned another way",
    Template.REFUND_TO_ALLOCATE: "Refund to allocate",
    Template.TICKETS_REVIVED: "Tickets valid again",
    Template.LATE_PAYMENT: "Late payment",
    Template.ORDER_CANCELLED: "Order cancelled",
    Template.TICKET_LINK: "Ticket link",
    Template.EMAIL_CORRECTED: "Email corrected",
    Template.NOTE_MENTION: "Mention",
    Template.DISPUTE_OPENED: "Dispute opened",
    Template.WEBHOOK_DISABLED: "Webhooks switched off",
    Template.INVITATION: "Invitation to the team",
}
# Links of the mail open beside the log; the frame itself may go nowhere.
_BESIDE = '<base target="_blank">'


class Show(StrEnum):
    """Which mails the list shows."""

    ALL = ""
    QUEUED = "queued"
    SENT = "sent"
    KEPT = "kept"
    FAILED = "failed"


class Body(StrEnum):
    """How the open mail is shown."""

    HTML = ""
    TEXT = "text"


SHOWN = {
    Show.ALL: "All",
    Show.QUEUED: "Queued",
    Show.SENT: "Sent",
    Show.KEPT: "Kept here",
    Show.FAILED: "Failed",
}


@dataclass(frozen=True, slots=True)
class Wanted:
    """What the address says: the open mail, which mails, and where the page begins."""

    message: str = ""
    body: Body = Body.HTML
    show: Show = Show.ALL
    search: str = ""
    after: str = ""

    @property
    def statuses(self) -> tuple[MessageStatus, ...]:
        """Which states the query takes; none for all."""
        return (MessageStatus(self.show),) if self.show else ()

    def but(self, **changes: str) -> str:
        """Return the address with something changed."""
        wanted = replace(self, **changes)
        return address(
            PATH,
            show=wanted.show,
            q=wanted.search,
            after=wanted.after,
            message=wanted.message,
            body=wanted.body,
        )


def read(said: Mapping[str, str]) -> tuple[Wanted, list[str]]:
    """Read an address's query; what can't be read is left out and named."""
    ignored: list[str] = []

    def kept(name: str, fits: bool) -> str:
        if not fits:
            ignored.append(name)
        return said.get(name, "") if fits else ""

    message = kept("message", len(said.get("message", "")) <= _ID_MAX)
    after = kept("after", len(said.get("after", "")) <= _ID_MAX)
    search = kept("q", len(said.get("q", "")) <= _SEARCH_MAX)
    show = Show(kept("show", said.get("show", "") in set(Show)))
    return Wanted(
        message, Body(kept("body", said.get("body", "") in set(Body))), show, search, after
    ), ignored


def mail_item(row: MessageRow, wanted: Wanted, zone: str, now: datetime) -> MailItem:
    """Return a mail's place in the list."""
    return MailItem(
        id=row.public_id,
        href=wanted.but(message=row.public_id),
        subject=row.subject,
        recipient=row.recipient,
        status=row.status,
        sent=short_time(row.sent_at or row.created_at, zone, now=now),
        current=row.public_id == wanted.message,
    )


def choices(wanted: Wanted) -> list[Choice]:
    """Return the tabs above the list."""
    return [
        Choice(label, wanted.but(show=show, after="", message=""), show == wanted.show)
        for show, label in SHOWN.items()
    ]


def mail_face(row: MessageRow, body: RenderedMail | None, zone: str) -> MailFace:
    """Return the mail that is open.

    Args:
        body: Its words; ``None`` for roles that may not read them.
    """
    tries = f"{row.attempts} {'try' if row.attempts == 1 else 'tries'}"
    return MailFace(
        id=row.public_id,
        subject=row.subject,
        recipient=row.recipient,
        template=_TEMPLATES.get(row.template, row.template),
        status=row.status,
        order=row.order_number,
        order_href=f"/admin/orders/{row.order_number}" if row.order_number else "",
        written=l10n.moment(row.created_at, zone),
        sent=l10n.moment(row.sent_at, zone) if row.sent_at else "",
        attempts=tries if row.attempts > 1 else "",
        error=row.error,
        html=framed(body.html) if body else "",
        text=body.text if body else "",
    )


def framed(html: str) -> str:
    """Return a mail as a page for a frame; its links open in a new tab."""
    head = html.find("<head>")
    at = head + len("<head>") if head >= 0 else 0
    return html[:at] + _BESIDE + html[at:]
