"""What the palette leads to, besides orders: places and acts, each for those whose role includes it. Pure."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from kagibag_app.features.accounts.rules import Action, allowed
from kagibag_app.kit.text import fold

Group = Literal["go", "act"]


@dataclass(frozen=True, slots=True)
class Command:
    """A place to go to or an act to begin.

    Attributes:
        also: Further words by which people look for it.
        action: What the role must include.
        about: What happens there, for acts.
    """

    label: str
    href: str
    action: Action
    also: str = ""
    about: str = ""
    group: Group = "go"


_A = Action
COMMANDS = (
    Command("Home", "/admin", _A.VIEW_ORDERS, "figures today sales net start"),
    Command("Orders", "/admin/orders", _A.VIEW_ORDERS, "list buyers"),
    Command("Disputed orders", "/admin/orders?status=disputed", _A.VIEW_ORDERS, "open"),
    Command("Refund requests", "/admin/refunds", _A.VIEW_REFUNDS, "queue decide approve"),
    Command("Refunds that wait for a second person", "/admin/refunds?tab=second", _A.VIEW_REFUNDS, "approval"),
    Command("Failed refunds", "/admin/refunds?tab=failed", _A.VIEW_REFUNDS, "retry"),
    Command("Bulk refunds", "/admin/refunds/bulk", _A.VIEW_REFUNDS, "runs event cancelled"),
    Command("Refund policies", "/admin/refunds/policies", _A.VIEW_REFUNDS, "rules tiers"),
    Command("Disputes", "/admin/disputes", _A.VIEW_DISPUTES, "chargebacks evidence deadline"),
    Command("Events", "/admin/events", _A.VIEW_EVENTS, "calendar ticket types capacity sale"),
    Command("Check-in", "/admin/checkin", _A.CHECK_IN, "door scan tickets entrance"),
    Command("Webhooks", "/admin/webhooks", _A.VIEW_WEBHOOKS, "endpoints deliveries log"),
    Command("Messages", "/admin/messages", _A.VIEW_MESSAGES, "mails emails sent"),
    Command("Team", "/admin/settings/team", _A.VIEW_TEAM, "members roles people"),
    Command(
        "Refund an order", "/admin/orders?status=paid", _A.DECIDE_REFUNDS, "money back return",
        "Open the order, then press r", "act",
    ),
    Command(
        "Refund many orders", "/admin/refunds/bulk", _A.PREPARE_REFUNDS, "bulk event cancelled",
        "Choose the event, look at the preview", "act",
    ),
    Command(
        "Create an event", "/admin/events", _A.MANAGE_EVENTS, "new add draft sell",
        "It begins as a draft that nobody sees", "act",
    ),
    Command(
        "Check in a ticket", "/admin/checkin", _A.CHECK_IN, "scan door", "Choose the event, then scan", "act"
    ),
    Command(
        "Export orders", "/admin/orders", _A.EXPORT_ORDERS, "csv xlsx excel download",
        "Filter the list, then press Export", "act",
    ),
    Command(
        "Invite somebody", "/admin/settings/team", _A.MANAGE_TEAM, "member add colleague role",
        "By mail, with a role", "act",
    ),
    Command(
        "Add a webhook endpoint", "/admin/webhooks", _A.MANAGE_WEBHOOKS, "new integration",
        "Its secret is shown once", "act",
    ),
)  # fmt: skip


def commands_for(role: str | None, typed: str) -> list[Command]:
    """Return what a role may, narrowed to what was typed: every word begins a word of the command; the name counts first."""
    words = fold(typed).split()
    found = [
        command
        for command in COMMANDS
        if allowed(role, command.action) and _begins(f"{command.label} {command.also}", words)
    ]
    return sorted(found, key=lambda command: not _begins(command.label, words))


def _begins(text: str, words: list[str]) -> bool:
    held = fold(text).replace("-", " ").split()
    return all(any(each.startswith(part) for each in held) for word in words for part in word.split("-"))
