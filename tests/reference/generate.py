"""Which page holds what is made from the code, and how it is put there."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from pathlib import Path

from tests.pages import ROOT, pages
from tests.reference import access, codes, commands, fields, house, mistakes, workflows

REGION = re.compile(r"(<!-- generated: ([\w-]+) -->\n).*?(<!-- end -->)", re.DOTALL)
MADE: Mapping[str, Callable[[], str]] = {
    "calls": fields.calls,
    "codes": codes.codes,
    "code-index": codes.index,
    "command-index": commands.index,
    "commands": commands.commands,
    "environment": fields.environment,
    "events": access.events,
    "exit-codes": commands.exit_codes,
    "house": house.picture,
    "layers": house.table,
    "manifest": fields.manifest,
    "mistakes": mistakes.mistakes,
    "plan-file": fields.plan,
    "action": workflows.action,
    "workflows": workflows.workflows,
    "roles": access.roles,
    "rules": codes.rules,
    "sandbox": commands.sandbox,
}


def marked() -> list[Path]:
    """The pages that hold something generated."""
    found = [*pages(), ROOT / "CONTRIBUTING.md"]
    return [page for page in found if REGION.search(page.read_text())]


def fresh(page: str) -> str:
    """A page with what the code says now."""
    return REGION.sub(lambda match: f"{match[1]}\n{MADE[match[2]]()}\n\n{match[3]}", page)
