"""How often one may try, and whose try it is."""

from __future__ import annotations

import pytest

from kagibag_app.web import limits
from kagibag_app.web.limits import Limit, TooMany, client_ip


async def test_attack_16_many_addresses_together_cannot_guess_either() -> None:
    counters = limits.RateLimits()
    for _ in range(30):
        await counters.spend(Limit.LOGIN_ACCOUNT, "ana@example.test")
    with pytest.raises(TooMany, match="wait a minute"):
        await counters.spend(Limit.LOGIN_ACCOUNT, "ana@example.test")
    await counters.spend(Limit.LOGIN_ACCOUNT, "ben@example.test")


async def test_attack_6_asking_for_links_of_one_address_is_limited() -> None:
    counters = limits.RateLimits()
    for _ in range(3):
        await counters.spend(Limit.FIND_ORDER_EMAIL, "ana@example.test")
    with pytest.raises(TooMany):
        await counters.spend(Limit.FIND_ORDER_EMAIL, "ana@example.test")


@pytest.mark.parametrize(
    ("peer", "forwarded", "trusted", "expected"),
    [
        ("203.0.113.5", "198.51.100.1", "", "203.0.113.5"),
        ("10.0.0.2", "198.51.100.1", "10.0.0.0/8", "198.51.100.1"),
        ("10.0.0.2", "1.2.3.4, 198.51.100.1, 10.0.0.3", "10.0.0.0/8", "198.51.100.1"),
        ("203.0.113.5", "198.51.100.1", "10.0.0.0/8", "203.0.113.5"),
        ("10.0.0.2", "junk, 10.0.0.3", "10.0.0.0/8", "10.0.0.3"),
        ("10.0.0.2", "", "10.0.0.0/8", "10.0.0.2"),
        ("2001:db8:1:2:3::9", "", "", "2001:db8:1:2::"),
        ("::ffff:203.0.113.5", "", "", "203.0.113.5"),
        ("", "", "", "unknown"),
    ],
)
def test_client_ip_believes_only_our_own_proxies(
    peer: str, forwarded: str, trusted: str, expected: str
) -> None:
    assert client_ip(peer, forwarded, trusted) == expected
