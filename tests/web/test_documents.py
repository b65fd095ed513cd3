"""Documents over HTTP: who gets them, under which name, and what is said instead of a file."""

from __future__ import annotations

from collections.abc import AsyncIterator
from dataclasses import dataclass
from datetime import timedelta
from io import BytesIO
from pathlib import Path

import httpx
import pytest
import sqlalchemy as sa
from pypdf import PdfReader
from sqlmodel import col
from starlette.applications import Starlette

from kagibag_app.features.accounts.rules import IDLE_AFTER, Role
from kagibag_app.features.accounts.tables import LoginSession
from kagibag_app.features.checkout.views import PlacedOrder
from kagibag_app.features.events.tables import Event
from kagibag_app.features.orders.tables import Order, Ticket
from kagibag_app.features.refunds.rules import RefundSource, RefundStatus
from kagibag_app.features.refunds.tables import Refund
from kagibag_app.settings import Settings
from kagibag_app.storage.secrets import LinkPurpose
from kagibag_app.web.admin.order.state import OrderDetailState
from kagibag_app.web.api import documents
from kagibag_app.web.attendee.order.state import OrderState
from kagibag_app.web.attendee.ticket.state import TicketState
from kagibag_app.web.security import Security
from kagibag_app.web.session import is_member
from tests.web.attendee_desk import Desk, open_desk
from tests.web.harness import Person, member, organizer

ORDER_FILES = ("receipt.pdf", "tickets.pdf", "event.ics")


@dataclass
class Counter:
    """A desk, and a client that asks it for files through everything that surrounds the routes."""

    desk: Desk
    client: httpx.AsyncClient

    async def order_file(self, placed: PlacedOrder, name: str, **link: int) -> httpx.Response:
        return await self.client.get(f"/api/order/{self.desk.link(placed, **link)}/{name}")

    async def ticket_token(self, placed: PlacedOrder, place: int = 0) -> str:
        order = await self.desk.shop.order(placed)
        ticket = (await self.desk.shop.rows(Ticket, order_id=order.id))[place]
        return self.desk.runtime.links.token(LinkPurpose.TICKET, ticket.public_id, order.link_version)

    async def members_file(self, person: Person | None, number: str, name: str) -> httpx.Response:
        headers = {"cookie": person.header} if person else {}
        return await self.client.get(f"/api/admin/orders/{number}/{name}", headers=headers)

    async def change(self, statement: sa.Update) -> None:
        async with self.desk.runtime.store.transaction() as tx:
            await tx.session.execute(statement)


@pytest.fixture
async def counter(tmp_path: Path) -> AsyncIterator[Counter]:
    async with open_desk(tmp_path) as desk:
        app = Security(
            Starlette(routes=documents.ROUTES),
            settings=Settings(),
            policy="default-src 'self'",
            is_member=is_member,
        )
        transport = httpx.ASGITransport(app, client=("203.0.113.5", 1234))
        async with httpx.AsyncClient(transport=transport, base_url="http://localhost:8000") as client:
            yield Counter(desk, client)


def text(answer: httpx.Response) -> str:
    """What a PDF says."""
    pages = PdfReader(BytesIO(answer.content)).pages
    return " ".join(" ".join(page.extract_text() for page in pages).split())


async def test_a_buyer_downloads_receipt_tickets_and_calendar_file(counter: Counter) -> None:
    placed = await counter.desk.paid(floor=2, balcony=1)
    receipt, tickets, entry = [await counter.order_file(placed, name) for name in ORDER_FILES]

    assert "Total paid $142.00" in text(receipt)
    assert "Visa •••• 4242" in text(receipt)
    assert "maren.okafor@example.com" in text(receipt)
    assert len(PdfReader(BytesIO(tickets.content)).pages) == 3
    for ticket in await counter.desk.shop.rows(Ticket):
        assert ticket.code in text(tickets)
    assert entry.content.startswith(b"BEGIN:VCALENDAR\r\n")
    assert b"URL:http://localhost:8000/e/harbour" in entry.content
    assert b"/order/" not in entry.content


