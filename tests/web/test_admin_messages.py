"""The log of mails: who may read them, live links, and the frame they are shown in."""

from __future__ import annotations

from collections.abc import AsyncIterator
from pathlib import Path
from types import SimpleNamespace
from typing import Any, cast

import pytest
import sqlalchemy as sa

from kagibag_app.features.accounts.rules import Role
from kagibag_app.features.messages import service as messages
from kagibag_app.features.messages.rules import MessageStatus, Template
from kagibag_app.features.messages.tables import EmailMessage
from kagibag_app.live import topics
from kagibag_app.web import live
from kagibag_app.web.admin.messages import display
from kagibag_app.web.admin.messages.page import SANDBOX
from kagibag_app.web.admin.messages.state import MessagesState
from kagibag_app.web.session.guards import NOT_ALLOWED, NOT_UNDERSTOOD
from tests.web.attendee_desk import Desk, open_desk
from tests.web.harness import Person, Tab, member, organizer

ADDRESS = "maren.okafor@example.com"


@pytest.fixture
async def desk(tmp_path: Path) -> AsyncIterator[Desk]:
    """An event on sale, and no mail server."""
    async with open_desk(tmp_path) as opened:
        opened.runtime.mailer = cast(Any, SimpleNamespace(delivers=False))
        yield opened


async def people(desk: Desk, role: Role = Role.SUPPORT) -> Person:
    """A member of the desk's organizer."""
    return await member(desk.runtime, desk.shop.organizer_id, role)


async def opened(desk: Desk, person: Person | None = None, **query: str) -> Tab:
    """A tab that shows the log."""
    tab = desk.browser.tab("/admin/messages", person=person or await people(desk), query=query)
    await tab.call(MessagesState.load)
    return tab


async def shown(tab: Tab) -> Any:
    """What the tab's screen holds."""
    return await tab.state(MessagesState)


async def written(desk: Desk) -> EmailMessage:
    """Sell an order, and return its confirmation."""
    await desk.placed(guest=1)
    return (await desk.shop.rows(EmailMessage))[-1]


async def test_log_says_what_was_written_to_whom(desk: Desk) -> None:
    mail = await written(desk)
    state = await shown(await opened(desk))
    (item,) = state.mails
    assert (item.recipient, item.status, item.current) == (ADDRESS, "queued", False)
    assert item.subject.startswith("Your tickets for Night Harbour Sessions, KB-")
    assert item.href == f"/admin/messages?message={mail.public_id}"
    assert (state.keeps, state.mail.id) == (True, "")


async def test_open_mail_is_written_with_links_that_work(desk: Desk) -> None:
    mail = await written(desk)
    state = await shown(await opened(desk, message=mail.public_id))
    (order,) = await desk.orders()
    link = f"http://localhost:8000/order/{desk.link(cast(Any, SimpleNamespace(id=order.public_id, link_version=1)))}"
    assert link in state.mail.html
    assert link in state.mail.text
    assert '<base target="_blank">' in state.mail.html
    assert (state.mail.template, state.mail.order) == ("Confirmation", order.number)
    assert state.mail.order_href == f"/admin/orders/{order.number}"
    (row,) = await desk.shop.rows(EmailMessage)
    assert "/order/" not in str(row.params)


async def test_viewer_reads_no_bodies_and_masked_addresses(desk: Desk) -> None:
    mail = await written(desk)
    tab = await opened(desk, await people(desk, Role.VIEWER), message=mail.public_id, q="okafor")
    state = await shown(tab)
    assert ([item.recipient for item in state.mails], state.mail.recipient) == (
        ["m•••@example.com"],
        "m•••@example.com",
    )
    assert (state.readable, state.mail.html, state.mail.text) == (False, "", "")
    assert "okafor@" not in str(tab.vars)
    await tab.call(MessagesState.find, "okafor")
    assert tab.toasts == [NOT_ALLOWED]


