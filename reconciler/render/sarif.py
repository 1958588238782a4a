"""What is wrong with manifests as SARIF 2.1.0, which code scanning of GitHub and others read."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Mapping
from urllib.parse import quote

from reconciler.core.errors import Problem, named
from reconciler.core.model import JSON
from reconciler.render import escape

VERSION = "2.1.0"
_SCHEMA = "https://json.schemastore.org/sarif-2.1.0.json"


def as_sarif(found: Iterable[Problem], reasons: Mapping[str, str], version: str) -> str:
    """One run, each problem once. ``reasons`` says of each code why it is told. Paths are as
    problems have them: code scanning reads them from the repository's root."""
    problems = list(dict.fromkeys(found))
    codes = sorted({problem.code for problem in problems})
    driver: dict[str, JSON] = {
        "name": "reconciler",
        "version": version,
        "rules": [
            {"id": code, "shortDescription": {"text": reasons.get(code, code)}} for code in codes
        ],
    }
    return escape.as_json(
        {
            "$schema": _SCHEMA,
            "version": VERSION,
            "runs": [
                {
                    "tool": {"driver": driver},
                    "columnKind": "unicodeCodePoints",
                    "results": [_result(problem, codes) for problem in problems],
                }
            ],
        },
        indent=2,
    )


def _result(problem: Problem, codes: list[str]) -> dict[str, JSON]:
    place = problem.place
    where: dict[str, JSON] = {"artifactLocation": {"uri": quote(place.path, safe="/")}}
    if place.line:
        where["region"] = {"startLine": place.line, "startColumn": max(1, place.column)}
    hint = named(problem.hint, problem.place)
    text = problem.message if hint is None else f"{problem.message}. {hint}"
    same = hashlib.sha256(f"{place.path}\n{problem.code}\n{problem.message}".encode()).hexdigest()
    return {
        "ruleId": problem.code,
        "ruleIndex": codes.index(problem.code),
        "level": "warning" if problem.warning else "error",
        "message": {"text": text},
        "locations": [{"physicalLocation": where}],
        # What is the same though its line moved.
        "partialFingerprints": {"problem/v1": same},
    }
