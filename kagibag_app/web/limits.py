"""How often one may try: guessing becomes slow, nobody is locked out for long."""

from __future__ import annotations

from enum import Enum
from ipaddress import IPv4Address, IPv6Address, IPv6Network, ip_address, ip_network
from typing import TypeAlias

from limits import RateLimitItem, parse_many
from limits.aio.storage import MemoryStorage, RedisStorage, Storage
from limits.aio.strategies import MovingWindowRateLimiter

from kagibag_app.kit.errors import DomainError

_Address: TypeAlias = IPv4Address | IPv6Address


class TooMany(DomainError):
    """Too many tries in a short time."""

    code = "too_many_tries"
    status = 429

    def __init__(self) -> None:
        super().__init__(
            "Too many tries in a short time. Nothing was changed. Please wait a minute and try again."
        )


class Limit(Enum):
    """What is limited, and how much. Each is counted per key."""

    # One browser's tries at one login; and, so that many browsers together can't guess either, all tries at it.
    LOGIN_HERE = "6/minute;30/hour"
    LOGIN_ACCOUNT = "30/5 minutes"
    LOGIN_ADDRESS = "30/minute;300/hour"
    # Links to a team: opening them, and taking them up, from one address.
    JOIN_ADDRESS = "30/minute;200/hour"
    # Mails that one organization may have sent to people it names.
    INVITATION = "20/10 minutes;100/day"
    FIND_ORDER_ADDRESS = "10/minute;60/hour"
    FIND_ORDER_EMAIL = "3/5 minutes;10/day"
    PROMOTION_CODE = "20/minute;120/hour"
    PLACE_ORDER = "20/minute;200/hour"
    REFUND_REQUEST = "20/minute;100/hour"
    # Drawing a file costs a processor a tenth of a second; a family behind one address downloads several.
    DOCUMENT_ADDRESS = "60/minute;600/hour"
    DOCUMENT_ORDER = "12/minute;120/hour"

    @property
    def items(self) -> list[RateLimitItem]:
        """The windows, all of which must have room."""
        return parse_many(self.value)


class RateLimits:
    """Counts in this process, or in Redis for all processes.

    Args:
        redis_url: Empty: this process alone.
    """

    def __init__(self, redis_url: str = "") -> None:
        storage: Storage = (
            RedisStorage(f"async+{redis_url}", implementation="redispy") if redis_url else MemoryStorage()
        )
        self._limiter = MovingWindowRateLimiter(storage)

    async def spend(self, limit: Limit, *key: str) -> None:
        """Count one try.

        Args:
            key: Whose try it is: addresses, casefolded emails, public ids.

        Raises:
            TooMany: There is no room left in one of the windows.
        """
        for item in limit.items:
            if not await self._limiter.hit(item, limit.name, *key):
                raise TooMany


_limits = RateLimits()


def rate_limits() -> RateLimits:
    """Return the counters of this process."""
    return _limits


def count_in(redis_url: str) -> None:
    """Start counting anew, in Redis when there is one. Called when the app starts."""
    global _limits
    _limits = RateLimits(redis_url)


def client_ip(peer: str, forwarded_for: str, trusted_proxies: str) -> str:
    """Return where a request comes from, as far as our own proxies vouch for it.

    The last addresses of ``X-Forwarded-For`` are skipped while they are trusted proxies; what stands before the first other
    one was written by a stranger and is never looked at. IPv6 callers are taken by their /64, which one household has whole.

    Args:
        peer: The socket's other end.
        forwarded_for: The header, empty if absent.
        trusted_proxies: Addresses and networks, with commas between them.
    """
    trusted = [ip_network(part.strip(), strict=False) for part in trusted_proxies.split(",") if part.strip()]
    hops = [peer, *reversed([hop.strip() for hop in forwarded_for.split(",")])] if trusted else [peer]
    found = ""
    for hop in hops:
        address = _read(hop)
        if address is None:
            break
        found = _household(address)
        if not any(address in network for network in trusted):
            break
    return found or "unknown"


def _read(text: str) -> _Address | None:
    try:
        address = ip_address(text)
    except ValueError:
        return None
    return getattr(address, "ipv4_mapped", None) or address


def _household(address: _Address) -> str:
    if isinstance(address, IPv6Address):
        return str(IPv6Network((address, 64), strict=False).network_address)
    return str(address)
