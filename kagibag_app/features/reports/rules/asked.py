"""What an export was asked for, as it is kept: the list's filter as a JSON object and back."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import fields
from datetime import datetime
from typing import Any

from kagibag_app.features.orders.rules import OrderFilter, OrderSort, StatusFilter

_READ: dict[str, Any] = {
    "status": StatusFilter,
    "placed_from": datetime.fromisoformat,
    "placed_until": datetime.fromisoformat,
    "sort": OrderSort,
}


def filter_document(chosen: OrderFilter) -> dict[str, str]:
    """Return a filter as JSON; what is not chosen is left out."""
    values = {field.name: getattr(chosen, field.name) for field in fields(chosen)}
    return {name: _text(value) for name, value in values.items() if value}


def filter_of(kept: Mapping[str, str]) -> OrderFilter:
    """Read a filter that ``filter_document`` wrote."""
    return OrderFilter(**{name: _READ.get(name, str)(text) for name, text in kept.items()})


def _text(value: Any) -> str:
    return value.isoformat() if isinstance(value, datetime) else str(value)
