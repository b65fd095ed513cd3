"""What a letter is made of. Both templates walk the same blocks, so that HTML and text say the same."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import ClassVar


@dataclass(frozen=True, slots=True)
class Paragraph:
    """A few sentences."""

    kind: ClassVar[str] = "paragraph"
    text: str


@dataclass(frozen=True, slots=True)
class Quote:
    """What somebody wrote, line breaks kept."""

    kind: ClassVar[str] = "quote"
    label: str
    text: str


@dataclass(frozen=True, slots=True)
class Fact:
    """A label and its lines."""

    label: str
    lines: Sequence[str]


@dataclass(frozen=True, slots=True)
class Facts:
    """Labelled facts, two beside each other on a wide screen."""

    kind: ClassVar[str] = "facts"
    facts: Sequence[Fact]

    @property
    def pairs(self) -> list[Sequence[Fact]]:
        """The facts in rows of two."""
        return [self.facts[i : i + 2] for i in range(0, len(self.facts), 2)]


@dataclass(frozen=True, slots=True)
class Stub:
    """One ticket, drawn as its stub: or one order, where a mail lists several.

    Attributes:
        code: What a machine made, set in its own type.
        action: The link's words.
    """

    title: str
    code: str
    action: str
    url: str
    detail: str = ""


@dataclass(frozen=True, slots=True)
class Stubs:
    """Tickets, one below the other."""

    kind: ClassVar[str] = "stubs"
    stubs: Sequence[Stub]


@dataclass(frozen=True, slots=True)
class Price:
    """One line of the sum. ``code`` is set in its own type after the label; ``tone`` is ``good`` for a discount."""

    label: str
    amount: str
    code: str = ""
    tone: str = ""


@dataclass(frozen=True, slots=True)
class Prices:
    """The sum to pay: lines above the tear line, the total below."""

    kind: ClassVar[str] = "prices"
    lines: Sequence[Price]
    total: Price


@dataclass(frozen=True, slots=True)
class Button:
    """The one thing to do."""

    kind: ClassVar[str] = "button"
    label: str
    url: str


@dataclass(frozen=True, slots=True)
class File:
    """A link to a file."""

    label: str
    url: str


@dataclass(frozen=True, slots=True)
class Files:
    """What can be downloaded, beside each other."""

    kind: ClassVar[str] = "files"
    files: Sequence[File]


Block = Paragraph | Quote | Facts | Stubs | Prices | Button | Files


@dataclass(frozen=True, slots=True)
class Letter:
    """A whole mail.

    Attributes:
        preview: What a mail program shows beside the subject.
        sender: Who writes: the organizer.
        number: The order's number; empty for none.
        footer: Why it was sent.
    """

    preview: str
    sender: str
    heading: str
    footer: str
    number: str = ""
    blocks: Sequence[Block] = field(default_factory=tuple)
