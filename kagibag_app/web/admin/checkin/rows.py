"""What the door shows, ready to read: answers in a few words, the event's times in its own zone."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from kagibag_app import l10n
from kagibag_app.features.events.rules import EventStatus
from kagibag_app.features.events.views import EventChoice
from kagibag_app.features.orders.rules import DOUBTS, DoorOutcome, on_its_day
from kagibag_app.features.orders.views import Admission, DoorView
from kagibag_app.web.admin.address import address

PATH = "/admin/checkin"
KEPT_ANSWERS = 8
UNDONE = "undone"
_TITLES = {
    DoorOutcome.ADMITTED: ("Welcome", "good"),
    DoorOutcome.OTHER_DAY: ("Not on this day", "attention"),
    DoorOutcome.EVENT_CANCELLED: ("Event cancelled", "attention"),
    DoorOutcome.ALREADY_IN: ("Already in", "bad"),
    DoorOutcome.VOID: ("Void", "bad"),
    DoorOutcome.REFUND: ("Refund in progress", "bad"),
    DoorOutcome.NOT_PAID: ("Not paid", "bad"),
    DoorOutcome.OTHER_EVENT: ("Wrong event", "bad"),
    DoorOutcome.UNKNOWN: ("Unknown code", "bad"),
}
_STATES = {EventStatus.CANCELLED: ", cancelled", EventStatus.ENDED: ", ended"}


@dataclass(frozen=True, slots=True)
class DoorPlace:
    """An event in the choice of events: its public id and its words."""

    id: str = ""
    label: str = ""


@dataclass(frozen=True, slots=True)
class DoorFace:
    """The event at this door. ``off`` says why nobody should be let in now, empty on its day."""

    id: str = ""
    title: str = ""
    when: str = ""
    checked_in: str = ""
    expected: str = ""
    share: str = "0%"
    off: str = ""
    sound: bool = False
    sound_href: str = ""


@dataclass(frozen=True, slots=True)
class DoorAnswer:
    """What one scan led to.

    Attributes:
        round: Counts the answers of this tab, so that each is told even when it reads as the one before.
        tone: ``good``, ``attention`` (whoever stands at the door decides), ``bad`` or ``neutral``.
        ticket: Public id where the check-in can be undone, else empty.
        asks: Nothing is wrong with the ticket; it can be let in anyway.
        elsewhere: The door of the event that it is for, where that is another one.
    """

    round: int = 0
    outcome: str = ""
    tone: str = "neutral"
    title: str = ""
    who: str = ""
    what: str = ""
    sentence: str = ""
    code: str = ""
    at: str = ""
    order_href: str = ""
    ticket: str = ""
    asks: bool = False
    elsewhere: str = ""


def places(events: Sequence[EventChoice], now: datetime) -> list[DoorPlace]:
    """Return the events that have a door, the nearest to now first."""
    open_ones = [event for event in events if event.status != EventStatus.DRAFT]
    open_ones.sort(key=lambda event: abs(datetime.fromisoformat(event.starts_at) - now))
    return [DoorPlace(event.id, _label(event)) for event in open_ones]


def face(view: DoorView, now: datetime, *, door: str, sound: bool) -> DoorFace:
    """Return an event at its door.

    Args:
        view: As read.
        now: The moment (UTC).
        door: What this door is called; the link that turns the sound on or off keeps it.
        sound: Whether answers sound.
    """
    opens = view.doors_at or view.starts_at
    today = on_its_day(now, opens_at=opens, ends_at=view.ends_at, zone=view.zone)
    off = "" if today else f"Not today: there it is {l10n.day_time(now, view.zone)}."
    done = view.checked_in * 100 // view.expected if view.expected else 0
    return DoorFace(
        id=view.id,
        title=view.title,
        when=l10n.span(view.starts_at, view.ends_at, view.zone),
        checked_in=f"{view.checked_in:,}",
        expected=f"{view.expected:,}",
        share=f"{done}%",
        off="This event was cancelled." if view.status == EventStatus.CANCELLED else off,
        sound=sound,
        sound_href=place_of(view.id, door=door, sound=not sound),
    )


def answer(given: Admission, now: datetime, zone: str, *, number: int, door: str, sound: bool) -> DoorAnswer:
    """Return what one scan led to.

    Args:
        given: The service's answer.
        now: When it was given (UTC).
        zone: The event's.
        number: How many answers this tab has had, this one included.
        door: What this door is called.
        sound: Whether answers sound; both are kept by the link to another event's door.
    """
    outcome = DoorOutcome(given.outcome)
    title, tone = _TITLES[outcome]
    elsewhere = outcome is DoorOutcome.OTHER_EVENT
    return DoorAnswer(
        round=number,
        outcome=outcome,
        tone=tone,
        title=title,
        who=given.holder,
        what=given.type_name,
        sentence=given.sentence,
        code=given.code,
        at=l10n.time(now, zone),
        order_href=f"/admin/orders/{given.order_number}" if given.order_number else "",
        ticket=given.ticket if outcome is DoorOutcome.ADMITTED else "",
        asks=outcome in DOUBTS,
        elsewhere=place_of(given.event, door=door, sound=sound) if elsewhere else "",
    )


def place_of(event: str, *, door: str, sound: bool) -> str:
    """Return the address of an event's door."""
    return address(PATH, event=event, door=door, sound="on" if sound else "")


def _label(event: EventChoice) -> str:
    starts_at = datetime.fromisoformat(event.starts_at)
    state = _STATES.get(EventStatus(event.status), "")
    return f"{event.title}, {l10n.day(starts_at, event.zone)}{state}"
