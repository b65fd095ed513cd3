"""An owner, and one published event with ticket types and a code."""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import datetime, time, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from kagibag_app.features.accounts import queries as accounts_queries
from kagibag_app.features.accounts import service as accounts
from kagibag_app.features.accounts.rules import Role
from kagibag_app.features.events import queries as events_queries
from kagibag_app.features.events import service as events
from kagibag_app.features.promotions import queries as promotions_queries
from kagibag_app.features.promotions import service as promotions
from kagibag_app.features.promotions.rules import PromotionKind
from kagibag_app.features.refunds.rules.policy import RefundPolicy, Tier
from kagibag_app.kit import money
from kagibag_app.kit.actor import SYSTEM
from kagibag_app.kit.errors import BadInput, NotFound
from kagibag_app.kit.text import fold
from kagibag_app.storage.transaction import Store, Transaction

SLUG = "night-harbour-sessions"
CODE = "HARBOUR15"
DAYS_AHEAD = 53


@dataclass(frozen=True, slots=True)
class Login:
    """A way into the admin screens of a demo."""

    email: str
    password: str
    role: str


@dataclass(frozen=True, slots=True)
class TypeSpec:
    """A ticket type to make; price in minor units of the event's currency."""

    name: str
    description: str
    price_minor: int
    capacity: int
    per_order_limit: int = 10


@dataclass(frozen=True, slots=True)
class EventSpec:
    """An event to make and publish.

    Attributes:
        days_ahead: Days from the moment it is made to its start.
        starts, ends, doors: Local times in ``zone``.
    """

    slug: str
    title: str
    summary: str
    venue: str
    address: str
    currency: str
    days_ahead: int
    starts: time
    ends: time
    doors: time
    types: tuple[TypeSpec, ...]
    policy: RefundPolicy
    zone: str = ""


NIGHT_HARBOUR = EventSpec(
    slug=SLUG,
    title="Night Harbour Sessions",
    summary="Five bands, one room, no seats on the floor.",
    venue="The Foundry Hall",
    address="88 Valley St, Providence, RI",
    currency="USD",
    days_ahead=DAYS_AHEAD,
    starts=time(19, 30),
    ends=time(23, 0),
    doors=time(18, 30),
    types=(
        TypeSpec("General admission", "Standing, all of the floor", 4200, 240),
        TypeSpec("Balcony seat", "Seated, row and seat at the door", 5800, 24, 6),
        TypeSpec("Student", "Bring a student card", 2800, 60, 2),
        TypeSpec("Late supper", "After the last set, at the long table", 2400, 4, 4),
        TypeSpec("Companion", "Free, for the companion of a wheelchair user", 0, 20, 1),
    ),
    policy=RefundPolicy(tiers=(Tier(14, 100), Tier(7, 50)), fee_minor=200),
)


async def create_owner(
    tx: Transaction, *, email: str, name: str, password_hash: str, organization: str, currency: str, zone: str
) -> str:
    """Make an organization and its owner; a user with this address becomes owner of it too.

    Returns:
        The organization's slug.

    Raises:
        BadInput: A name, address, currency or zone can't be used.
    """
    slug = slug_of(organization)
    money.currency(currency)
    organizer_id = await accounts.create_organizer(
        tx, SYSTEM, name=organization, slug=slug, currency=currency, zone=zone
    )
    user = await accounts_queries.system_user_by_email(tx.session, email)
    user_id = user.id if user and user.id else None
    if user_id is None:
        shown = name or email.partition("@")[0]
        user_id = await accounts.create_user(tx, SYSTEM, email=email, name=shown, password_hash=password_hash)
    await accounts.add_member(tx, SYSTEM, organizer_id=organizer_id, user_id=user_id, role=Role.OWNER)
    return slug


async def create_event(store: Store, *, organization: str = "", platform_charges: bool = True) -> str:
    """Make the example event and its code for an organization and return the event's slug.

    Made before, it is left as it is.

    Args:
        organization: Its slug; the first one when empty.
        platform_charges: Whether an organizer without a Stripe account sells through the platform's.

    Raises:
        NotFound: There is no such organization.
        DomainError: Its Stripe account can't take charges.
    """
    return await store.run(lambda tx: _create_event(tx, organization, platform_charges))


async def _create_event(tx: Transaction, organization: str, platform_charges: bool) -> str:
    organizer = await accounts_queries.system_organizer_or_first(tx.session, organization)
    if organizer is None or organizer.id is None:
        raise NotFound("organization")
    slug = NIGHT_HARBOUR.slug
    taken = await events_queries.event_row_by_slug(tx.session, slug)
    if taken is not None and taken.organizer_id != organizer.id:
        slug = f"{slug}-{organizer.slug}"
        taken = await events_queries.event_row_by_slug(tx.session, slug)
    if taken is not None:
        return slug
    charges = bool(organizer.stripe_account) or platform_charges
    await make_event(tx, organizer.id, organizer.zone, NIGHT_HARBOUR, slug=slug, charges_enabled=charges)
    if await promotions_queries.promotion_by_code(tx.session, organizer.id, CODE) is None:
        await make_code(tx, organizer.id)
    return slug


async def make_event(
    tx: Transaction,
    organizer_id: int,
    zone: str,
    spec: EventSpec,
    *,
    slug: str = "",
    charges_enabled: bool = True,
) -> int:
    """Make and publish an event and return its id.

    Args:
        zone: Used when the spec names none.
    """
    zone = spec.zone or zone
    day = (tx.now + timedelta(days=spec.days_ahead)).astimezone(ZoneInfo(zone)).date()

    def at(clock: time) -> datetime:
        return datetime.combine(day, clock, ZoneInfo(zone))

    ends_at = at(spec.ends) if spec.ends > spec.starts else at(spec.ends) + timedelta(days=1)
    event = await events.create_event(
        tx, SYSTEM, organizer_id=organizer_id, title=spec.title, slug=slug or spec.slug, venue=spec.venue, zone=zone,
        currency=spec.currency, starts_at=at(spec.starts), ends_at=ends_at, doors_at=at(spec.doors),
        address=spec.address, summary=spec.summary, refund_policy=spec.policy.to_document(),
    )  # fmt: skip
    event_id = event.id or 0
    for kind in spec.types:
        await events.create_ticket_type(
            tx, SYSTEM, organizer_id=organizer_id, event_id=event_id, name=kind.name, description=kind.description,
            price_minor=kind.price_minor, capacity=kind.capacity, per_order_limit=kind.per_order_limit,
        )  # fmt: skip
    await events.publish(
        tx, SYSTEM, organizer_id=organizer_id, event_id=event_id, charges_enabled=charges_enabled
    )
    return event_id


async def make_code(tx: Transaction, organizer_id: int, **changes: Any) -> None:
    """Make the example's discount code: 15 % off, at most 200 times."""
    facts: dict[str, Any] = {
        "code": CODE,
        "kind": PromotionKind.PERCENT,
        "value": 1500,
        "max_uses": 200,
        **changes,
    }
    await promotions.create_promotion(tx, SYSTEM, organizer_id=organizer_id, **facts)


def slug_of(name: str) -> str:
    """Return an address-safe short form of a name.

    Raises:
        BadInput: Nothing of it is left.
    """
    slug = re.sub(r"[^a-z0-9]+", "-", fold(name)).strip("-")[:60].strip("-")
    if not slug:
        raise BadInput("The name needs at least one letter or digit.", field="name")
    return slug
