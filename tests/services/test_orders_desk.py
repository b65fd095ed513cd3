"""What members do at the desk and at the door, on each kind of database."""

from __future__ import annotations

import asyncio
import re
from datetime import timedelta
from typing import Any

import pytest
import sqlalchemy as sa
from sqlmodel import col

from kagibag_app.features.accounts import service as accounts
from kagibag_app.features.accounts.rules import MemberStatus, Role
from kagibag_app.features.accounts.tables import Membership, User
from kagibag_app.features.messages import service as messages
from kagibag_app.features.messages.documents import MailLinks, render
from kagibag_app.features.messages.rules import Template
from kagibag_app.features.messages.tables import EmailMessage
from kagibag_app.features.orders import queries
from kagibag_app.features.orders import service as orders
from kagibag_app.features.orders.rules import OrderFilter, TicketStatus
from kagibag_app.features.orders.tables import LineItem, Order, Ticket
from kagibag_app.features.timeline.tables import AuditEntry, TimelineEntry
from kagibag_app.kit.actor import SYSTEM, Actor, ActorKind
from kagibag_app.kit.errors import BadInput, DomainError, Forbidden, NotFound
from kagibag_app.settings import KeyRing
from kagibag_app.storage.secrets import AccessLinks, LinkPurpose
from tests.services.shop import Shop

pytest_plugins = ["tests.services.shop_fixtures"]


async def _member(shop: Shop, name: str, role: Role = Role.SUPPORT) -> tuple[Actor, str]:
    """Return a member as actor, and her public id."""
    async with shop.store.transaction() as tx:
        user = await accounts.create_user(
            tx, SYSTEM, email=f"{name.lower()}@lantern.example", name=name, password_hash="x"
        )
        await accounts.add_member(tx, SYSTEM, organizer_id=shop.organizer_id, user_id=user, role=role)
        public = await tx.session.scalar(sa.select(col(User.public_id)).where(col(User.id) == user))
    assert public is not None
    return Actor(ActorKind.MEMBER, organizer_id=shop.organizer_id, user_id=user, role=role, name=name), public


async def _sold(shop: Shop, quantity: int = 2) -> tuple[Order, list[Ticket]]:
    event = await shop.event()
    seat = await shop.ticket_type(event)
    await shop.open(event)
    order = await shop.paid(event, {seat.public_id: quantity})
    return order, await shop.rows(Ticket, order_id=order.id)


async def _mails(shop: Shop, template: str) -> list[EmailMessage]:
    return await shop.rows(EmailMessage, template=template)


async def _entries(shop: Shop, order: Order, kind: str) -> list[dict[str, Any]]:
    return [entry.data for entry in await shop.rows(TimelineEntry, order_id=order.id, kind=kind)]


async def test_a_note_stands_on_the_timeline_and_tells_who_is_mentioned(shop: Shop) -> None:
    order, _ = await _sold(shop)
    dana, _ = await _member(shop, "Dana")
    _, noor = await _member(shop, "Noor", Role.VIEWER)
    _, own = await _member(shop, "Ines")
    await shop.store.run(
        lambda tx: orders.add_note(
            tx, dana, order=order.public_id, text=" She called.\nWants row A. ", mentions=[noor, own, noor]
        )
    )
    assert await _entries(shop, order, "note_added") == [
        {"message": "She called.\nWants row A.", "mentions": ["Noor", "Ines"]}
    ]
    mails = await _mails(shop, "note_mention")
    assert [mail.recipient for mail in mails] == ["noor@lantern.example", "ines@lantern.example"]
    assert mails[0].params["text"] == "She called.\nWants row A."


async def test_who_mentions_herself_gets_no_mail(shop: Shop) -> None:
    order, _ = await _sold(shop)
    dana, own = await _member(shop, "Dana")
    await shop.store.run(
        lambda tx: orders.add_note(tx, dana, order=order.public_id, text="For later.", mentions=[own])
    )
    assert await _mails(shop, "note_mention") == []


