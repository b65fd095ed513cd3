"""What the webhooks' screen shows, ready as text."""

from __future__ import annotations

from dataclasses import dataclass, field


@dataclass(frozen=True, slots=True)
class EndpointItem:
    """One endpoint in the list. ``trouble`` says what is wrong, else ``health`` how it does."""

    id: str
    href: str
    name: str
    url: str
    status: str
    health: str
    trouble: str
    current: bool


@dataclass(frozen=True, slots=True)
class EndpointFace:
    """The endpoint that is open.

    Attributes:
        types: Event types it gets; empty for all.
        warning: What is wrong, in full; empty while it works.
        rotating: Until when the previous secret signs as well.
        day: What happened in the last 24 hours.
    """

    id: str = ""
    name: str = ""
    url: str = ""
    status: str = ""
    types: list[str] = field(default_factory=list)
    warning: str = ""
    warning_text: str = ""
    rotating: str = ""
    day: str = ""
    added: str = ""
    held: int = 0


@dataclass(frozen=True, slots=True)
class LogTab:
    """A choice above the log."""

    label: str
    href: str
    count: str
    current: bool


@dataclass(frozen=True, slots=True)
class DeliveryLine:
    """One line of the log."""

    id: str
    href: str
    status: str
    type: str
    order: str
    answer: str
    took: str
    attempts: str
    next_try: str
    created: str
    created_iso: str
    created_exact: str
    folded: str
    current: bool


@dataclass(frozen=True, slots=True)
class Attempt:
    """One try."""

    number: str
    at: str
    answer: str
    tone: str
    took: str
    said: str


@dataclass(frozen=True, slots=True)
class DeliveryFace:
    """The delivery that is open.

    Attributes:
        request: What was sent, indented; empty for roles that may not read buyers' addresses.
        reply: The newest answer's status and body.
        may_replay: It can be sent again now.
    """

    id: str = ""
    event_id: str = ""
    type: str = ""
    status: str = ""
    order: str = ""
    order_href: str = ""
    next_try: str = ""
    request: str = ""
    reply: str = ""
    may_replay: bool = False


@dataclass(frozen=True, slots=True)
class Errors:
    """What is wrong with the form of a new endpoint."""

    name: str = ""
    url: str = ""
    event_filter: str = ""
    other: str = ""