async def test_attack_11_files_have_a_name_of_ours_and_are_kept_by_nobody(counter: Counter) -> None:
    placed = await counter.desk.paid(floor=1)
    await counter.change(sa.update(Event).values(title='../../x"; filename=evil.exe', slug="harbour"))
    ticket = await counter.ticket_token(placed)
    number = placed.number
    for path, name, kind in (
        (f"order/{counter.desk.link(placed)}/receipt.pdf", f"receipt-{number}.pdf", "application/pdf"),
        (f"order/{counter.desk.link(placed)}/tickets.pdf", f"tickets-{number}.pdf", "application/pdf"),
        (f"order/{counter.desk.link(placed)}/event.ics", f"{number}.ics", "text/calendar; charset=utf-8"),
        (f"ticket/{ticket}/ticket.pdf", f"ticket-{number}-1.pdf", "application/pdf"),
        (f"ticket/{ticket}/event.ics", f"{number}.ics", "text/calendar; charset=utf-8"),
    ):
        headers = (await counter.client.get(f"/api/{path}")).headers
        assert headers["content-disposition"] == f'attachment; filename="{name}"'
        assert headers["content-type"] == kind
        assert headers["cache-control"] == "no-store"
        assert headers["referrer-policy"] == "no-referrer"
        assert headers["x-content-type-options"] == "nosniff"
        assert headers["content-security-policy"].startswith("default-src 'none'")


@pytest.mark.parametrize("name", ORDER_FILES)
async def test_an_old_link_gives_no_file_when_the_email_was_corrected(counter: Counter, name: str) -> None:
    placed = await counter.desk.paid(floor=1)
    await counter.change(sa.update(Order).values(link_version=2))
    old = await counter.order_file(placed, name, version=1)
    new = await counter.order_file(placed, name, version=2)

    assert (old.status_code, new.status_code) == (404, 200)
    assert "This link doesn&#x27;t open anything" in old.text
    assert placed.number not in old.text


@pytest.mark.parametrize("token", ["x", "ord_x.generated.x", "a%00b.c.d", "%E2%80%AE", "a" * 500])
async def test_a_link_that_is_none_gets_the_same_page(counter: Counter, token: str) -> None:
    for path in (f"order/{token}/receipt.pdf", f"ticket/{token}/ticket.pdf"):
        answer = await counter.client.get(f"/api/{path}")
        assert answer.status_code == 404
        assert "doesn&#x27;t open anything" in answer.text
        assert answer.headers["content-security-policy"] == "default-src 'self'"


async def test_a_tickets_link_opens_its_ticket_alone(counter: Counter) -> None:
    placed = await counter.desk.paid(floor=2)
    first, second = await counter.desk.shop.rows(Ticket)
    token = await counter.ticket_token(placed)
    shown = text(await counter.client.get(f"/api/ticket/{token}/ticket.pdf"))

    assert first.code in shown
    assert second.code not in shown
    assert (await counter.client.get(f"/api/order/{token}/tickets.pdf")).status_code == 404
    assert (
        await counter.client.get(f"/api/ticket/{counter.desk.link(placed)}/ticket.pdf")
    ).status_code == 404


async def test_an_unpaid_order_says_why_there_is_no_file(counter: Counter) -> None:
    placed = await counter.desk.placed(floor=1)
    for name, reason in zip(
        ORDER_FILES,
        ("there is no receipt", "has no tickets yet", "nothing to put into a calendar"),
        strict=True,
    ):
        answer = await counter.order_file(placed, name)
        assert answer.status_code == 409
        assert reason in answer.text
        assert f'href="/order/{counter.desk.link(placed)}"' in answer.text


