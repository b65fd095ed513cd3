"""The fixture ``desk``: a shop that refunds through a Stripe in memory, on a fresh database of each kind."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.refund_desk import Desk, open_desk
from tests.services.shop import Shop

pytest_plugins = ["tests.services.shop_fixtures"]


@pytest.fixture
async def desk(shop: Shop, tmp_path: Path) -> Desk:
    """An organizer with a manager, nothing sold yet."""
    return await open_desk(shop, tmp_path)
