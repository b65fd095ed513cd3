"""What the event page shows, put into words. Pure: the same facts give the same rows."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime

from kagibag_app import l10n
from kagibag_app.features.events.rules import SaleState
from kagibag_app.features.events.views import EventView, TicketTypeView
from kagibag_app.features.refunds.rules import RefundPolicy, Tier
from kagibag_app.features.refunds.rules.policy import deadline

FEW_LEFT = 10
"""From here down a ticket type says how many are left."""


@dataclass(frozen=True, slots=True)
class EventFace:
    """An event as its page shows it; every time in the event's zone.

    ``notice`` and ``notice_text`` say why nothing is sold; both are empty while something is.
    """

    slug: str = ""
    title: str = ""
    summary: str = ""
    organizer: str = ""
    weekday: str = ""
    day: str = ""
    month: str = ""
    date: str = ""
    hours: str = ""
    venue: str = ""
    address: str = ""
    refunds: str = ""
    refunds_later: str = ""
    notice: str = ""
    notice_text: str = ""


@dataclass(frozen=True, slots=True)
class TypeRow:
    """A ticket type: ``state`` says why it cannot be chosen and is empty when it can; ``left`` shows when few are."""

    id: str
    name: str
    description: str
    price: str
    left: str
    state: str
    gone: bool
    quantity: int
    at_least: bool
    at_most: bool


def face(event: EventView) -> EventFace:
    """Return the event's head and facts."""
    starts, ends = datetime.fromisoformat(event.starts_at), datetime.fromisoformat(event.ends_at)
    date = l10n.day(starts, event.zone)
    weekday, day, month, _year = date.split()
    doors = (
        f", doors {l10n.time(datetime.fromisoformat(event.doors_at), event.zone)}" if event.doors_at else ""
    )
    refunds, refunds_later = policy_lines(event)
    notice, notice_text = _notice(event)
    return EventFace(
        slug=event.slug,
        title=event.title,
        summary=event.summary,
        organizer=event.organizer_name,
        weekday=weekday,
        day=day,
        month=month,
        date=date,
        hours=l10n.hours(starts, ends, event.zone) + doors,
        venue=event.venue,
        address=event.address,
        refunds=refunds,
        refunds_later=refunds_later,
        notice=notice,
        notice_text=notice_text,
    )


def type_rows(event: EventView, wanted: Mapping[str, int]) -> list[TypeRow]:
    """Return the ticket types with how many of each are chosen.

    Args:
        event: As it is now.
        wanted: Quantities by the ticket type's public id.
    """
    return [_type_row(kind, event.zone, wanted.get(kind.id, 0)) for kind in event.ticket_types]


def policy_lines(event: EventView) -> tuple[str, str]:
    """Return the refund policy in two short lines: what holds first, then what follows."""
    policy = RefundPolicy.from_document(event.refund_policy)
    tiers = [tier for tier in policy.tiers if tier.percent]
    if not tiers:
        return "None promised", "You may ask; the organizer decides"
    fee = f" but {l10n.money(policy.fee_minor, event.currency)} a ticket" if policy.fee_minor else ""
    first, *later = tiers
    share = (
        f"all{fee}" if first.percent == 100 else f"{_share(first).lower()}{fee.replace(' but ', ', less ')}"
    )
    then = ", ".join(f"{_share(tier)} until {_until(tier, event)}" for tier in later)
    return f"Until {_until(first, event)}: {share}", f"{then}, then none" if then else "After that none"


def _share(tier: Tier) -> str:
    return {100: "All", 50: "Half"}.get(tier.percent, f"{tier.percent} %")


def _until(tier: Tier, event: EventView) -> str:
    last = deadline(tier, datetime.fromisoformat(event.starts_at), event.zone)
    return f"{last.day} {last:%b}"


def _type_row(kind: TicketTypeView, zone: str, quantity: int) -> TypeRow:
    on_sale = kind.sale == SaleState.ON_SALE
    return TypeRow(
        id=kind.id,
        name=kind.name,
        description=kind.description,
        price=l10n.money(kind.price_minor, kind.currency) if kind.price_minor else "Free",
        left=f"{kind.left} left" if on_sale and kind.left <= FEW_LEFT else "",
        state="" if on_sale else _state(kind, zone),
        gone=kind.sale in (SaleState.SOLD_OUT, SaleState.CLOSED, SaleState.CANCELLED),
        quantity=quantity,
        at_least=quantity <= 0,
        at_most=quantity >= kind.most,
    )


def _state(kind: TicketTypeView, zone: str) -> str:
    if kind.sale == SaleState.NOT_YET:
        return f"From {l10n.day_time(datetime.fromisoformat(kind.sales_start), zone)}"
    return {SaleState.SOLD_OUT: "Sold out", SaleState.CANCELLED: "Cancelled"}.get(
        SaleState(kind.sale), "Sale ended"
    )


def _notice(event: EventView) -> tuple[str, str]:
    sentences = {
        SaleState.CANCELLED: (
            "This event is cancelled.",
            f"{event.organizer_name} is in touch with everybody who has a ticket. Nothing can be bought any more.",
        ),
        SaleState.CLOSED: (
            "Ticket sales have ended.",
            "Tickets bought before stay valid. Find yours with Find my order.",
        ),
        SaleState.SOLD_OUT: (
            "Everything is sold out.",
            "Tickets come back when somebody returns one or does not pay; this page shows it by itself.",
        ),
        SaleState.NOT_YET: (
            "Tickets are not on sale yet.",
            "The sale opens by itself at the time shown below.",
        ),
    }
    return sentences.get(SaleState(event.sale), ("", ""))
