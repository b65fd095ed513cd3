"""Which URLs and addresses may be posted to. Decides by text and numbers alone, touches nothing."""

from __future__ import annotations

import re
from collections.abc import Collection
from dataclasses import dataclass
from ipaddress import IPv4Address, IPv6Address, ip_address, ip_network
from urllib.parse import SplitResult, urlsplit

from kagibag_app.ports.webhook_http import BlockedAddress

LONGEST_URL = 500
# Other ports belong to other services, which must not be spoken to through us.
PUBLIC_PORTS = frozenset({443, 8443})
LOOPBACK_HOSTS = frozenset({"localhost", "127.0.0.1", "::1"})
_LOOPBACK = frozenset({ip_address("127.0.0.1"), ip_address("::1")})

# Source: IANA, IPv4 and IPv6 Special-Purpose Address Registries. The standard library's `is_global` lets
# addresses pass that wrap a private IPv4 address, so the list is our own.
_CLOSED_V4 = tuple(
    ip_network(block)
    for block in (
        "0.0.0.0/8", "10.0.0.0/8", "100.64.0.0/10", "127.0.0.0/8", "169.254.0.0/16", "172.16.0.0/12",
        "192.0.0.0/24", "192.0.2.0/24", "192.31.196.0/24", "192.52.193.0/24", "192.88.99.0/24", "192.168.0.0/16",
        "192.175.48.0/24", "198.18.0.0/15", "198.51.100.0/24", "203.0.113.0/24", "224.0.0.0/4", "240.0.0.0/4",
    )
)  # fmt: skip
# Everything outside global unicast is closed: loopback, unique local, link-local, multicast, NAT64, IPv4 in IPv6.
_OPEN_V6 = ip_network("2000::/3")
_CLOSED_V6 = tuple(
    ip_network(block)
    for block in ("2001::/23", "2001:db8::/32", "2002::/16", "2620:4f:8000::/48", "3fff::/20")
)

_PLAIN = re.compile(r"[!-~]+", re.ASCII)
# Resolvers read "127.1", "2130706433" and "0x7f.1" as IPv4 addresses. No public name ends like them.
_NUMERIC_END = re.compile(r"(^|\.)(\d+|0x[0-9a-f]*)\.?$", re.IGNORECASE | re.ASCII)

Address = IPv4Address | IPv6Address


@dataclass(frozen=True, slots=True)
class AddressRules:
    """What this installation may post to.

    Attributes:
        sandbox: The Stripe sandbox is in use: plain http to this machine is allowed for trying things out.
        forbidden_ports: Ports of this machine that are never posted to: the product's own and its servers'.
    """

    sandbox: bool = False
    forbidden_ports: frozenset[int] = frozenset()

    def check_url(self, url: str) -> None:
        """Refuse a URL by its text.

        Raises:
            BlockedAddress: With a sentence that says what to type instead.
        """
        parts = _split(url)
        host = parts.hostname or ""
        if self.sandbox and parts.scheme == "http" and host in LOOPBACK_HOSTS:
            self._check_loopback_port(parts.port or 80)
            return
        if parts.scheme != "https":
            raise BlockedAddress("A webhook address begins with https://.")
        if (parts.port or 443) not in PUBLIC_PORTS:
            raise BlockedAddress("A webhook address uses the port 443 or 8443.")
        _check_host(host)

    def check_addresses(self, host: str, port: int, found: Collection[str]) -> list[str]:
        """Return the addresses that a name stands for, all of them checked.

        Args:
            host: The name as the URL has it.
            port: The port that is about to be connected to.
            found: Every address the resolver gave, in its order.

        Raises:
            BlockedAddress: There is none, or one of them may not be connected to.
        """
        addresses = [_address(text) for text in found]
        if not addresses:
            raise BlockedAddress("This host name has no address.")
        if self.sandbox and host.lower() in LOOPBACK_HOSTS:
            self._check_loopback_port(port)
            allowed = all(address in _LOOPBACK for address in addresses)
        else:
            allowed = all(is_public(address) for address in addresses)
        if not allowed:
            raise BlockedAddress("This host name leads to an address that is not public.")
        return [str(address) for address in addresses]

    def _check_loopback_port(self, port: int) -> None:
        if port < 1024 or port in self.forbidden_ports:
            raise BlockedAddress(f"The port {port} of this machine is not open to webhooks. Use another one.")


def is_public(address: Address) -> bool:
    """Say whether an address belongs to the public internet, and wraps no other address."""
    if isinstance(address, IPv4Address):
        return not any(address in block for block in _CLOSED_V4)
    return address in _OPEN_V6 and not any(address in block for block in _CLOSED_V6)


def _split(url: str) -> SplitResult:
    if len(url) > LONGEST_URL:
        raise BlockedAddress(f"A webhook address has at most {LONGEST_URL} characters.")
    if not _PLAIN.fullmatch(url) or "\\" in url:
        raise BlockedAddress("A webhook address is written in plain ASCII, without spaces or backslashes.")
    try:
        parts = urlsplit(url)
        port = parts.port
    except ValueError as error:
        raise BlockedAddress("This is not a web address.") from error
    if "@" in parts.netloc:
        raise BlockedAddress("A webhook address holds no user name or password.")
    if not parts.hostname or port == 0:
        raise BlockedAddress("This web address names no host.")
    return parts


def _check_host(host: str) -> None:
    refusal = BlockedAddress("This host is not on the public internet.")
    name = host.rstrip(".")
    if ":" in host or "%" in host or _NUMERIC_END.search(host):
        if not is_public(_address(host)):
            raise refusal
    elif "." not in name or name.endswith((".localhost", ".local", ".internal")):
        raise refusal


def _address(text: str) -> Address:
    """Read an address in its plain form only: scopes, octal and hexadecimal spellings are refused."""
    try:
        address = ip_address(text)
    except ValueError as error:
        raise BlockedAddress("This is not the plain form of an internet address.") from error
    if isinstance(address, IPv6Address) and address.scope_id:
        raise BlockedAddress("This is not the plain form of an internet address.")
    return address