async def test_a_note_that_cannot_be_kept_leaves_nothing(shop: Shop) -> None:
    order, _ = await _sold(shop)
    dana, _ = await _member(shop, "Dana")
    _, gone = await _member(shop, "Gone")
    _, barred = await _member(shop, "Barred")
    async with shop.store.transaction() as tx:
        users = {user.name: user for user in await tx.session.scalars(sa.select(User))}
        users["Barred"].status = MemberStatus.DISABLED
        await tx.session.execute(
            sa.update(Membership)
            .where(col(Membership.user_id) == users["Gone"].id)
            .values(status=MemberStatus.DISABLED)
        )
        other = User(
            public_id="usr_other", email="eve@else.example", name="Eve", password_hash="x", created_at=tx.now
        )
        tx.session.add(other)
    wrong: list[tuple[Any, Any]] = [
        ("", []), (" \n\u200b", []), (None, []), ("x" * 2001, []), ("Hello", ["usr_unknown"]), ("Hello", [gone]),
        ("Hello", [barred]), ("Hello", ["usr_other"]), ("Hello", None), ("Hello", "usr_1"), ("Hello", [["usr_1"]]),
        ("Hello", [None]), ("Hello", [f"usr_{n}" for n in range(21)]),
    ]  # fmt: skip
    for words, mentions in wrong:
        with pytest.raises(BadInput):
            await shop.store.run(
                lambda tx, w=words, m=mentions: orders.add_note(
                    tx, dana, order=order.public_id, text=w, mentions=m
                )
            )
    assert await _entries(shop, order, "note_added") == []
    assert await _mails(shop, "note_mention") == []


async def test_a_corrected_address_gets_new_links_and_the_old_one_is_told_without_any(shop: Shop) -> None:
    order, _ = await _sold(shop)
    dana, _ = await _member(shop, "Dana")
    await shop.store.run(
        lambda tx: orders.correct_email(tx, dana, order=order.public_id, email=" maren@okafor.example.org ")
    )
    now = await shop.order(order)
    assert (now.buyer_email, now.email_key) == ("maren@okafor.example.org", "maren@okafor.example.org")
    assert now.link_version == order.link_version + 1
    fresh = (await _mails(shop, "confirmation"))[-1]
    assert fresh.recipient == "maren@okafor.example.org"
    assert fresh.params["order"]["link_version"] == now.link_version
    (told,) = await _mails(shop, "email_corrected")
    assert told.recipient == "maren.okafor@example.com"
    assert now.buyer_email not in str(told.params)
    assert set(told.params["order"]) == {"number", "event_title", "organizer_name"}
    assert order.buyer_name not in str(told.params)
    assert all(ticket.public_id not in str(told.params) for ticket in await shop.rows(Ticket))
    assert await _entries(shop, order, "email_corrected") == [
        {"before": "maren.okafor@example.com", "after": "maren@okafor.example.org"}
    ]
    assert [entry.subject for entry in await shop.rows(AuditEntry, kind="email_corrected")] == [
        order.public_id
    ]
    async with shop.store.read() as session:
        for typed, found in (("okafor.example.org", 1), ("maren.okafor@example.com", 0)):
            page = await queries.order_page(session, shop.organizer_id, OrderFilter(search=typed))
            assert len(page.rows) == found, typed
    await shop.check_books()


async def test_what_was_mailed_before_opens_nothing_and_what_waits_goes_to_the_new_address(
    shop: Shop,
) -> None:
    order, tickets = await _sold(shop)
    dana, _ = await _member(shop, "Dana")
    (sent,) = await _mails(shop, "confirmation")
    await shop.store.run(
        lambda tx: messages.mark_sent(tx, message_id=sent.public_id, to="maren.okafor@example.com")
    )
    await shop.store.run(lambda tx: orders.resend_ticket(tx, dana, ticket=tickets[0].public_id))
    await shop.store.run(
        lambda tx: orders.correct_email(tx, dana, order=order.public_id, email="maren@okafor.example.org")
    )
    access, now = AccessLinks(KeyRing({"k1": "desk-tests-desk-tests-desk-tests"})), await shop.order(order)
    opened: dict[str, list[bool]] = {}
    for mail in await shop.rows(EmailMessage, order_id=order.id):
        letter = render(Template(mail.template), mail.params, MailLinks("https://tickets.example", access))
        for purpose, token in re.findall(r"https://tickets.example/(order|ticket)/([^/\s\"]+)", letter.text):
            claim = access.read(token)
            assert claim is not None
            opens = access.verify(claim, LinkPurpose(purpose), now.link_version)
            opened.setdefault(f"{mail.template} {mail.recipient}", []).append(opens)
    assert {(to, *set(links)) for to, links in opened.items()} == {
        ("confirmation maren.okafor@example.com", False),
        ("ticket_link maren@okafor.example.org", True),
        ("confirmation maren@okafor.example.org", True),
    }
    (link,) = await _mails(shop, "ticket_link")
    assert "maren.okafor@example.com" not in str(link.params)


