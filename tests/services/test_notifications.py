"""Who decides about money is told."""

from __future__ import annotations

from kagibag_app.features.accounts.rules import MemberStatus, Role
from kagibag_app.features.messages.rules import Template
from kagibag_app.features.messages.tables import EmailMessage
from kagibag_app.features.notifications import service as notifications
from tests.outgoing import CARD, ORDER, Office, desk, desk_url

__all__ = ["desk", "desk_url"]


async def test_active_owners_and_managers_are_told_and_nobody_else(desk: Office) -> None:
    await desk.join("olive@example.com", Role.OWNER)
    await desk.join("max@example.com", Role.MANAGER)
    await desk.join("sue@example.com", Role.SUPPORT)
    await desk.join("vic@example.com", Role.VIEWER)
    await desk.join("left@example.com", Role.OWNER, status=MemberStatus.DISABLED)
    await desk.join("gone@example.com", Role.OWNER, user_status=MemberStatus.DISABLED)
    async with desk.store.transaction() as tx:
        await notifications.tell_organizer(
            tx,
            organizer_id=desk.organizer_id,
            order_id=ORDER,
            template=Template.REFUND_FAILED,
            params={
                "order": CARD,
                "amount_minor": 4200,
                "reason": "The card is closed.",
                "request_public_id": "",
            },
        )
        await notifications.tell_organizer(
            tx, organizer_id=desk.organizer_id + 1, order_id=None, template=Template.REFUND_FAILED, params={}
        )
    told: list[EmailMessage] = await desk.rows(EmailMessage)
    assert [(m.recipient, m.params["member"]) for m in told] == [
        ("max@example.com", "Max"), ("olive@example.com", "Olive"),
    ]  # fmt: skip
    assert len(await desk.jobs()) == 2
