"""What an audit reports."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import asdict, dataclass
from typing import Any

EXAMPLES = 5


@dataclass(frozen=True, slots=True)
class Finding:
    """How one invariant stands.

    Attributes:
        number: Its number in docs/refund-protocol.md's list of invariants, 1 to 14.
        name: What has to hold, in a few words.
        count: Violations; 0 means that it holds.
        examples: The first few, each named so that a person can find it.
    """

    number: int
    name: str
    count: int
    examples: tuple[str, ...] = ()

    def as_dict(self) -> dict[str, Any]:
        """Return it for scripts, as JSON values."""
        return {**asdict(self), "examples": list(self.examples)}


def finding(number: int, name: str, violations: Iterable[str]) -> Finding:
    """Count violations and keep the first few."""
    found = sorted(violations)
    return Finding(number, name, len(found), tuple(found[:EXAMPLES]))
