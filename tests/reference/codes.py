"""The codes of errors, refusals and rules: cause, example, what to do."""

from __future__ import annotations

from collections.abc import Mapping

from reconciler import rules as found_by_rules
from reconciler.core import ends, fixes, refusals
from reconciler.manifest.codes import CODES
from reconciler.manifest.fixes import FIXES
from reconciler.manifest.fixes import GROUPS as SUBJECTS
from reconciler.operations import report
from reconciler.rules.fixes import FIXES as RULE_FIXES
from tests.reference.markdown import table

GROUPS: tuple[tuple[str, str, Mapping[str, str], Mapping[str, tuple[str, str]]], ...] = (
    ("Errors in manifests", "`validate` and every command that reads manifests", CODES, FIXES),
    (
        "Refused changes",
        "`plan` and `apply`, and the other changes do not wait",
        refusals.REASONS,
        fixes.FIXES,
    ),
    ("Findings of rules", "`validate` and `plan`, as warnings", found_by_rules.REASONS, RULE_FIXES),
    ("Findings of a report", "`report`", report.REASONS, report.FIXES),
    ("Ends of a command", "every command, and then nothing more is done", ends.REASONS, ends.FIXES),
)


def codes() -> str:
    """All of them, each with a heading of its own. One that stands in two groups has two."""
    parts, seen = [], set[str]()
    for title, where, reasons, ways in GROUPS:
        parts.append(f"## {title}\n\nShown by {where}.")
        for code, reason in reasons.items():
            example, todo = ways[code]
            again = f" ({title.split()[0].lower()})" if code in seen else ""
            seen.add(code)
            parts.append(
                f"### {code}{again}\n\n{_sentence(reason)}\n\n"
                f"- Example: {example}\n- What to do: {todo}"
            )
    return "\n\n".join(parts)


def index() -> str:
    """Each code, with its place in the reference; those of manifests by subject."""
    parts, seen = [], set[str]()
    for title, where, reasons, _ in GROUPS:
        parts.append(f"## {title}\n\nShown by {where}.")
        links = {}
        for code in reasons:
            anchor = code if code not in seen else f"{code}-{title.split()[0].lower()}"
            seen.add(code)
            links[code] = f"[{code}](../reference/codes.md#{anchor})"
        if reasons is CODES:
            parts += [
                f"**{subject}**: {', '.join(links[code] for code in sorted(group))}."
                for subject, group in SUBJECTS.items()
            ]
        else:
            parts.append(f"{', '.join(links[code] for code in sorted(links))}.")
    return "\n\n".join(parts)


def rules() -> str:
    """Each rule, with what it is for."""
    return table(
        ("rule", "because"),
        [(f"[`{c}`](codes.md#{c})", _sentence(r)) for c, r in found_by_rules.REASONS.items()],
    )


def _sentence(text: str) -> str:
    return f"{text[0].upper()}{text[1:]}."
