"""What members do for a buyer: a note for each other, the right address, one ticket's link again."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import timedelta

import sqlalchemy as sa
from sqlmodel import col

from kagibag_app.features.accounts import queries as accounts
from kagibag_app.features.accounts.rules import Action
from kagibag_app.features.accounts.service import require
from kagibag_app.features.messages import service as messages
from kagibag_app.features.messages.rules import Template
from kagibag_app.features.messages.tables import EmailMessage
from kagibag_app.features.orders import queries
from kagibag_app.features.orders.rules import OrderStatus, TicketStatus, email_key, mask_email, read_email
from kagibag_app.features.orders.service.door import lock_ticket
from kagibag_app.features.orders.service.searching import reindex_buyer
from kagibag_app.features.orders.service.states import lock, touch
from kagibag_app.features.orders.tables import Order
from kagibag_app.features.promotions import service as promotions
from kagibag_app.features.timeline import service as timeline
from kagibag_app.features.timeline.rules import AuditKind, EntryKind
from kagibag_app.kit import text as texts
from kagibag_app.kit.actor import Actor
from kagibag_app.kit.errors import BadInput, DomainError
from kagibag_app.storage.synthetic import require_real
from kagibag_app.storage.transaction import Transaction

MOST_MENTIONS = 20
# A second press within it is the same wish.
TICKET_AGAIN_AFTER = timedelta(minutes=1)


async def add_note(
    tx: Transaction, actor: Actor, *, order: str, text: str, mentions: Sequence[str] = ()
) -> None:
    """Put a note for the organizer's members on an order's timeline; the buyer never sees it.

    Args:
        order: Public id.
        text: At most 2,000 characters.
        mentions: Public ids of members who are told by mail; the author is not told of her own note.

    Raises:
        Forbidden: The actor's role may not write notes.
        NotFound: No such order in the actor's organization.
        BadInput: No text, one too long, or a mention of somebody who is no active member.
    """
    require(actor, Action.WRITE_NOTES)
    words = texts.many_lines(text, field="text", required=True)
    row = await _lock_order(tx, actor, order)
    mates = await _mentioned(tx, row.organizer_id, mentions)
    timeline.record(
        tx, actor, organizer_id=row.organizer_id, order_id=row.id, kind=EntryKind.NOTE_ADDED,
        data={"message": words, "mentions": [name for name, _ in mates]},
    )  # fmt: skip
    touch(tx, row)
    own = await accounts.system_member_email(tx.session, row.organizer_id, actor.user_id or 0)
    card = await queries.mail_card(tx.session, row.id)
    for name, email in mates:
        if email != own:
            await messages.queue(
                tx, organizer_id=row.organizer_id, order_id=row.id, to=email, template=Template.NOTE_MENTION,
                params={"order": card, "author": actor.name, "text": words, "member": name},
            )  # fmt: skip


async def correct_email(tx: Transaction, actor: Actor, *, order: str, email: str) -> None:
    """Give an order the address that its buyer meant: old links stop, new ones are mailed, the old address is told.

    A code's use moves to the new address: the limit per address is about the buyer, who would otherwise have it
    once more, while the use would stay with a stranger or with nobody. That may bring the new address above the
    limit; the order was sold under it and stands.

    Args:
        order: Public id.
        email: As typed.

    Raises:
        Forbidden: The actor's role does not include it.
        NotFound: No such order in the actor's organization.
        BadInput: It can't be an address, or it is the one that the order has.
        DomainError: ``synthetic_data``.
    """
    require(actor, Action.CORRECT_EMAIL)
    address = read_email(email)
    row = await _lock_order(tx, actor, order)
    await require_real(tx, row.organizer_id)
    before = row.buyer_email
    if address == before:
        raise BadInput("This is the address that the order has. Nothing was changed.", field="email")
    row.buyer_email, row.email_key = address, email_key(address)
    row.link_version += 1
    await tx.session.flush()
    await promotions.move_uses(tx, order_id=row.id, email_key=row.email_key)
    await reindex_buyer(tx, row)
    timeline.record(
        tx, actor, organizer_id=row.organizer_id, order_id=row.id, kind=EntryKind.EMAIL_CORRECTED,
        data={"before": before, "after": address},
    )  # fmt: skip
    timeline.audit(
        tx, actor, kind=AuditKind.EMAIL_CORRECTED, organizer_id=row.organizer_id, subject=row.public_id
    )
    touch(tx, row)
    await messages.readdress(tx, order_id=row.id, before=before, after=address, link_version=row.link_version)
    await _send_links(tx, row, before)


async def resend_ticket(tx: Transaction, actor: Actor, *, ticket: str) -> None:
    """Mail the buyer the link of one ticket.

    Args:
        ticket: Public id.

    Raises:
        Forbidden: The actor's role does not include it.
        NotFound: No such ticket in the actor's organization.
        DomainError: ``ticket_void``, ``sent_just_now`` or ``synthetic_data``.
    """
    require(actor, Action.RESEND_MAIL)
    order, row = await lock_ticket(tx, actor, ticket)
    if row.status == TicketStatus.VOID:
        raise DomainError(f"Ticket {row.code} is void: its link would open nothing.", code="ticket_void")
    recent = await tx.session.scalars(
        sa.select(col(EmailMessage.params)).where(
            col(EmailMessage.order_id) == order.id,
            col(EmailMessage.template) == Template.TICKET_LINK,
            col(EmailMessage.created_at) > tx.now - TICKET_AGAIN_AFTER,
        )
    )
    if any(params["ticket"]["public_id"] == row.public_id for params in recent):
        raise DomainError(
            "The link of this ticket was sent less than a minute ago. Nothing was sent twice.",
            code="sent_just_now",
        )
    card = await queries.mail_card(tx.session, order.id)
    shown = next(known for known in card["tickets"] if known["public_id"] == row.public_id)
    await messages.queue(
        tx, organizer_id=order.organizer_id, order_id=order.id, to=order.buyer_email, template=Template.TICKET_LINK,
        params={"order": card, "ticket": shown},
    )  # fmt: skip
    touch(tx, order)


async def _lock_order(tx: Transaction, actor: Actor, reference: object) -> Order:
    known = await queries.organizer_order(tx.session, actor.organizer_id or 0, reference)
    return await lock(tx, known.id)


async def _mentioned(tx: Transaction, organizer_id: int, mentions: Sequence[str]) -> list[tuple[str, str]]:
    """Return names and addresses of the members who are mentioned."""
    if not isinstance(mentions, list | tuple) or not all(isinstance(one, str) for one in mentions):
        raise BadInput("Mention members of your team. The note was not added.", field="mentions")
    wanted = list(dict.fromkeys(mentions))
    if len(wanted) > MOST_MENTIONS:
        raise BadInput(f"Mention at most {MOST_MENTIONS} members. The note was not added.", field="mentions")
    team = await accounts.system_active_members(tx.session, organizer_id) if wanted else {}
    if any(one not in team for one in wanted):
        raise BadInput(
            "Somebody who is mentioned is no member of your team any more. The note was not added.",
            field="mentions",
        )
    return [team[one] for one in wanted]


async def _send_links(tx: Transaction, order: Order, before: str) -> None:
    card = await queries.mail_card(tx.session, order.id)
    if order.status == OrderStatus.PAID:
        await messages.queue(
            tx, organizer_id=order.organizer_id, order_id=order.id, to=order.buyer_email,
            template=Template.CONFIRMATION, params={"order": card},
        )  # fmt: skip
    else:
        await messages.queue(
            tx, organizer_id=order.organizer_id, order_id=order.id, to=order.buyer_email,
            template=Template.ORDER_LINKS, params={"orders": [await queries.link_card(tx.session, order)]},
        )  # fmt: skip
    # Whoever reads at the old address may be a stranger: nothing of the order but which one it is.
    told = {name: card[name] for name in ("number", "event_title", "organizer_name")}
    await messages.queue(
        tx, organizer_id=order.organizer_id, order_id=order.id, to=before, template=Template.EMAIL_CORRECTED,
        params={"order": told, "masked": mask_email(order.buyer_email)},
    )  # fmt: skip
