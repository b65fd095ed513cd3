"""Access links open one thing in one version; sealed secrets open with their key only."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from hypothesis import given
from hypothesis import strategies as st

from kagibag_app.kit.ids import public_id
from kagibag_app.settings import KeyRing
from kagibag_app.storage.secrets import AccessLinks, LinkClaim, LinkPurpose, SecretBox

OLD, NEW = "a" * 32, "b" * 32
ORDER = public_id("or")


def opens(
    links: AccessLinks, token: object, purpose: LinkPurpose = LinkPurpose.ORDER, version: int = 1
) -> bool:
    """Say whether a token opens what it names, as a page asks."""
    claim = links.read(token)
    return claim is not None and links.verify(claim, purpose, version)


@pytest.fixture
def links() -> AccessLinks:
    return AccessLinks(KeyRing({"k1": OLD}))


def test_a_link_opens_what_it_was_made_for(links: AccessLinks) -> None:
    token = links.token(LinkPurpose.ORDER, ORDER, 1)
    assert opens(links, token)
    assert token.startswith(f"{ORDER}.k1.")
    assert len(token) < 100


def test_a_ticket_link_does_not_open_the_order(links: AccessLinks) -> None:
    assert not opens(links, links.token(LinkPurpose.TICKET, ORDER, 1))


def test_a_raised_version_ends_every_older_link(links: AccessLinks) -> None:
    assert not opens(links, links.token(LinkPurpose.ORDER, ORDER, 1), version=2)


def test_links_of_a_rotated_key_open_until_the_key_is_gone(links: AccessLinks) -> None:
    token = links.token(LinkPurpose.ORDER, ORDER, 1)
    both = AccessLinks(KeyRing({"k2": NEW, "k1": OLD}))
    assert opens(both, token)
    assert ".k2." in both.token(LinkPurpose.ORDER, ORDER, 1)
    assert not opens(AccessLinks(KeyRing({"k2": NEW})), token)
    assert not opens(AccessLinks(KeyRing({"k1": NEW})), token)


def test_attack_6_no_changed_character_goes_unseen(links: AccessLinks) -> None:
    token = links.token(LinkPurpose.ORDER, ORDER, 1)
    for place, character in enumerate(token[:-1]):  # the last one carries two bits that say nothing
        other = "x" if character != "x" else "y"
        assert not opens(links, token[:place] + other + token[place + 1 :])


def test_attack_6_a_tag_of_one_order_does_not_open_another(links: AccessLinks) -> None:
    tag = links.token(LinkPurpose.ORDER, ORDER, 1).rpartition(".")[2]
    assert not opens(links, f"{public_id('or')}.k1.{tag}")


@pytest.mark.parametrize(
    "token",
    [
        "", ".", "..", "a.b", "a.b.c.d", "a..c", "é.k1.x", "a.k1." + "x" * 500, "x" * 1_000_000, "a.k1.\ud800",
        None, 7, b"a.b.c", [],
    ],
)  # fmt: skip
def test_attack_6_what_is_no_token_is_refused_without_an_error(links: AccessLinks, token: object) -> None:
    assert not opens(links, token)


@given(st.text(max_size=250))
def test_attack_6_no_text_opens_anything(text: str) -> None:
    assert not opens(AccessLinks(KeyRing({"k1": OLD})), text)


def test_a_claim_with_an_unknown_key_is_refused(links: AccessLinks) -> None:
    assert not links.verify(LinkClaim(ORDER, "k9", "x" * 22), LinkPurpose.ORDER, 1)


def test_a_sealed_secret_opens_and_says_nothing_itself() -> None:
    box = SecretBox(KeyRing({"k1": OLD}))
    sealed = box.seal("whsec_ü secret")
    assert "secret" not in sealed.partition(":")[2]
    assert sealed != box.seal("whsec_ü secret")
    assert box.open(sealed) == "whsec_ü secret"


def test_secrets_sealed_before_a_rotation_open_and_new_ones_use_the_new_key() -> None:
    sealed = SecretBox(KeyRing({"k1": OLD})).seal("secret")
    rotated = SecretBox(KeyRing({"k2": NEW, "k1": OLD}))
    assert rotated.open(sealed) == "secret"
    assert rotated.seal("secret").startswith("k2:")


@pytest.mark.parametrize(
    "change", [lambda s: s[:-4] + "AAA=", lambda s: "k9" + s[2:], lambda s: "", lambda s: "k1:é"]
)
def test_attack_17_a_changed_or_foreign_sealed_secret_is_refused(change: Callable[[str], str]) -> None:
    box = SecretBox(KeyRing({"k1": OLD}))
    with pytest.raises(ValueError, match="can't be opened"):
        box.open(change(box.seal("secret")))


def test_attack_17_a_stolen_database_without_the_key_opens_nothing() -> None:
    with pytest.raises(ValueError, match="can't be opened"):
        SecretBox(KeyRing({"k1": NEW})).open(SecretBox(KeyRing({"k1": OLD})).seal("secret"))