async def test_refunded_tickets_are_not_printed_and_leave_the_calendar(counter: Counter) -> None:
    placed = await counter.desk.paid(floor=2)
    first, second = await counter.desk.shop.rows(Ticket)
    await counter.change(sa.update(Ticket).where(col(Ticket.id) == first.id).values(status="void"))
    shown = text(await counter.order_file(placed, "tickets.pdf"))
    assert first.code not in shown
    assert second.code in shown

    await counter.change(sa.update(Ticket).values(status="void"))
    answer = await counter.order_file(placed, "tickets.pdf")
    assert (answer.status_code, "no longer let anybody in" in answer.text) == (409, True)
    token = await counter.ticket_token(placed)
    assert (await counter.client.get(f"/api/ticket/{token}/ticket.pdf")).status_code == 409
    for path in (f"ticket/{token}", f"order/{counter.desk.link(placed)}"):
        assert b"STATUS:CANCELLED" in (await counter.client.get(f"/api/{path}/event.ics")).content


async def test_a_receipt_lists_what_went_back_and_leaves_out_a_late_payment(counter: Counter) -> None:
    placed = await counter.desk.paid(floor=2)
    payment = await counter.desk.payment(placed)
    order = await counter.desk.shop.order(placed)
    async with counter.desk.runtime.store.transaction() as tx:
        for place, (amount, status, source) in enumerate(
            (
                (1000, RefundStatus.SUCCEEDED, RefundSource.REQUEST),
                (2000, RefundStatus.PENDING, RefundSource.ADMIN),
                (3000, RefundStatus.FAILED, RefundSource.ADMIN),
                (4000, RefundStatus.SUCCEEDED, RefundSource.LATE_PAYMENT),
            )
        ):
            tx.session.add(
                Refund(
                    public_id=f"rf_{place}", organizer_id=order.organizer_id, order_id=order.id, payment_id=payment.id,
                    account=payment.account, amount_minor=amount, currency="USD", source=source, status=status,
                    idempotency_key=f"key_{place}", created_at=tx.now, accepted_at=tx.now,
                    settled_at=tx.now if status == RefundStatus.SUCCEEDED else None,
                )
            )  # fmt: skip
        await tx.session.execute(sa.update(Order).values(refunded_minor=1000, refund_state="partial"))
    shown = text(await counter.order_file(placed, "receipt.pdf"))

    assert "−$10.00" in shown
    assert "Refund on its way" in shown
    assert "−$20.00" in shown
    assert "Paid after refunds $74.00" in shown
    assert "$30.00" not in shown
    assert "$40.00" not in shown


async def test_a_member_gets_the_files_of_an_order(counter: Counter) -> None:
    placed = await counter.desk.paid(floor=1)
    person = await member(counter.desk.runtime, counter.desk.shop.organizer_id, Role.SUPPORT)
    receipt = await counter.members_file(person, placed.number.lower(), "receipt.pdf")
    tickets = await counter.members_file(person, placed.number, "tickets.pdf")

    assert "maren.okafor@example.com" in text(receipt)
    assert receipt.headers["content-disposition"] == f'attachment; filename="receipt-{placed.number}.pdf"'
    assert receipt.headers["cache-control"] == "no-store"
    assert "1 of 1" in text(tickets)


async def test_a_viewer_gets_a_masked_address(counter: Counter) -> None:
    placed = await counter.desk.paid(floor=1)
    viewer = await member(counter.desk.runtime, counter.desk.shop.organizer_id, Role.VIEWER)
    shown = text(await counter.members_file(viewer, placed.number, "receipt.pdf"))
    assert "m•••@example.com" in shown
    assert "maren.okafor" not in shown


@pytest.mark.parametrize("name", ["receipt.pdf", "tickets.pdf"])
async def test_attack_5_another_organizers_order_is_not_found(counter: Counter, name: str) -> None:
    placed = await counter.desk.paid(floor=1)
    other = await member(counter.desk.runtime, await organizer(counter.desk.runtime, "other"))
    for number in (placed.number, placed.id, "KB-0000-0000", "a%00b", "%2e%2e"):
        answer = await counter.members_file(other, number, name)
        assert answer.status_code == 404
        assert "Maren" not in answer.text