async def test_who_has_no_tickets_gets_the_way_to_the_order(shop: Shop) -> None:
    event = await shop.event()
    seat = await shop.ticket_type(event)
    await shop.open(event)
    unpaid = await shop.order(await shop.buy(event, {seat.public_id: 1}))
    cancelled = await shop.paid(event, {seat.public_id: 1})
    dana, _ = await _member(shop, "Dana")
    async with shop.store.transaction() as tx:
        await orders.cancel_paid(tx, SYSTEM, await orders.lock(tx, cancelled.id), put_back_on_sale=True)
    for order in (unpaid, cancelled):
        await shop.store.run(
            lambda tx, o=order: orders.correct_email(
                tx, dana, order=o.public_id, email=f"{o.number.lower()}@okafor.example.org"
            )
        )
    assert [mail.params["orders"][0]["link_version"] for mail in await _mails(shop, "order_links")] == [2, 2]
    assert len(await _mails(shop, "confirmation")) == 1


async def test_the_use_of_a_code_moves_to_the_corrected_address(shop: Shop) -> None:
    event = await shop.event()
    seat = await shop.ticket_type(event)
    await shop.open(event)
    await shop.code("ONCE", max_uses_per_email=1)

    async def buy(email: str) -> Order:
        return await shop.paid(event, {seat.public_id: 1}, code="ONCE", buyer_email=email)

    order = await buy("marne@okafor.example.org")
    dana, _ = await _member(shop, "Dana")
    await shop.store.run(
        lambda tx: orders.correct_email(tx, dana, order=order.public_id, email="maren@okafor.example.org")
    )
    with pytest.raises(BadInput):
        await buy("maren@okafor.example.org")
    await buy("marne@okafor.example.org")
    await shop.check_books()


async def test_a_correction_and_a_payment_at_once_leave_the_new_address_with_its_tickets(shop: Shop) -> None:
    event = await shop.event()
    seat = await shop.ticket_type(event)
    await shop.open(event)
    order = await shop.order(await shop.buy(event, {seat.public_id: 1}))
    dana, _ = await _member(shop, "Dana")
    await asyncio.gather(
        shop.store.run(lambda tx: orders.complete(tx, SYSTEM, order_id=order.id)),
        shop.store.run(
            lambda tx: orders.correct_email(tx, dana, order=order.public_id, email="maren@okafor.example.org")
        ),
    )
    now = await shop.order(order)
    assert (now.status, now.link_version, now.buyer_email) == ("paid", 2, "maren@okafor.example.org")
    confirmation = (await _mails(shop, "confirmation"))[-1]
    assert confirmation.recipient == now.buyer_email
    assert confirmation.params["order"]["link_version"] == 2
    await shop.check_books()


@pytest.mark.parametrize(
    "typed", ["", "maren", "maren@", "maren.okafor@example.com", "a@b.example\r\nBcc: x@y.example"]
)
async def test_an_address_that_is_none_or_the_same_changes_nothing(shop: Shop, typed: str) -> None:
    order, _ = await _sold(shop)
    dana, _ = await _member(shop, "Dana")
    with pytest.raises(BadInput):
        await shop.store.run(lambda tx: orders.correct_email(tx, dana, order=order.public_id, email=typed))
    now = await shop.order(order)
    assert (now.buyer_email, now.link_version) == (order.buyer_email, order.link_version)


async def test_a_ticket_link_is_mailed_once_a_minute(shop: Shop) -> None:
    order, tickets = await _sold(shop)
    dana, _ = await _member(shop, "Dana")

    async def again(ticket: Ticket) -> None:
        await shop.store.run(lambda tx: orders.resend_ticket(tx, dana, ticket=ticket.public_id))

    await again(tickets[0])
    with pytest.raises(DomainError, match="less than a minute ago"):
        await again(tickets[0])
    await again(tickets[1])
    if shop.store.sqlite:
        shop.clock.advance(timedelta(minutes=2))
        await again(tickets[0])
    mails = await _mails(shop, "ticket_link")
    sent = [mail.params["ticket"]["public_id"] for mail in mails]
    assert sent[:2] == [ticket.public_id for ticket in tickets]
    assert {mail.recipient for mail in mails} == {order.buyer_email}


async def test_a_ticket_lets_one_person_in_and_says_who_was_first(shop: Shop) -> None:
    order, (ticket, _) = await _sold(shop)
    dana, _ = await _member(shop, "Dana")
    noor, _ = await _member(shop, "Noor")

    async def enter(door: Actor) -> str:
        try:
            await shop.store.run(lambda tx: orders.check_in(tx, door, ticket=ticket.public_id))
        except DomainError as error:
            return error.message
        return "welcome"

    answers = await asyncio.gather(enter(dana), enter(noor))
    assert sorted(answers)[1] == "welcome"
    first = (dana, noor)[answers.index("welcome")]
    assert f"was checked in by {first.name} on " in sorted(answers)[0]
    (row,) = await shop.rows(Ticket, id=ticket.id)
    assert (row.status, row.checked_in_by) == (TicketStatus.CHECKED_IN, first.name)
    await shop.store.run(lambda tx: orders.undo_check_in(tx, noor, ticket=ticket.public_id))
    (row,) = await shop.rows(Ticket, id=ticket.id)
    assert (row.status, row.checked_in_at, row.checked_in_by) == (TicketStatus.VALID, None, "")
    with pytest.raises(DomainError, match="nothing to undo"):
        await shop.store.run(lambda tx: orders.undo_check_in(tx, noor, ticket=ticket.public_id))
    assert await _entries(shop, order, "ticket_checked_in") == [{"ticket": ticket.code}]
    assert await _entries(shop, order, "ticket_check_in_undone") == [{"ticket": ticket.code}]


