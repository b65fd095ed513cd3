"""Verbs of accounts: the installation, organizers and their members, passwords, sessions."""

from kagibag_app.features.accounts.queries import system_installation
from kagibag_app.features.accounts.service.passwords import check_password, hash_password
from kagibag_app.features.accounts.service.people import (
    add_member,
    create_organizer,
    create_user,
    prove_writable,
    remember_installation,
)
from kagibag_app.features.accounts.service.sessions import (
    confirm,
    confirm_decision,
    end_session,
    hash_token,
    load_session,
    refuse_login,
    start_session,
    switch_organizer,
    touch,
)
from kagibag_app.storage.synthetic import require_real

__all__ = [
    "add_member",
    "check_password",
    "confirm",
    "confirm_decision",
    "create_organizer",
    "create_user",
    "end_session",
    "hash_password",
    "hash_token",
    "load_session",
    "prove_writable",
    "refuse_login",
    "remember_installation",
    "require_real",
    "start_session",
    "switch_organizer",
    "system_installation",
    "touch",
]
