"""What one manager may give back alone. More waits for a second person: an owner, or another manager. Pure."""

from __future__ import annotations

from dataclasses import dataclass

from kagibag_app import l10n
from kagibag_app.features.accounts.rules import Role
from kagibag_app.kit.errors import BadInput
from kagibag_app.kit.money import currency as currency_of
from kagibag_app.kit.money import parse_decimal


@dataclass(frozen=True, slots=True)
class Alone:
    """What a member may still give back of one order without a second person.

    What the same member let go of the same order alone counts together: two halves of a large refund are no less.

    Attributes:
        limit_minor: The organizer's limit in the order's currency; ``None``: any amount.
        given_minor: What the member let go of the order alone already.
    """

    limit_minor: int | None = None
    given_minor: int = 0

    def needs_second(self, amount_minor: int) -> bool:
        """Say whether an amount has to wait for a second person."""
        return self.limit_minor is not None and self.given_minor + amount_minor > self.limit_minor

    def sentence(self, currency: str) -> str:
        """Say why it waits."""
        limit = l10n.money(self.limit_minor or 0, currency)
        before = f", {l10n.money(self.given_minor, currency)} of it given before" if self.given_minor else ""
        return (
            f"A manager alone gives back up to {limit} of an order{before}. "
            "An owner or another manager has to confirm this before it is sent."
        )


def limit_for(role: str | None, limit_minor: int | None) -> int | None:
    """Return the limit that holds for a role: an owner has none."""
    return None if role == Role.OWNER else limit_minor


def read_limit(text: str, currency: str) -> int | None:
    """Return a limit that an owner typed, in minor units; empty for none.

    Raises:
        BadInput: No amount of that currency, or below zero.
    """
    typed = text.strip()
    if not typed:
        return None
    minor = parse_decimal(typed, currency)
    if minor < 0 or minor % currency_of(currency).step:
        raise BadInput(f"A limit in {currency} is an amount of zero or more.", field=f"limit_{currency}")
    return minor