@pytest.mark.parametrize(
    ("table", "change", "said"),
    [
        (Ticket, {"refund_in_progress": True}, "being refunded"),
        (Ticket, {"status": "void", "void_reason": "refunded"}, "is void: refunded"),
        (Order, {"status": "cancelled"}, "not completed"),
    ],
)
async def test_a_ticket_that_may_not_enter_says_why(
    shop: Shop, table: type[Any], change: dict[str, Any], said: str
) -> None:
    _, (ticket, _) = await _sold(shop)
    dana, _ = await _member(shop, "Dana")
    async with shop.store.transaction() as tx:
        await tx.session.execute(sa.update(table).values(**change))
    with pytest.raises(DomainError, match=said):
        await shop.store.run(lambda tx: orders.check_in(tx, dana, ticket=ticket.public_id))


@pytest.mark.parametrize("back", [True, False])
async def test_a_voided_ticket_gives_its_seat_back_or_not(shop: Shop, back: bool) -> None:
    order, (ticket, other) = await _sold(shop)
    dana, _ = await _member(shop, "Dana", Role.MANAGER)

    async def void() -> None:
        await shop.store.run(
            lambda tx: orders.void_ticket(
                tx, dana, ticket=ticket.public_id, reason="Sold on", put_back_on_sale=back
            )
        )

    await void()
    rows = {row.id: row for row in await shop.rows(Ticket)}
    assert (rows[ticket.id].status, rows[ticket.id].void_reason) == (TicketStatus.VOID, "Sold on")
    assert rows[other.id].status == TicketStatus.VALID
    seats = sorted(line.seat for line in await shop.rows(LineItem, order_id=order.id))
    assert seats == (["released", "sold"] if back else ["sold", "sold"])
    with pytest.raises(DomainError, match="void already"):
        await void()
    for wrong in (
        {"put_back_on_sale": "no"},
        {"put_back_on_sale": None},
        {"reason": " "},
        {"reason": "x" * 201},
    ):
        fields: dict[str, Any] = {"ticket": other.public_id, "reason": "x", "put_back_on_sale": back} | wrong
        with pytest.raises(BadInput):
            await shop.store.run(lambda tx, f=fields: orders.void_ticket(tx, dana, **f))
    await shop.check_books()


async def test_roles_and_other_organizers_reach_nothing(shop: Shop) -> None:
    order, (ticket, _) = await _sold(shop)
    viewer, _ = await _member(shop, "Vera", Role.VIEWER)
    support, _ = await _member(shop, "Sam")
    stranger = Actor(
        ActorKind.MEMBER, organizer_id=shop.organizer_id + 1, user_id=99, role=Role.OWNER, name="Eve"
    )
    acts: list[Any] = [
        lambda tx, who: orders.add_note(tx, who, order=order.public_id, text="x"),
        lambda tx, who: orders.correct_email(tx, who, order=order.public_id, email="x@y.example.org"),
        lambda tx, who: orders.resend_ticket(tx, who, ticket=ticket.public_id),
        lambda tx, who: orders.check_in(tx, who, ticket=ticket.public_id),
        lambda tx, who: orders.undo_check_in(tx, who, ticket=ticket.public_id),
        lambda tx, who: orders.void_ticket(
            tx, who, ticket=ticket.public_id, reason="x", put_back_on_sale=True
        ),
    ]
    for act in acts:
        with pytest.raises(Forbidden):
            await shop.store.run(lambda tx, act=act: act(tx, viewer))
        with pytest.raises(NotFound):
            await shop.store.run(lambda tx, act=act: act(tx, stranger))
    with pytest.raises(Forbidden):
        await shop.store.run(lambda tx: acts[-1](tx, support))
    with pytest.raises(Forbidden):
        await shop.store.run(lambda tx: acts[0](tx, SYSTEM))
    (row,) = await shop.rows(Ticket, id=ticket.id)
    assert row.status == TicketStatus.VALID
