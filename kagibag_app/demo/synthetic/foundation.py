"""What stands before the first order: the organizer, its members, events, ticket types and codes."""

from __future__ import annotations

from bisect import bisect_right
from dataclasses import dataclass, field
from datetime import datetime
from itertools import accumulate
from typing import Any
from zoneinfo import ZoneInfo

from kagibag_app.demo.synthetic.catalogue import (
    BEGIN,
    CODES,
    CURRENCY,
    EVENTS,
    MEMBERS,
    NAME,
    ZONE,
    EventSpec,
)
from kagibag_app.demo.synthetic.chance import Chance
from kagibag_app.demo.synthetic.sheets import Sheet, document, stamp
from kagibag_app.features.accounts.tables import Membership, Organizer, User
from kagibag_app.features.events.rules import EventStatus
from kagibag_app.features.events.tables import Event, TicketType
from kagibag_app.features.events.views import iso
from kagibag_app.features.orders.views import OrderEvent
from kagibag_app.features.promotions.rules import PromotionFacts, PromotionKind
from kagibag_app.features.promotions.tables import Promotion


@dataclass(slots=True)
class Kind:
    """A ticket type. ``sold`` and ``held`` grow with the orders."""

    id: int
    name: str
    price_minor: int
    place: int
    sold: int = 0
    held: int = 0


@dataclass(slots=True)
class Code:
    """A promotion. ``uses`` grows with the orders."""

    id: int
    code: str
    facts: PromotionFacts
    weight: int
    uses: int = 0


@dataclass(slots=True)
class Hall:
    """An event as its orders see it. ``subject`` is that of its confirmations, once one was written."""

    id: int
    spec: EventSpec
    starts_at: datetime
    view: OrderEvent
    policy_text: str
    kinds: list[Kind]
    codes: list[Code] = field(default_factory=list)
    kind_weights: list[int] = field(default_factory=list)
    code_weights: list[int] = field(default_factory=list)
    subject: str = ""

    def __post_init__(self) -> None:
        self.kind_weights = list(accumulate(kind.weight for kind in self.spec.types))
        self.code_weights = list(accumulate(code.weight for code in self.codes))

    def kind(self, chance: float) -> Kind:
        """Return a ticket type as often as it is chosen."""
        return self.kinds[bisect_right(self.kind_weights, chance * self.kind_weights[-1])]

    def code(self, chance: float) -> Code:
        """Return a code as often as it is typed."""
        return self.codes[bisect_right(self.code_weights, chance * self.code_weights[-1])]


@dataclass(frozen=True, slots=True)
class Member:
    """Somebody who works there."""

    user_id: int
    name: str
    email: str
    role: str


@dataclass(frozen=True, slots=True)
class Foundation:
    """Everything that orders refer to.

    Attributes:
        account: The Stripe account, which doesn't exist.
    """

    organizer_id: int
    account: str
    halls: list[Hall]
    codes: list[Code]
    members: list[Member]

    def member(self, role: str) -> Member:
        """Return the member of a role."""
        return next(member for member in self.members if member.role == role)


class FoundationSheets:
    """Their tables."""

    def __init__(self) -> None:
        self.organizers = Sheet(
            Organizer,
            "public_id name slug currency zone stripe_account application_fee_bp synthetic created_at",
        )
        self.users = Sheet(User, "public_id email name password_hash created_at")
        self.memberships = Sheet(Membership, "organizer_id user_id role created_at")
        self.events = Sheet(
            Event,
            "public_id organizer_id title slug summary venue address zone currency starts_at ends_at doors_at status "
            "refund_policy created_at",
        )
        self.kinds = Sheet(
            TicketType,
            "public_id organizer_id event_id name description price_minor capacity per_order_limit position",
        )
        self.codes = Sheet(Promotion, "public_id organizer_id code kind value currency event_id created_at")

    def all(self) -> list[Sheet]:
        """Return them in the order in which they are written."""
        return [self.organizers, self.users, self.memberships, self.events, self.kinds, self.codes]


def lay(sheets: FoundationSheets, name: str, *, orders: int, password_hash: str) -> None:
    """Add the rows of the foundation.

    Args:
        name: The data set's, which is its slug and its seed.
        orders: Every seat of each ticket type could be sold.
    """
    chance, at = Chance(name), stamp(BEGIN)
    organizer = sheets.organizers.add(
        chance.public_id("org"), NAME, name, CURRENCY, ZONE, account_of(name), 0, 1, at
    )
    for person, local, role in MEMBERS:
        user = sheets.users.add(chance.public_id("usr"), f"{local}@{name}.example", person, password_hash, at)
        sheets.memberships.add(organizer, user, role, at)
    events = [_event(sheets, chance, name, organizer, spec, orders) for spec in EVENTS]
    for code in CODES:
        event = None if code.event is None else events[code.event]
        sheets.codes.add(
            chance.public_id("pr"), organizer, code.code, str(code.kind), code.value, code.currency, event, at
        )


