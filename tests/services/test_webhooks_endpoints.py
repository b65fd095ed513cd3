"""Endpoints: what members may do with them, and what is refused."""

from __future__ import annotations

from typing import Any

import pytest

from kagibag_app.features.timeline.rules import AuditKind
from kagibag_app.features.webhooks import queries
from kagibag_app.features.webhooks import service as webhooks
from kagibag_app.features.webhooks.rules import MAX_ENDPOINTS, DeliveryStatus, EndpointStatus
from kagibag_app.features.webhooks.tables import WebhookEndpoint
from kagibag_app.kit.errors import BadInput, DomainError, NotFound
from tests.outgoing import Office, add_organizer, desk, desk_url, member_of, office

__all__ = ["desk", "desk_url", "office"]


async def act(desk: Office, verb: Any, **arguments: Any) -> Any:
    """Let the member do something."""
    async with desk.store.transaction() as tx:
        return await verb(tx, desk.member, **arguments)


async def test_created_endpoint_is_shown_without_its_secret(desk: Office) -> None:
    endpoint_id, secret = await desk.endpoint(name="  CRM\r\nsync ", event_filter=["order.paid"])
    async with desk.store.read() as session:
        shown = await queries.endpoint(session, desk.organizer_id, endpoint_id, now=desk.runtime.clock.now())
    assert shown is not None
    assert (shown.name, shown.url) == ("CRM sync", "https://hooks.example.com/in")
    assert (shown.status, shown.event_filter) == (EndpointStatus.ENABLED, ("order.paid",))
    assert (shown.created_by, shown.rotating_until) == ("Dana Moreau", None)
    (row,) = await desk.rows(WebhookEndpoint)
    assert secret not in f"{shown} {row} {row.model_dump()}"
    assert desk.runtime.box.open(row.sealed_secret) == secret
    (entry,) = await desk.audit()
    assert (entry.kind, entry.subject) == (AuditKind.WEBHOOK_CREATED, endpoint_id)
    assert secret not in f"{entry.data}"
    assert f"org:{desk.organizer_id}:webhooks" in desk.topics


@pytest.mark.parametrize(
    ("field", "changes"),
    [
        ("name", {"name": "  "}),
        ("name", {"name": "x" * 81}),
        ("name", {"name": None}),
        ("url", {"url": "http://127.0.0.1:80/"}),
        ("url", {"url": "ftp://example.com/"}),
        ("url", {"url": "https://example.com/" + "x" * 500}),
        ("event_filter", {"event_filter": ["order.unknown"]}),
        ("event_filter", {"event_filter": "order.paid"}),
        ("event_filter", {"event_filter": [["order.paid"]]}),
    ],
)
async def test_endpoint_is_refused_when_a_field_makes_no_sense(
    office: Office, field: str, changes: dict[str, Any]
) -> None:
    values: dict[str, Any] = {"check_url": office.runtime.webhook_sender.check_url} | changes
    with pytest.raises(BadInput) as refused:
        await office.endpoint(**values)
    assert refused.value.field == field
    assert await office.rows(WebhookEndpoint) == []


async def test_endpoint_is_refused_when_there_are_too_many(office: Office) -> None:
    for n in range(MAX_ENDPOINTS):
        await office.endpoint(name=f"number {n}")
    with pytest.raises(DomainError) as refused:
        await office.endpoint()
    assert refused.value.code == "too_many_endpoints"


async def test_other_organizers_endpoint_is_not_found(desk: Office) -> None:
    endpoint_id, _ = await desk.endpoint()
    await desk.emit()
    delivery_id = (await desk.delivery()).public_id
    stranger = member_of(await add_organizer(desk.store, "somebody-else"))
    attempts: list[tuple[Any, dict[str, Any]]] = [
        (webhooks.rename_endpoint, {"endpoint_id": endpoint_id, "name": "mine"}),
        (webhooks.pause_endpoint, {"endpoint_id": endpoint_id}),
        (webhooks.resume_endpoint, {"endpoint_id": endpoint_id}),
        (webhooks.delete_endpoint, {"endpoint_id": endpoint_id}),
        (webhooks.rotate_secret, {"endpoint_id": endpoint_id, "sealed_secret": "k1:x"}),
        (webhooks.replay_delivery, {"delivery_id": delivery_id}),
    ]
    for verb, arguments in attempts:
        with pytest.raises(NotFound):
            async with desk.store.transaction() as tx:
                await verb(tx, stranger, **arguments)
    async with desk.store.read() as session:
        assert stranger.organizer_id is not None
        now = desk.runtime.clock.now()
        assert await queries.endpoints(session, stranger.organizer_id, now=now) == ()
        assert await queries.delivery(session, stranger.organizer_id, delivery_id) is None
        page = await queries.deliveries(session, stranger.organizer_id, endpoint_id)
        assert page.rows == ()
        assert await queries.status_counts(session, stranger.organizer_id, endpoint_id) == {}


