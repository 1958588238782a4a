"""What came of a plan after its approval: by the audit logs that the run kept, and by whom GitHub
says that it was approved."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from reconciler.core import trail
from reconciler.core.model import Plan
from reconciler.github.api import Api
from reconciler.render.escape import code

_NEEDS = "actions: read"


@dataclass(frozen=True)
class Outcome:
    """How many changes of a plan were written, of how many, and when the last of them.

    ``logged`` is whether the run kept a log at all, ``ended`` whether every job of it ended well.
    """

    done: int
    of: int
    last: datetime | None = None
    logged: bool = True
    ended: bool = False


@dataclass(frozen=True)
class Decided:
    """Who approved a GitHub Environment, and who rejected it."""

    approved: Sequence[str] = ()
    rejected: Sequence[str] = ()


def of(plan: Plan, logs: Sequence[str], *, ended: bool) -> Outcome:
    """What a plan's audit logs say of it, those of all attempts."""
    found = trail.follow(plan, logs)
    return Outcome(len(found.written), len(found.wanted), found.last, bool(logs), ended)


def decided(api: Api, run: str, environment: str) -> Decided:
    """Who decided on an environment in a run, if anybody was asked. Raises GithubError."""
    found = api.get(f"/actions/runs/{run}/approvals", needs=_NEEDS)
    names: dict[str, list[str]] = {"approved": [], "rejected": []}
    for entry in found if isinstance(found, list) else ():
        about = {str(one["name"]).casefold() for one in entry.get("environments") or ()}
        who = (entry.get("user") or {}).get("login")
        if environment.casefold() in about and who and entry.get("state") in names:
            names[entry["state"]].append(str(who))
    return Decided(tuple(dict.fromkeys(names["approved"])), tuple(dict.fromkeys(names["rejected"])))


def sentence(found: Outcome, who: Decided | None, actor: str, page: str | None) -> str:
    """In one line, for the pull request: whether it is applied, when, and by whose word; ``who`` is
    None where GitHub did not say, which is no answer that nobody was asked."""
    run = "the run" if page is None else f"[the run]({page})"
    by = _by(who, actor)
    if found.ended or (found.of and found.done == found.of):
        at = "" if found.last is None else f" at {found.last:%Y-%m-%d %H:%M} UTC"
        return f"**Applied**{at}, {by}: {run}."
    if found.done:
        count = f"{found.done} of {found.of} changes are written"
        return f"**Partly applied:** {count}, {by}. See {run} for the others."
    if not found.logged and who is None:
        return (
            "**Apply did not end, or was rejected:** it left no log of what it wrote, and GitHub"
            f" did not say who decided. See {run}."
        )
    if not found.logged and who is not None and who.rejected:
        return f"**Not applied:** rejected by {_people(who.rejected)} in {run}."
    if not found.logged:
        return f"**Apply did not end:** it left no log of what it wrote. See {run}."
    return f"**Not applied:** nothing was written, {by}. See why in {run}."


def _by(who: Decided | None, actor: str) -> str:
    if who is None:
        return f"started by {code(actor)}, and GitHub did not say who approved it"
    return f"approved by {_people(who.approved)}" if who.approved else f"started by {code(actor)}"


def gone(page: str | None) -> str:
    """The same where GitHub no longer has the plan."""
    run = "The run" if page is None else f"[The run]({page})"
    return (
        f"**Not applied:** GitHub no longer has the plan that was to be applied. {run} shows why."
    )


def _people(logins: Sequence[str]) -> str:
    return ", ".join(map(code, logins))