async def test_filters_search_and_body_are_in_the_address(desk: Desk) -> None:
    await written(desk)
    await written(desk)
    first, _ = await desk.shop.rows(EmailMessage)
    async with desk.runtime.store.transaction() as tx:
        await messages.mark_failed(
            tx, message_id=first.public_id, to=first.recipient, error="Mailbox is full.", final=True
        )
    state = await shown(await opened(desk, show="failed", message=first.public_id, body="text"))
    assert [item.id for item in state.mails] == [first.public_id]
    assert [choice.label for choice in state.choices if choice.current] == ["Failed"]
    assert (state.mail.error, state.as_text) == ("Mailbox is full.", True)
    assert state.html_href == f"/admin/messages?show=failed&message={first.public_id}"
    tab = await opened(desk, show="queued")
    await tab.call(MessagesState.find, " theo ")
    assert tab.redirects == ["/admin/messages?show=queued&q=theo"]
    assert (await shown(await opened(desk, q="theo"))).mails == []


@pytest.mark.parametrize(
    ("query", "named"),
    [
        ({"show": "lost"}, "show"),
        ({"body": "pdf"}, "body"),
        ({"message": "msg_nobodys"}, "message"),
        ({"message": "x" * 99}, "message"),
        ({"after": "x" * 99}, "after"),
        ({"q": "x" * 300}, "q"),
    ],
)
async def test_bad_address_is_left_out_with_a_notice(desk: Desk, query: dict[str, str], named: str) -> None:
    await written(desk)
    state = await shown(await opened(desk, None, **query))
    assert len(state.mails) == 1
    assert state.notice == f"Part of the address could not be read and was left out: {named}."


async def test_pages_lead_to_older_mails_and_back(desk: Desk) -> None:
    mail = await written(desk)
    async with desk.runtime.store.transaction() as tx:
        for _ in range(50):
            await messages.queue(
                tx,
                organizer_id=desk.shop.organizer_id,
                order_id=None,
                to=ADDRESS,
                template=Template.CONFIRMATION,
                params=dict(mail.params),
            )
    state = await shown(await opened(desk))
    assert (len(state.mails), state.newest) == (50, "")
    state = await shown(await opened(desk, after=state.older.partition("after=")[2]))
    assert ([item.id for item in state.mails], state.older, state.newest) == (
        [mail.public_id],
        "",
        "/admin/messages",
    )


async def test_other_organizers_mails_are_never_shown(desk: Desk) -> None:
    mail = await written(desk)
    stranger = await member(desk.runtime, await organizer(desk.runtime, "other"), Role.OWNER)
    tab = await opened(desk, stranger, message=mail.public_id, after=mail.public_id)
    state = await shown(tab)
    assert (state.mails, state.mail.id) == ([], "")
    assert ADDRESS not in str(tab.vars)


async def test_nobody_reads_mails_without_a_login(desk: Desk) -> None:
    await written(desk)
    for handler in (MessagesState.load, MessagesState.refresh):
        tab = desk.browser.tab("/admin/messages")
        await tab.call(handler)
        assert tab.redirects == ["/admin/login?next=%2Fadmin%2Fmessages"]
        assert (await shown(tab)).mails == []


async def test_log_follows_its_topic(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    followed: list[Any] = []
    monkeypatch.setattr(live, "watch", lambda state, names, refresh: followed.extend(names))
    tab = await opened(desk)
    assert topics.messages(desk.shop.organizer_id) in followed
    await written(desk)
    async with desk.runtime.store.transaction() as tx:
        await tx.session.execute(sa.update(EmailMessage).values(status=MessageStatus.KEPT))
    await tab.push(MessagesState.refresh)
    assert [item.status for item in (await shown(tab)).mails] == ["kept"]


async def test_arguments_of_another_kind_are_refused(desk: Desk) -> None:
    tab = await opened(desk)
    await tab.call(MessagesState.find, ["okafor"])
    assert tab.toasts == [NOT_UNDERSTOOD]


def test_frame_gives_a_mail_no_scripts_and_a_base_for_its_links() -> None:
    assert "allow-scripts" not in SANDBOX
    assert "allow-same-origin" not in SANDBOX
    assert display.framed("<html><head><title>x</title>").startswith(
        '<html><head><base target="_blank"><title>'
    )
    assert display.framed("plain") == '<base target="_blank">plain'
