"""What the synthetic organizer sells: five events in five zones and currencies, their ticket types and codes."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime

from kagibag_app.features.promotions.rules import PromotionKind
from kagibag_app.features.refunds.rules.policy import RefundPolicy, Tier

# Two years, the same for every data set: what is made today is what was made yesterday.
BEGIN = datetime(2024, 11, 1, tzinfo=UTC)
END = datetime(2026, 11, 1, tzinfo=UTC)

NAME, ZONE, CURRENCY = "Five Halls", "Europe/Berlin", "EUR"


@dataclass(frozen=True, slots=True)
class TypeSpec:
    """A ticket type; price in minor units. ``weight``: how often it is chosen beside the others."""

    name: str
    description: str
    price_minor: int
    weight: int


@dataclass(frozen=True, slots=True)
class EventSpec:
    """An event.

    Attributes:
        starts, ends, doors: ISO, local in ``zone``.
        on_sale, sold_until: ISO days (UTC) between which it sells.
        share: Orders a day beside the other events on sale.
    """

    title: str
    summary: str
    venue: str
    address: str
    zone: str
    currency: str
    starts: str
    ends: str
    doors: str
    on_sale: str
    sold_until: str
    share: int
    types: tuple[TypeSpec, ...]
    policy: RefundPolicy


EVENTS = (
    EventSpec(
        # Its night is an hour longer: clocks go back at three.
        "Lichternacht am Kanal", "Forty rooms along the water, open until the morning.",
        "Alte Seilerei", "Am Kanal 12, 12435 Berlin", "Europe/Berlin", "EUR",
        "2025-10-25T21:00", "2025-10-26T06:00", "2025-10-25T20:00", "2024-11-01", "2025-10-25", 9,
        (
            TypeSpec("Nachtticket", "All rooms, all night", 3400, 60),
            TypeSpec("Ermäßigt", "With a card of any school", 2100, 22),
            TypeSpec("Frühschicht", "From four in the morning, with coffee", 1450, 12),
            TypeSpec("Begleitung", "Free, for the companion of a wheelchair user", 0, 6),
        ),
        RefundPolicy(tiers=(Tier(30, 100), Tier(14, 50)), fee_minor=150),
    ),
    EventSpec(
        "春の陶芸週末 Kiln & Clay", "Two days at the wheel with potters from Mashiko.",
        "Studio Hinode", "3-14 Kuramae, Taito, Tokyo", "Asia/Tokyo", "JPY",
        "2026-03-14T10:00", "2026-03-15T17:00", "2026-03-14T09:30", "2025-02-01", "2026-03-13", 7,
        (
            TypeSpec("週末パス", "Clay and firing included", 12800, 50),
            TypeSpec("一日券", "One of the two days", 6400, 38),
            TypeSpec("見学", "Free: look on, and have tea", 0, 12),
        ),
        RefundPolicy(tiers=(Tier(7, 100),), fee_minor=500),
    ),
    EventSpec(
        "مهرجان الأوتار Desert Strings", "Oud, qanun and cello under an open sky.",
        "Al Shaheed Amphitheatre", "Soor Street, Kuwait City", "Asia/Kuwait", "KWD",
        "2026-05-08T19:00", "2026-05-08T23:30", "2026-05-08T18:00", "2025-06-01", "2026-05-08", 6,
        (
            TypeSpec("Front rows", "Rows 1 to 12", 24750, 30),
            TypeSpec("Terrace", "Free seating", 12500, 55),
            TypeSpec("Student", "With a card of any university", 6250, 15),
        ),
        RefundPolicy(tiers=(Tier(10, 100), Tier(3, 25)), fee_minor=250),
    ),
    EventSpec(
        # Its night is an hour shorter: clocks go forward at two.
        "Night Harbour Marathon", "Thirteen bands until the clocks have changed.",
        "The Foundry Hall", "88 Valley St, Providence, RI", "America/New_York", "USD",
        "2027-03-13T21:00", "2027-03-14T05:00", "2027-03-13T20:00", "2025-10-01", "2026-11-01", 11,
        (
            TypeSpec("General admission", "Standing, all of the floor", 4200, 62),
            TypeSpec("Balcony seat", "Seated, row and seat at the door", 5800, 20),
            TypeSpec("Student", "Bring a student card", 2800, 14),
            TypeSpec("Companion", "Free, for the companion of a wheelchair user", 0, 4),
        ),
        RefundPolicy(tiers=(Tier(14, 100), Tier(7, 50)), fee_minor=200),
    ),
    EventSpec(
        "Southbank Winter Readings", "Six writers, one fire, no microphones.",
        "The Wharf Rooms", "14 Upper Ground, London SE1", "Europe/London", "GBP",
        "2027-01-16T18:30", "2027-01-16T22:00", "2027-01-16T18:00", "2025-12-01", "2026-11-01", 7,
        (
            TypeSpec("Stalls", "By the fire", 3650, 48),
            TypeSpec("Gallery", "From above", 2250, 42),
            TypeSpec("Under 26", "Bring something that says so", 900, 10),
        ),
        RefundPolicy(tiers=(Tier(21, 100),), put_back_on_sale=False, checked_in_qualify=True),
    ),
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class CodeSpec:
    """A discount code; ``event`` is the place of its event in ``EVENTS``, ``None`` for all."""

    code: str
    kind: PromotionKind
    value: int
    currency: str = ""
    event: int | None = None
    weight: int = 10


CODES = (
    CodeSpec("EARLYBIRD15", PromotionKind.PERCENT, 1500, weight=34),
    CodeSpec("FRIENDS10", PromotionKind.PERCENT, 1000, weight=26),
    CodeSpec("PRESS-33", PromotionKind.PERCENT, 3333, weight=4),
    CodeSpec("GUESTLIST", PromotionKind.PERCENT, 10_000, weight=6),
    CodeSpec("KANAL5", PromotionKind.FIXED, 500, "EUR", 0, 30),
    CodeSpec("HARU1000", PromotionKind.FIXED, 1000, "JPY", 1, 30),
    CodeSpec("OUD2500", PromotionKind.FIXED, 2500, "KWD", 2, 30),
    CodeSpec("HARBOUR7", PromotionKind.FIXED, 700, "USD", 3, 30),
    CodeSpec("FIRESIDE3", PromotionKind.FIXED, 300, "GBP", 4, 30),
)

# Who works there: name, first part of the address, role.
MEMBERS = (
    ("Imke Sanders", "imke", "owner"),
    ("Tarek Aydın", "tarek", "manager"),
    ("Wren Halloran", "wren", "support"),
    ("Pau Vidal", "pau", "viewer"),
)
