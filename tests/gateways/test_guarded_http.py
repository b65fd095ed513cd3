"""Requests to addresses that strangers typed: they reach the public internet or nothing."""

from __future__ import annotations

import ipaddress

import pytest

from kagibag_app.gateways.guarded_http import GuardedSender
from kagibag_app.gateways.guarded_http.addresses import AddressRules, is_public
from kagibag_app.gateways.guarded_http.sender import look_up
from kagibag_app.ports.webhook_http import BlockedAddress
from tests.receiving import Answer, Receiver, Recorder, listening, receiver, send

__all__ = ["receiver"]

PUBLIC = "93.184.215.14"

PRIVATE_ADDRESSES = [
    "0.0.0.0", "0.1.2.3", "10.0.0.1", "100.64.0.1", "127.0.0.1", "127.255.255.254", "169.254.169.254", "172.16.0.1",
    "172.31.255.255", "192.0.0.1", "192.0.2.1", "192.88.99.1", "192.168.1.1", "198.18.0.1", "198.51.100.1",
    "203.0.113.1", "224.0.0.1", "239.255.255.255", "240.0.0.1", "255.255.255.255",
    "::", "::1", "::127.0.0.1", "::7f00:1", "::ffff:127.0.0.1", "::ffff:8.8.8.8", "::ffff:0:127.0.0.1",
    "64:ff9b::7f00:1", "64:ff9b::808:808", "64:ff9b:1::a00:1", "100::1", "2001::1", "2001:0:7f00:1::", "2001:20::1",
    "2001:db8::1", "2002:7f00:1::", "2002:808:808::", "3fff::1", "5f00::1", "fc00::1", "fd12:3456::1", "fe80::1",
    "fec0::1", "ff02::1",
]  # fmt: skip

# Every spelling is aimed at the port of a server that listens on loopback, see `aim`.
LOOPBACK_SPELLINGS = [
    "127.1", "127.0.1", "2130706433", "0x7f000001", "0x7f.1", "0X7F.0.0.1", "0177.0.0.1", "017700000001", "127.0.0.1.",
    "127.0.0.2", "0.0.0.0", "0", "localhost.", "LOCALHOST.", "sub.localhost", "printer.local", "db.internal",
    "[::]", "[::ffff:127.0.0.1]", "[::ffff:7f00:1]", "[::127.0.0.1]", "[0:0:0:0:0:ffff:127.0.0.1]", "[::1%25lo]",
    "[64:ff9b::7f00:1]", "[64:ff9b:1::7f00:1]", "[2002:7f00:1::]", "[2001:0:7f00:1::]", "[fe80::1]", "[fc00::1]",
    "169.254.169.254", "10.0.0.1", "192.168.0.1", "172.16.0.1", "100.64.0.1", "224.0.0.1",
    "user:pass@127.0.0.1", "user@127.0.0.1", "example.com@127.0.0.1", "127.0.0.1\\@example.com", "①②⑦.⓪.⓪.①",
    "127。0。0。1", "127.0.0.1%2f", "127.0.0.1\t", "127.0.0.1 ", "local\nhost", "[::1", "",
]  # fmt: skip
PLAIN_SPELLINGS = ["127.0.0.1", "localhost", "[::1]", "LOCALHOST"]


@pytest.mark.parametrize("address", PRIVATE_ADDRESSES)
def test_address_is_closed_when_it_is_not_public_or_wraps_another(address: str) -> None:
    assert not is_public(ipaddress.ip_address(address))


@pytest.mark.parametrize("address", ["1.1.1.1", PUBLIC, "2606:4700:4700::1111", "2a00:1450:4001:82b::200e"])
def test_address_is_open_when_it_is_public(address: str) -> None:
    assert is_public(ipaddress.ip_address(address))


@pytest.mark.parametrize("scheme", ["http", "https"])
@pytest.mark.parametrize("spelling", LOOPBACK_SPELLINGS + PLAIN_SPELLINGS)
async def test_attack_14_no_spelling_reaches_this_machine_in_production(
    receiver: Receiver, spelling: str, scheme: str
) -> None:
    answer = await send(GuardedSender(deadline=3), f"{scheme}://{spelling}:{receiver.port}/")
    assert (answer.status, answer.error.startswith("Nothing was sent.")) == (0, True)
    assert receiver.connections == 0


@pytest.mark.parametrize("scheme", ["http", "https"])
@pytest.mark.parametrize("spelling", LOOPBACK_SPELLINGS)
async def test_attack_14_only_three_spellings_reach_this_machine_in_sandbox_mode(
    receiver: Receiver, spelling: str, scheme: str
) -> None:
    answer = await send(GuardedSender(sandbox=True, deadline=3), f"{scheme}://{spelling}:{receiver.port}/")
    assert (answer.status, answer.error.startswith("Nothing was sent.")) == (0, True)
    assert receiver.connections == 0


@pytest.mark.parametrize("sandbox", [True, False])
@pytest.mark.parametrize("spelling", LOOPBACK_SPELLINGS + PLAIN_SPELLINGS)
async def test_attack_14_no_spelling_is_connected_to_when_the_port_is_the_usual_one(
    receiver: Receiver, spelling: str, sandbox: bool
) -> None:
    sender = GuardedSender(sandbox=sandbox, network=Recorder(receiver.port), deadline=3)
    answer = await send(sender, f"https://{spelling}/")
    assert answer.error.startswith("Nothing was sent.")
    assert receiver.connections == 0


