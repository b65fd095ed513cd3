"""What the page of a bulk refund shows, in words."""

from __future__ import annotations

from dataclasses import dataclass, field


@dataclass(frozen=True, slots=True)
class RunFace:
    """The head of the page and where the run stands.

    Attributes:
        sentence: What this state means.
        note: Why it paused by itself.
        done: Orders that are settled, of ``total``; ``progress`` says it in words, ``rest`` what is still to come.
        outcome: What was chosen for its orders, once it was started.
        failed: How many failed, in words; empty for none. ``retry``: the words of the button that sends them again.
        second: What waits, or will wait, for a second person; empty for nothing. ``confirm``: the words of the button for
            whoever can be that person.
        report: Address of the CSV.
    """

    id: str = ""
    words: str = ""
    status: str = ""
    about: str = ""
    sentence: str = ""
    note: str = ""
    done: int = 0
    total: int = 1
    progress: str = ""
    rest: str = ""
    outcome: list[str] = field(default_factory=list)
    message: str = ""
    failed: str = ""
    retry: str = ""
    second: str = ""
    confirm: str = ""
    report: str = ""


@dataclass(frozen=True, slots=True)
class SumLine:
    """What goes or went back in one currency. ``tone`` is that of ``balance``: what Stripe holds."""

    currency: str
    orders: str
    tickets: str
    amount: str
    balance: str = ""
    tone: str = "neutral"


@dataclass(frozen=True, slots=True)
class ExceptionLine:
    """How many orders are left out for one reason."""

    orders: str
    reason: str


@dataclass(frozen=True, slots=True)
class OrderLine:
    """One order of the run."""

    number: str
    href: str
    buyer: str
    event: str
    amount: str
    tickets: str
    state: str
    reason: str


@dataclass(frozen=True, slots=True)
class Choices:
    """What is chosen for the orders before it starts.

    Attributes:
        after: ``cancel``, ``void`` or ``keep``.
        used: How many orders have used tickets, in words; empty for none. ``with_used``: they are refunded too.
        act: The words of the button; empty while nothing would be refunded.
    """

    after: str = "cancel"
    keeps_seats: bool = True
    with_used: bool = False
    message: str = ""
    used: str = ""
    free: str = ""
    act: str = ""


@dataclass(frozen=True, slots=True)
class Ask:
    """The question before money moves. ``kind``: ``start``, ``retry`` or ``confirm``; empty: none is open."""

    kind: str = ""
    title: str = ""
    act: str = ""
    parts: list[str] = field(default_factory=list)


@dataclass(frozen=True, slots=True)
class Pages:
    """Which orders are shown, and where the pages beside lie."""

    span: str = ""
    previous: str = ""
    next: str = ""
