"""Commands that look and say what they see."""

from __future__ import annotations

import asyncio
import json
import sys
from typing import Annotated

import typer
from rich.table import Table

from kagibag_app import doctor as doctor_checks
from kagibag_app.cli.common import out, read_settings, with_runtime, with_store
from kagibag_app.jobs.audit import Finding, check
from kagibag_app.jobs.audit import run as audit_books
from kagibag_app.storage.transaction import Store

app = typer.Typer()


@app.command()
def audit(
    stripe: Annotated[
        bool, typer.Option("--stripe", help="Also compare the ledger with Stripe, per account.")
    ] = False,
    as_json: Annotated[bool, typer.Option("--json", help="For scripts.")] = False,
) -> None:
    """Check the invariants on the configured database; exit code 1 when one is violated."""
    settings = read_settings(log_level="ERROR")  # logs go to the same output as the findings
    findings = (
        with_runtime(settings, lambda runtime: audit_books(runtime, stripe=True))
        if stripe
        else with_store(settings, _audit_alone)
    )
    if as_json:
        out.print_json(json.dumps([finding.as_dict() for finding in findings]))
    else:
        out.print(_findings_table(findings), soft_wrap=False)
    sys.exit(1 if any(finding.count for finding in findings) else 0)


@app.command()
def doctor(as_json: Annotated[bool, typer.Option("--json", help="For scripts.")] = False) -> None:
    """Check settings, database, Redis, Stripe, mail and clock, and say what to fix."""
    settings = read_settings(log_level="ERROR")
    results = asyncio.run(doctor_checks.run(settings))
    if as_json:
        out.print_json(json.dumps([result.as_dict() for result in results]))
    else:
        for result in results:
            out.print(f"{'ok ' if result.ok else 'FIX'}  {result.name}: {result.sentence}")
    sys.exit(0 if all(result.ok for result in results) else 1)


async def _audit_alone(store: Store) -> list[Finding]:
    async with store.read() as session:
        return await check(session)


def _findings_table(findings: list[Finding]) -> Table:
    table = Table("Rule", "Invariant", "Violations", "Examples")
    for finding in findings:
        table.add_row(str(finding.number), finding.name, str(finding.count), ", ".join(finding.examples[:3]))
    return table