async def test_pausing_holds_what_waits_and_resuming_queues_it_under_a_new_job(desk: Office) -> None:
    endpoint_id, _ = await desk.endpoint()
    await desk.emit("one")
    await act(desk, webhooks.pause_endpoint, endpoint_id=endpoint_id)
    await act(desk, webhooks.pause_endpoint, endpoint_id=endpoint_id)
    await desk.emit("two")
    assert [(d.status, d.next_try_at) for d in await desk.deliveries()] == [(DeliveryStatus.HELD, None)] * 2
    assert await act(desk, webhooks.resume_endpoint, endpoint_id=endpoint_id) == 2
    assert await act(desk, webhooks.resume_endpoint, endpoint_id=endpoint_id) == 0
    assert [(d.status, d.job_number) for d in await desk.deliveries()] == [(DeliveryStatus.QUEUED, 2)] * 2
    assert len({job.dedupe_key for job in await desk.jobs()}) == 3
    assert [entry.data["change"] for entry in (await desk.audit())[1:]] == ["paused", "resumed"]


async def test_held_deliveries_stay_held_when_the_member_says_so(desk: Office) -> None:
    endpoint_id, _ = await desk.endpoint()
    await act(desk, webhooks.pause_endpoint, endpoint_id=endpoint_id)
    await desk.emit()
    assert await act(desk, webhooks.resume_endpoint, endpoint_id=endpoint_id, send_held=False) == 0
    delivery = await desk.delivery()
    assert delivery.status == DeliveryStatus.HELD
    await act(desk, webhooks.replay_delivery, delivery_id=delivery.public_id)
    assert (await desk.delivery()).status == DeliveryStatus.QUEUED


async def test_deleted_endpoint_gets_nothing_and_is_shown_nowhere(desk: Office) -> None:
    endpoint_id, _ = await desk.endpoint()
    await desk.emit("one")
    await act(desk, webhooks.delete_endpoint, endpoint_id=endpoint_id)
    await desk.emit("two")
    delivery = await desk.delivery()
    assert delivery.status == DeliveryStatus.CANCELED
    (row,) = await desk.rows(WebhookEndpoint)
    assert (row.sealed_secret, row.sealed_previous_secret) == ("", "")
    async with desk.store.read() as session:
        assert await queries.endpoints(session, desk.organizer_id, now=desk.runtime.clock.now()) == ()
    with pytest.raises(NotFound):
        await act(desk, webhooks.resume_endpoint, endpoint_id=endpoint_id)
    with pytest.raises(NotFound):
        await act(desk, webhooks.replay_delivery, delivery_id=delivery.public_id)


async def test_rename_and_rotation_are_audited_without_the_secret(desk: Office) -> None:
    endpoint_id, _ = await desk.endpoint()
    await act(desk, webhooks.rename_endpoint, endpoint_id=endpoint_id, name="Mailing list")
    await act(desk, webhooks.rotate_secret, endpoint_id=endpoint_id, sealed_secret="k1:sealed")
    async with desk.store.read() as session:
        now = desk.runtime.clock.now()
        (shown,) = await queries.endpoints(session, desk.organizer_id, now=now)
    assert shown.name == "Mailing list"
    assert shown.rotating_until is not None
    changes = [entry.data for entry in (await desk.audit())[1:]]
    assert changes == [
        {"change": "renamed", "from": "CRM sync", "to": "Mailing list"}, {"change": "secret_rotated"},
    ]  # fmt: skip
