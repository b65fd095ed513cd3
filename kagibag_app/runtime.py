"""What every entry point holds: the store and the outside world, chosen once by ``bootstrap``."""

from __future__ import annotations

from dataclasses import dataclass

from kagibag_app.kit.clock import Clock
from kagibag_app.live.bus import Bus
from kagibag_app.ports.mail import Mailer
from kagibag_app.ports.payments import Payments
from kagibag_app.ports.webhook_http import WebhookSender
from kagibag_app.settings import Settings
from kagibag_app.storage.secrets import AccessLinks, SecretBox
from kagibag_app.storage.transaction import Store


@dataclass
class Runtime:
    """One process's connections.

    Attributes:
        links: Makes and reads access links.
        box: Seals secrets that must be stored.
        platform_account: The platform's own Stripe account id, read once at start.
    """

    settings: Settings
    store: Store
    bus: Bus
    payments: Payments
    mailer: Mailer
    webhook_sender: WebhookSender
    clock: Clock
    links: AccessLinks
    box: SecretBox
    platform_account: str = ""

    async def close(self) -> None:
        """Close every connection, the database last."""
        await self.payments.close()
        await self.webhook_sender.close()
        await self.bus.close()
        await self.store.close()
