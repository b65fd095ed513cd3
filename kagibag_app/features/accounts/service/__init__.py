"""Verbs of accounts: the installation, organizers and their members, passwords, sessions."""

from kagibag_app.features.accounts.queries import system_installation
from kagibag_app.features.accounts.service.acting import require
from kagibag_app.features.accounts.service.invitations import (
    invite,
    join,
    join_as_new,
    renew_invitation,
    revoke_invitation,
)
from kagibag_app.features.accounts.service.limits import set_manager_limits
from kagibag_app.features.accounts.service.members import change_role, remove_member, restore_member
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
    "change_role",
    "check_password",
    "confirm",
    "confirm_decision",
    "create_organizer",
    "create_user",
    "end_session",
    "hash_password",
    "hash_token",
    "invite",
    "join",
    "join_as_new",
    "load_session",
    "prove_writable",
    "refuse_login",
    "remember_installation",
    "remove_member",
    "renew_invitation",
    "require",
    "require_real",
    "restore_member",
    "revoke_invitation",
    "set_manager_limits",
    "start_session",
    "switch_organizer",
    "system_installation",
    "touch",
]
