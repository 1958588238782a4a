"""Callers: workflows of a repository that has the reconciler's own do all the work.

What only the caller can say stands in it: when it runs, what its jobs may do at most ("The
`GITHUB_TOKEN` permissions passed from the caller workflow can be only downgraded (not elevated) by
the called workflow"), and that the age key goes along. Everything else is in the called workflow,
at a commit.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

_INHERIT = (
    "    secrets: inherit # zizmor: ignore[secrets-inherit] an Environment's age key comes by no"
    " other way\n"
)


@dataclass(frozen=True)
class _Caller:
    """``events`` and ``permissions`` are YAML; ``given`` are the inputs of a run by hand."""

    about: str
    events: str
    permissions: str
    given: tuple[str, ...] = ()
    decrypts: bool = True


_WITH_AGE = "secrets-merge"  # no role of AWS is assumed in it
_NAME = "{ description: %s, type: string, required: true }"
_CALLERS = {
    "secrets-plan": _Caller(
        'What a pull request would change in AWS, on it. Require the check "secrets / secrets".',
        "on: [pull_request, merge_group]\n",
        "contents: read, id-token: write, issues: read, pull-requests: write",
        decrypts=False,
    ),
    "secrets-apply": _Caller(
        "Write to AWS what was merged and reviewed; by hand, with the digest of a plan.",
        f"""\
on:
  push: {{ branches: [main] }}
  workflow_dispatch:
    inputs:
      environment: {_NAME % "The environment to apply"}
      digest: {_NAME % "The digest of the plan that you have read"}
""",
        "actions: read, contents: read, id-token: write, pull-requests: write",
        ("environment", "digest"),
    ),
    "secrets-drift": _Caller(
        "What somebody changed in AWS and not in git: every morning, and by hand.",
        """\
on:
  schedule: [{ cron: "17 5 * * *" }]
  workflow_dispatch:
    inputs:
      environment: { description: The environment to look at; empty for all, type: string }
""",
        "contents: read, id-token: write, issues: write",
        ("environment",),
        decrypts=False,  # unless SECRETS_DRIFT_WITH_KEY is set
    ),
    "secrets-adopt": _Caller(
        "Adopt what exists in AWS: it shows the plan, and with the plan's digest it writes.",
        f"""\
on: {{ workflow_dispatch: {{ inputs: {{
  environment: {_NAME % "The environment"},
  names: {{ description: What to adopt; all that is declared and exists if empty, type: string }},
  take: {{ description: Whose value stays, type: choice, options: [refuse those, git] }},
  digest: {{ description: That of the plan; only shows it if empty, type: string }} }} }} }}
""",
        "contents: read, id-token: write",
        ("environment", "names", "take", "digest"),
    ),
    _WITH_AGE: _Caller(
        "Merge main into a pull request that conflicts with it in encrypted manifests.",
        f"""\
on:
  workflow_dispatch:
    inputs:
      number: {_NAME % "The number of the pull request"}
""",
        "actions: read, contents: write, pull-requests: write",
        ("number",),
    ),
}


def callers(action: str, version: str | None, *, age: bool) -> Mapping[str, str]:
    """Each caller by its name. ``action`` is OWNER/REPOSITORY@COMMIT of the reconciler's own,
    ``version`` what that is called; ``age`` is whether a key of age decrypts."""
    return {
        f"{name}.yml": _text(name, one, action, version, age)
        for name, one in _CALLERS.items()
        if age or name != _WITH_AGE
    }


def _text(name: str, one: _Caller, action: str, version: str | None, age: bool) -> str:
    repository, _, commit = action.partition("@")
    called = f"{repository}/.github/workflows/{name}.yml@{commit}"
    inputs = ", ".join(f"{given}: '${{{{ inputs.{given} }}}}'" for given in one.given)
    return (
        f"# {one.about}\n"
        f"name: {name}\n"
        f"{one.events}"
        "permissions: {}\n"
        "jobs:\n"
        "  secrets:\n"
        f"    permissions: {{ {one.permissions} }} # at most; each job takes its part\n"
        f"    uses: {called}{'' if version is None else f' # {version}'}\n"
        + (f"    with: {{ {inputs} }}\n" if inputs else "")
        + (_INHERIT if age and one.decrypts else "")
    )
