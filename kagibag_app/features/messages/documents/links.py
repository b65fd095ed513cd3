"""Where a mail's links lead. They are made when it is rendered and never stored."""

from __future__ import annotations

from typing import Protocol

from kagibag_app.storage.secrets import AccessLinks, LinkPurpose


class Links(Protocol):
    """Makes full URLs from public ids."""

    def order(self, public_id: str, link_version: int) -> str:
        """Return the URL that opens the order without a password."""
        ...

    def order_file(self, public_id: str, link_version: int, name: str) -> str:
        """Return the URL of one of the order's files: ``receipt.pdf``, ``tickets.pdf``, ``event.ics``."""
        ...

    def ticket(self, public_id: str, link_version: int) -> str:
        """Return the URL that opens one ticket."""
        ...

    def invitation(self, public_id: str, version: int) -> str:
        """Return the URL where somebody joins a team."""
        ...

    def admin(self, path: str) -> str:
        """Return the URL of an organizer's page; it asks for a login."""
        ...


class MailLinks:
    """The product's links.

    Args:
        base_url: The product's address without a trailing slash.
        access: Makes the tokens.
    """

    def __init__(self, base_url: str, access: AccessLinks) -> None:
        self._base_url, self._access = base_url, access

    def order(self, public_id: str, link_version: int) -> str:
        """Return ``{base}/order/{token}``."""
        return f"{self._base_url}/order/{self._access.token(LinkPurpose.ORDER, public_id, link_version)}"

    def order_file(self, public_id: str, link_version: int, name: str) -> str:
        """Return ``{base}/api/order/{token}/{name}``."""
        token = self._access.token(LinkPurpose.ORDER, public_id, link_version)
        return f"{self._base_url}/api/order/{token}/{name}"

    def ticket(self, public_id: str, link_version: int) -> str:
        """Return ``{base}/ticket/{token}``; the version is the order's."""
        return f"{self._base_url}/ticket/{self._access.token(LinkPurpose.TICKET, public_id, link_version)}"

    def invitation(self, public_id: str, version: int) -> str:
        """Return ``{base}/admin/join/{token}``."""
        token = self._access.token(LinkPurpose.INVITATION, public_id, version)
        return f"{self._base_url}/admin/join/{token}"

    def admin(self, path: str) -> str:
        """Return ``{base}/admin/{path}``."""
        return f"{self._base_url}/admin/{path}"


class LogLinks(MailLinks):
    """The links of a mail that is read in the log: the one to a team leads nowhere.

    Whoever opens an invitation gets its role, so that a reader of the log could make an owner of themselves.
    """

    def invitation(self, public_id: str, version: int) -> str:
        """Return the page's address without a token, which only says that it is incomplete."""
        return f"{self._base_url}/admin/join/in-the-mail-alone"
