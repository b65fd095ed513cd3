"""Reads what the webhooks' screen shows."""

from __future__ import annotations

from dataclasses import dataclass

from kagibag_app.features.accounts import queries as accounts
from kagibag_app.features.accounts.rules import Action, allowed
from kagibag_app.features.webhooks import queries
from kagibag_app.features.webhooks.rules import DeliveryStatus
from kagibag_app.features.webhooks.views import DeliveryDetail, DeliveryPage, EndpointView
from kagibag_app.kit.actor import Actor
from kagibag_app.web.admin.counts import NavCounts, nav_counts
from kagibag_app.web.admin.webhooks.display import SHOWN, Wanted
from kagibag_app.web.runtime import runtime


@dataclass(frozen=True, slots=True)
class Found:
    """Endpoints, the one that is open with its log, and the delivery that is open."""

    zone: str
    endpoints: tuple[EndpointView, ...]
    open: EndpointView | None
    statuses: dict[DeliveryStatus, int]
    log: DeliveryPage
    delivery: DeliveryDetail | None
    counts: NavCounts


async def found(actor: Actor, wanted: Wanted) -> Found:
    """Read the screen; without an endpoint in the address the first one is open."""
    organizer_id = actor.organizer_id or 0
    async with runtime().store.read() as session:
        organizer = await accounts.system_organizer(session, organizer_id)
        endpoints = await queries.endpoints(session, organizer_id, now=runtime().clock.now())
        chosen = next(
            (view for view in endpoints if view.public_id == wanted.endpoint), next(iter(endpoints), None)
        )
        endpoint_id = chosen.public_id if chosen else ""
        readable = allowed(actor.role, Action.VIEW_EMAILS)
        delivery = None
        if wanted.delivery:
            delivery = await queries.delivery(session, organizer_id, wanted.delivery, readable=readable)
        return Found(
            zone=organizer.zone if organizer else "UTC",
            endpoints=endpoints,
            open=chosen,
            statuses=await queries.status_counts(session, organizer_id, endpoint_id),
            log=await queries.deliveries(
                session,
                organizer_id,
                endpoint_id,
                statuses=SHOWN[wanted.show][1],
                search=wanted.search,
                after=wanted.after,
            ),
            delivery=delivery if delivery and delivery.endpoint_id == endpoint_id else None,
            counts=await nav_counts(session, organizer_id),
        )
