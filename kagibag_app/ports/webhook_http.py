"""Posting to addresses that organizers typed in."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Protocol


class BlockedAddress(Exception):
    """The address is not one we may connect to. Nothing was sent.

    Attributes:
        reason: One sentence for a person.
    """

    def __init__(self, reason: str) -> None:
        super().__init__(reason)
        self.reason = reason


@dataclass(frozen=True, slots=True)
class WebhookAnswer:
    """What came back.

    Attributes:
        status: HTTP status; 0 when there was no answer.
        error: Why there was none (time-out, refused, blocked, TLS), one sentence; empty otherwise.
        excerpt: At most 2 kB of the answer's body, decoded leniently.
        retry_after: Seconds the receiver asked to wait.
        duration_ms: Wall time of the try.
        timed_out: The deadline passed.
    """

    status: int
    error: str = ""
    excerpt: str = ""
    retry_after: float | None = None
    duration_ms: int = 0
    timed_out: bool = False


class WebhookSender(Protocol):
    """Sends one signed request under a total deadline, never to a private address."""

    def check_url(self, url: str) -> None:
        """Refuse a URL by its text alone (scheme, user, port, literal address). Raises ``BlockedAddress``."""
        ...

    async def post(self, url: str, body: bytes, headers: dict[str, str]) -> WebhookAnswer: ...
    async def close(self) -> None: ...
