"""What became of an order: refunds, disputes, bookings, mails and the timeline, in words. Pure."""

from __future__ import annotations

from datetime import datetime
from zoneinfo import ZoneInfo

from kagibag_app import l10n
from kagibag_app.features.disputes.rules import UNANSWERED, DisputeKind
from kagibag_app.features.messages.rules import Template
from kagibag_app.features.messages.views import MessageRow
from kagibag_app.features.refunds.views import reason_label
from kagibag_app.web.admin.address import address
from kagibag_app.web.admin.order.reading import Story
from kagibag_app.web.admin.order.rows import (
    Alarm,
    Booking,
    DisputeLine,
    Happening,
    MailLine,
    RefundLine,
    RequestRow,
)
from kagibag_app.web.admin.times import short_time


def request_rows(story: Story) -> list[RequestRow]:
    """Return what the buyer asked for, with where it is decided."""
    return [
        RequestRow(
            id=asked.id,
            href=address("/admin/refunds", request=asked.id),
            title=", ".join(
                name if count == 1 else f"{count} × {name}" for name, count in asked.tickets.items()
            )
            or "An amount",
            status=asked.status,
            reason=f"Begun by {asked.made_by}"
            if asked.made_by
            else ": ".join(filter(None, (reason_label(asked.category), asked.reason))),
            answer=asked.answer,
            reply=asked.reply,
            trouble=asked.failure,
            amount=l10n.money(asked.amount_minor, asked.currency),
        )
        for asked in story.requests
    ]


def refund_lines(story: Story, now: datetime) -> list[RefundLine]:
    """Return the refunds, with their failure in plain words."""
    return [
        RefundLine(
            id=row.id,
            name=row.stripe_id or row.id,
            status=row.status,
            started=f"{row.requested_by or row.source_label}, {_short(row.created_at, story.zone, now)}",
            reference=row.bank_reference,
            about=row.failure or row.note,
            amount=l10n.money(-row.amount_minor, row.currency),
            may_retry=row.may_retry,
            may_return=row.may_return,
            may_revive=row.may_revive,
            to_allocate=row.needs_allocation,
        )
        for row in story.refunds
    ]


def dispute_lines(story: Story) -> list[DisputeLine]:
    """Return the disputes."""
    return [
        DisputeLine(
            id=row.public_id,
            href=f"/admin/disputes/{row.public_id}",
            status=row.status,
            reason=row.reason_label,
            due=l10n.moment(row.due_at, story.zone) if row.due_at and row.open else "",
            amount=l10n.money(row.amount_minor, row.currency),
        )
        for row in story.disputes
    ]


def alarm(story: Story) -> Alarm:
    """Return what the open dispute with the nearest deadline says across the page."""
    undecided = [row for row in story.disputes if row.open]
    if not undecided:
        return Alarm()
    row = min(undecided, key=lambda found: (found.due_at is None, found.due_at or found.opened_at))
    noun = "Inquiry" if row.kind == DisputeKind.INQUIRY else "Dispute"
    waits = row.status in UNANSWERED
    stand = "needs a response" if waits else "is with the bank"
    due = f" Answer by {l10n.moment(row.due_at, story.zone)}." if waits and row.due_at else ""
    blocked = any(payment.open_chargeback for payment in story.payments)
    return Alarm(
        title=f"{noun} for {l10n.money(row.amount_minor, row.currency)} {stand}",
        text=f"“{row.reason_label}”.{due}",
        blocked="Refunds are blocked while the bank holds the money." if blocked else "",
        href=f"/admin/disputes/{row.public_id}",
    )


def bookings(story: Story) -> list[Booking]:
    """Return the ledger as it was booked."""
    return [
        Booking(
            id=f"{row.balance_transaction}:{row.kind}:{index}",
            at=l10n.moment(row.at, story.zone),
            label=row.label,
            transaction=row.balance_transaction,
            folded=f"{row.balance_transaction[:8]}…{row.balance_transaction[-3:]}",
            amount=l10n.money(row.settlement_minor, row.settlement_currency),
        )
        for index, row in enumerate(story.bookings)
    ]


def mail_lines(story: Story, now: datetime) -> list[MailLine]:
    """Return the mails about the order, newest first."""
    return [
        MailLine(
            id=row.public_id,
            href=address("/admin/messages", message=row.public_id),
            subject=row.subject,
            recipient=row.recipient,
            status=row.status,
            error=row.error,
            sent=short_time(row.sent_at or row.created_at, story.zone, now=now),
        )
        for row in story.mails
    ]


def happenings(story: Story) -> list[Happening]:
    """Return the timeline, newest first, under its days in the organizer's zone."""
    found: list[Happening] = []
    before = ""
    for row in story.timeline.rows:
        day = l10n.day(row.at, story.zone)
        found.append(
            Happening(
                id=str(row.id),
                kind=row.kind,
                text=row.text,
                detail=row.detail,
                said=row.said,
                by=row.actor,
                at=f"{row.at.astimezone(ZoneInfo(story.zone)):%H:%M:%S}",
                iso=row.at.isoformat(),
                exact=l10n.moment(row.at, story.zone),
                day="" if day == before else day,
            )
        )
        before = day
    return found


def newest_confirmation(mails: tuple[MessageRow, ...]) -> str:
    """Return the public id of the newest confirmation; empty when none was written."""
    return next((row.public_id for row in mails if row.template is Template.CONFIRMATION), "")


def _short(iso: str, zone: str, now: datetime) -> str:
    return short_time(datetime.fromisoformat(iso), zone, now=now)
