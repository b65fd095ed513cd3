"""The order a mail is about, as ``orders`` describes it, with its money and times in words."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from kagibag_app import l10n


class Card:
    """Reads a mail card. Amounts are in its currency and locale, times in the event's zone.

    Args:
        values: The card as JSON values; times are ISO 8601 texts.
    """

    def __init__(self, values: Mapping[str, Any]) -> None:
        self._values = values
        self.number: str = values["number"]
        self.public_id: str = values["public_id"]
        self.link_version: int = values["link_version"]
        self.event_title: str = values["event_title"]
        self.organizer: str = values["organizer_name"]
        self.buyer_name: str = values["buyer_name"]
        self.buyer_email: str = values["buyer_email"]
        self.total_minor: int = values["total_minor"]
        self.discount_minor: int = values["discount_minor"]
        self.discount_code: str = values["discount_code"]
        self.tickets: list[Mapping[str, Any]] = values["tickets"]
        self.lines: list[Mapping[str, Any]] = values["lines"]
        self.subtotal_minor: int = values["subtotal_minor"]
        self.zone: str = values["zone"]

    def money(self, minor: int) -> str:
        """Return the amount in words."""
        return l10n.money(minor, self._values["currency"], self._values["locale"])

    def day(self) -> str:
        """Return the event's day."""
        return l10n.day(self._at("starts_at"), self.zone)

    def start(self) -> str:
        """Return the event's day and time with its zone."""
        starts = self._at("starts_at")
        return f"{l10n.day(starts, self.zone)}, {l10n.time(starts, self.zone)} {l10n.zone_name(starts, self.zone)}"

    def hours(self) -> str:
        """Return from when to when, and when the doors open."""
        hours = l10n.hours(self._at("starts_at"), self._at("ends_at"), self.zone)
        doors = self._values.get("doors_at")
        return f"{hours}, doors {l10n.time(datetime.fromisoformat(doors), self.zone)}" if doors else hours

    def place(self) -> list[str]:
        """Return venue and address, as far as they are known."""
        return [line for line in (self._values["venue"], self._values["address"]) if line]

    def _at(self, name: str) -> datetime:
        return datetime.fromisoformat(self._values[name])