@pytest.mark.parametrize("spelling", ["127.1", "2130706433", "0x7f.1", "0177.0.0.1", "localhost"])
async def test_attack_14_what_the_resolver_makes_of_a_spelling_is_refused_as_well(spelling: str) -> None:
    found = await look_up(spelling, 443)
    assert set(found) <= {"127.0.0.1", "::1"}
    with pytest.raises(BlockedAddress):
        AddressRules().check_addresses(spelling, 443, found)


@pytest.mark.parametrize("spelling", ["127.0.0.1", "localhost", "LOCALHOST", "[::1]"])
async def test_sandbox_mode_posts_to_this_machine(spelling: str) -> None:
    async with listening("::1" if "[" in spelling else "127.0.0.1") as found:
        answer = await send(
            GuardedSender(sandbox=True), f"http://{spelling}:{found.port}/hook?a=1", {"x-a": "b"}
        )
        assert (answer.status, answer.error, answer.excerpt) == (200, "", "thank you")
        (request,) = found.requests
        assert (request.line, request.body) == ("POST /hook?a=1 HTTP/1.1", b'{"id":1}')
        assert request.headers["host"] == f"{spelling}:{found.port}"
        assert (request.headers["x-a"], request.headers["accept-encoding"]) == ("b", "identity")


@pytest.mark.parametrize("spelling", ["127.0.0.1", "localhost", "[::1]"])
async def test_attack_14_own_ports_stay_closed_in_sandbox_mode(receiver: Receiver, spelling: str) -> None:
    sender = GuardedSender(sandbox=True, forbidden_ports=[receiver.port])
    answer = await send(sender, f"http://{spelling}:{receiver.port}/")
    assert answer.error.startswith("Nothing was sent.")
    assert receiver.connections == 0


@pytest.mark.parametrize(
    "url",
    [
        "http://example.com/", "ftp://example.com/", "file:///etc/passwd", "gopher://example.com/", "//example.com/",
        "example.com", "https:///path", "https://example.com:22/", "https://example.com:80/", "https://example.com:0/",
        "https://example.com:99999/", "https://user:pass@example.com/", "https://@example.com/", "https://exa mple.com/",
        "https://example.com\\@evil.com/", "https://exämple.com/", "https://example.com/\r\nX: y", "https://intranet/",
        "https://[::1]/", "https://example.com:6379/", "javascript:alert(1)", "", "https://" + "a" * 600 + ".com/",
        "http://localhost:80/", "http://localhost:22/", "https://localhost:8443/", "unix:/var/run/docker.sock",
    ],
)  # fmt: skip
@pytest.mark.parametrize("sandbox", [True, False])
def test_attack_14_url_is_refused_by_its_text_in_both_modes(url: str, sandbox: bool) -> None:
    with pytest.raises(BlockedAddress) as refused:
        GuardedSender(sandbox=sandbox).check_url(url)
    assert refused.value.reason.endswith(".")


@pytest.mark.parametrize(
    "url",
    [
        "https://example.com", "https://hooks.example.com/a/b?c=d", "https://example.com:8443/", "https://EXAMPLE.com:443/",
        "https://93.184.215.14/hook", "https://[2606:4700:4700::1111]/hook", "https://xn--exmple-cua.com/", "https://1und1.de/",
        "https://0xide.computer/",
    ],
)  # fmt: skip
def test_url_is_accepted_when_it_is_an_ordinary_one(url: str) -> None:
    GuardedSender().check_url(url)


@pytest.mark.parametrize("address", PRIVATE_ADDRESSES)
async def test_attack_14_name_that_leads_to_a_private_address_is_not_connected_to(address: str) -> None:
    for found in ([address], [PUBLIC, address], [address, PUBLIC]):
        answer = await send(Recorder().sender(*found), "https://rebound.example.com/")
        assert answer.error == "Nothing was sent. This host name leads to an address that is not public."


async def test_attack_14_rebinding_changes_nothing_because_the_name_is_looked_up_once() -> None:
    network, answers = Recorder(), [[PUBLIC], ["127.0.0.1"]]

    async def resolve(host: str, port: int) -> list[str]:
        return answers.pop(0)

    sender = network.sender(resolve=resolve)
    await sender.post("https://rebound.example.com/", b"{}", {})
    assert (network.asked, len(answers)) == ([(PUBLIC, 443)], 1)
    answer = await send(sender, "https://rebound.example.com/")
    assert answer.error.startswith("Nothing was sent.")
    assert network.asked == [(PUBLIC, 443)]


async def test_attack_14_redirect_to_this_machine_is_not_followed(receiver: Receiver) -> None:
    async with listening() as redirecting:
        redirecting.answers = [Answer(307, headers={"Location": receiver.url})]
        answer = await send(GuardedSender(sandbox=True), redirecting.url)
    assert answer.status == 307
    assert receiver.connections == 0


async def test_attack_14_proxies_of_the_environment_are_not_used(
    receiver: Receiver, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in ("HTTP_PROXY", "HTTPS_PROXY", "ALL_PROXY", "http_proxy", "https_proxy", "all_proxy"):
        monkeypatch.setenv(name, f"http://127.0.0.1:{receiver.port}")
    network = Recorder()
    sender = network.sender(PUBLIC)
    await send(sender, "https://hooks.example.com/")
    assert network.asked == [(PUBLIC, 443)]
    assert receiver.connections == 0