@pytest.mark.parametrize("name", ["receipt.pdf", "tickets.pdf"])
async def test_without_a_living_session_there_is_no_file(counter: Counter, name: str) -> None:
    placed = await counter.desk.paid(floor=1)
    page = f"/admin/orders/{placed.number}"
    person = await member(counter.desk.runtime, counter.desk.shop.organizer_id)
    now = counter.desk.runtime.clock.now()

    stranger = await counter.members_file(None, placed.number, name)
    assert stranger.status_code == 303
    assert stranger.headers["location"].startswith("/admin/login?next=%2Fadmin%2Forders%2FKB-")

    await counter.change(sa.update(LoginSession).values(last_active_at=now - IDLE_AFTER))
    idle = await counter.members_file(person, placed.number, name)
    assert (idle.status_code, idle.headers["location"]) == (303, page)

    await counter.change(sa.update(LoginSession).values(last_active_at=now, expires_at=now))
    over = await counter.members_file(person, placed.number, name)
    assert over.headers["location"].startswith("/admin/login?")


async def test_a_download_counts_as_something_that_a_person_did(counter: Counter) -> None:
    placed = await counter.desk.paid(floor=1)
    person = await member(counter.desk.runtime, counter.desk.shop.organizer_id)
    before = counter.desk.runtime.clock.now() - timedelta(minutes=20)
    await counter.change(sa.update(LoginSession).values(last_active_at=before))
    await counter.members_file(person, placed.number, "receipt.pdf")
    [session] = await counter.desk.shop.rows(LoginSession, user_id=person.user_id)
    assert session.last_active_at > before


async def test_one_order_is_drawn_only_so_often(counter: Counter) -> None:
    placed = await counter.desk.paid(floor=1)
    answers = [(await counter.order_file(placed, "tickets.pdf")).status_code for _ in range(13)]
    assert answers == [200] * 12 + [429]
    refused = await counter.order_file(placed, "receipt.pdf")
    assert (refused.status_code, refused.headers["retry-after"]) == (429, "60")
    assert "Please wait a minute" in refused.text


async def test_attack_6_links_are_guessed_only_so_often(counter: Counter) -> None:
    answers = [(await counter.client.get("/api/order/x/event.ics")).status_code for _ in range(61)]
    assert answers == [404] * 60 + [429]


async def test_the_pages_link_to_the_files_that_there_are(counter: Counter) -> None:
    desk = counter.desk
    placed, unpaid = await desk.paid(floor=1), await desk.placed(floor=1)
    tab, waiting = desk.tab("/order/", desk.link(placed)), desk.tab("/order/", desk.link(unpaid))
    token = await counter.ticket_token(placed)
    alone = desk.tab("/ticket/", token)
    await tab.call(OrderState.load)
    await waiting.call(OrderState.load)
    await alone.call(TicketState.load)

    files = tab.vars["files"]
    for path in (files.receipt, files.tickets, files.calendar):
        assert (await counter.client.get(path)).status_code == 200
    shown = alone.vars["files"]
    for path in (shown.tickets, shown.calendar):
        assert (await counter.client.get(path)).status_code == 200
    assert waiting.shown(OrderState)["files"].receipt == ""
    assert waiting.shown(OrderState)["files"].tickets == ""


async def test_a_members_page_links_to_the_files_that_there_are(counter: Counter) -> None:
    desk = counter.desk
    person = await member(desk.runtime, desk.shop.organizer_id, Role.VIEWER)
    shown = {}
    for name, placed in (("paid", await desk.paid(floor=1)), ("unpaid", await desk.placed(floor=1))):
        path = f"/admin/orders/{placed.number}"
        tab = desk.browser.tab(path, person=person, query={"number": placed.number})
        await tab.call(OrderDetailState.load)
        shown[name] = tab.shown(OrderDetailState)["files"]
    for path in (shown["paid"].receipt, shown["paid"].tickets):
        answer = await counter.client.get(path, headers={"cookie": person.header})
        assert answer.headers["content-type"] == "application/pdf"
    assert (shown["unpaid"].receipt, shown["unpaid"].tickets) == ("", "")