def _event(
    sheets: FoundationSheets, chance: Chance, name: str, organizer: int, spec: EventSpec, orders: int
) -> int:
    starts, ends, doors = (_local(text, spec.zone) for text in (spec.starts, spec.ends, spec.doors))
    event = sheets.events.add(
        chance.public_id("ev"), organizer, spec.title, f"{name}-{EVENTS.index(spec) + 1}", spec.summary, spec.venue,
        spec.address, spec.zone, spec.currency, stamp(starts), stamp(ends), stamp(doors), str(EventStatus.PUBLISHED),
        document(spec.policy.to_document()), stamp(BEGIN),
    )  # fmt: skip
    for place, kind in enumerate(spec.types):
        sheets.kinds.add(
            chance.public_id("tt"), organizer, event, kind.name, kind.description, kind.price_minor,
            _capacity(orders, spec, kind.weight), 10, place,
        )  # fmt: skip
    return event


def _capacity(orders: int, spec: EventSpec, weight: int) -> int:
    """Return more seats than can be sold, as a round number."""
    share = weight / sum(kind.weight for kind in spec.types)
    return (int(orders * share) + 500) // 500 * 500 + 500


def _local(text: str, zone: str) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=ZoneInfo(zone)).astimezone(BEGIN.tzinfo)


def account_of(name: str) -> str:
    """Return the Stripe account of a data set: none that Stripe knows."""
    return f"acct_{name.replace('-', '_')}"


# Read back in this order, whether they were made a moment ago or before an interruption.
READ = {
    "organizer": "SELECT id FROM organizers WHERE slug = {name}",
    "members": (
        "SELECT users.id, users.name, users.email, memberships.role FROM memberships"
        " JOIN users ON users.id = memberships.user_id WHERE memberships.organizer_id = {organizer} ORDER BY users.id"
    ),
    "events": "SELECT id, public_id, slug FROM events WHERE organizer_id = {organizer} ORDER BY id",
    "kinds": (
        "SELECT id, event_id, sold, held FROM ticket_types WHERE organizer_id = {organizer} ORDER BY event_id, position"
    ),
    "codes": "SELECT id, uses FROM promotions WHERE organizer_id = {organizer} ORDER BY id",
}


def found(rows: dict[str, list[tuple[Any, ...]]], name: str) -> Foundation:
    """Return the foundation from what ``READ`` found."""
    (organizer_id,) = rows["organizer"][0]
    event_ids = [row[0] for row in rows["events"]]
    codes = [
        Code(
            code_id, spec.code,
            PromotionFacts(
                spec.kind, spec.value, spec.currency, None if spec.event is None else event_ids[spec.event], frozenset(),
                None, None, None, None, True,
            ),
            spec.weight, uses,
        )
        for (code_id, uses), spec in zip(rows["codes"], CODES, strict=True)
    ]  # fmt: skip
    halls = [
        _hall(row, spec, [kind for kind in rows["kinds"] if kind[1] == row[0]], codes)
        for row, spec in zip(rows["events"], EVENTS, strict=True)
    ]
    members = [Member(*row) for row in rows["members"]]
    return Foundation(organizer_id, account_of(name), halls, codes, members)


def _hall(row: tuple[Any, ...], spec: EventSpec, kinds: list[tuple[Any, ...]], codes: list[Code]) -> Hall:
    event_id, public_id, slug = row
    starts = _local(spec.starts, spec.zone)
    view = OrderEvent(
        id=public_id, title=spec.title, slug=slug, starts_at=iso(starts), ends_at=iso(_local(spec.ends, spec.zone)),
        doors_at=iso(_local(spec.doors, spec.zone)), zone=spec.zone, venue=spec.venue, address=spec.address,
        status=EventStatus.PUBLISHED, organizer_name=NAME,
    )  # fmt: skip
    return Hall(
        event_id, spec, starts, view, document(spec.policy.to_document()),
        [
            Kind(key, kind.name, kind.price_minor, place, sold, held)
            for place, ((key, _, sold, held), kind) in enumerate(zip(kinds, spec.types, strict=True))
        ],
        [code for code in codes if code.facts.kind == PromotionKind.PERCENT or code.facts.event_id == event_id],
    )  # fmt: skip
