"""The `kagibag` command."""

from __future__ import annotations

import sys
from collections.abc import Mapping
from typing import Any

import typer
from pydantic import ValidationError
from sqlalchemy.exc import SQLAlchemyError

from kagibag_app.cli import benching, checking, making, running
from kagibag_app.frontend import FrontendBuildError
from kagibag_app.kit.errors import DomainError
from kagibag_app.ports.payments import PaymentsError
from kagibag_app.settings import SettingsError

app = typer.Typer(
    help="Orders, refunds and disputes for people who sell tickets.",
    no_args_is_help=True,
    pretty_exceptions_enable=False,
    rich_markup_mode=None,
)
for commands in (running, making, checking, benching):
    app.add_typer(commands.app)


def main() -> None:
    """Run the command; an error a person can mend ends in one sentence and exit code 2."""
    try:
        app(prog_name="kagibag")
    except (SettingsError, DomainError, FrontendBuildError) as error:
        _fail(str(error))
    except PaymentsError as error:
        _fail(f"Stripe gave no answer: {error.message} Nothing was changed. `kagibag doctor` says more.")
    except SQLAlchemyError as error:
        reason = str(getattr(error, "orig", None) or error).splitlines()[0]
        _fail(f"The database refused: {reason}. Run `kagibag db upgrade`; `kagibag doctor` says more.")
    except ValidationError as error:
        _fail("; ".join(_mistake(found) for found in error.errors()))


def _mistake(found: Mapping[str, Any]) -> str:
    """Name the variable a mistake is in; our own sentences name theirs."""
    said = str(found["msg"]).removeprefix("Value error, ")
    return f"KAGIBAG_{found['loc'][0]}".upper() + f": {said}." if found["loc"] else said


def _fail(sentence: str) -> None:
    sys.stderr.write(f"kagibag: {sentence}\n")
    sys.exit(2)
