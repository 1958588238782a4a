"""What becomes of an environment that git no longer has, or has under another name."""

from __future__ import annotations

import shlex
from collections.abc import Callable
from typing import TYPE_CHECKING

from reconciler.render.escape import code, terminal

if TYPE_CHECKING:
    from reconciler.manifest.branch import Removed


def commands(found: Removed, record: str) -> list[tuple[str, str]]:
    """What there is to run, each with what it is for; ``record`` is the parameter that holds the
    environment's record."""
    old = shlex.quote(terminal(found.environment))
    kept = [("let go of what it owns", f"reconciler release {old} --all")]
    if found.renamed is not None and found.same_names:
        new = shlex.quote(terminal(found.renamed))
        kept.append(("take it over, where git has the new name", f"reconciler adopt {new}"))
    stays = ("delete the record of its last apply", f"aws ssm delete-parameter --name {record}")
    return [*kept, stays]


def markdown(found: Removed, record: str) -> str:
    """The whole of it, for a comment and a summary."""
    told = [
        f"## {code(found.environment)}",
        "",
        f"**{_headline(found, code)}**",
        "",
        _stays(found),
        "",
    ]
    told += [f"- To {what}: {code(line)}" for what, line in commands(found, record)]
    told += ["", _how(found)]
    return "\n".join(told) + "\n"


def new_name(found: Removed) -> str:
    """For the plan of the environment that has the files now."""
    old = code(found.environment)
    if found.same_names:
        return f"**{old} under another name, and the same names in AWS:** see its comment.\n"
    return (
        f"**{old} under another name, and other names in AWS.** Everything is made anew, generated"
        f" values too; nothing of {old} is moved or deleted. See its comment.\n"
    )


def lines(found: Removed, record: str) -> tuple[str, ...]:
    """The same for an annotation."""
    every = (f"to {what}: {line}" for what, line in commands(found, record))
    return (_headline(found, terminal), *every)


def _headline(found: Removed, shown: Callable[[str], str]) -> str:
    if found.renamed is None:
        return "Removed from git. Nothing in AWS changes."
    new = shown(found.renamed)
    if found.same_names:
        return (
            f"Renamed to {new}, under the same names in AWS. Nothing is created, written or deleted"
            f" until {new} has taken them over."
        )
    return (
        f"Renamed to {new}, under other names in AWS. {new} is made anew, and nothing of the old"
        " one is moved or deleted."
    )


def _stays(found: Removed) -> str:
    account, region, prefix = map(code, found.place)
    told = [
        f"{count} {section if count != 1 else section[:-1]}"
        for section, count in sorted(found.declared.items())
    ]
    much = " and ".join(told) or "nothing"
    return (
        f"It declared {much}: account {account}, {region}, names below {prefix}, owned by"
        f" {code(f'{found.owner}/{found.environment}')}. What of it is in AWS stays there as it is,"
        " and no plan, apply or drift looks at it any more."
    )


def _how(found: Removed) -> str:
    old = code(found.environment)
    first = f"Release from a checkout that still has {old}, with its key, as a person."
    if found.renamed is None:
        return (
            f"{first} To delete instead, merge a branch before this one that declares nothing,"
            " with `empty: true`, `prune: true` and guards that allow it: its plan shows each."
        )
    new = code(found.renamed)
    if found.same_names:
        return (
            f"{first} Values stay, and applications notice nothing. Until then the plan of {new}"
            " refuses each of them."
        )
    return (
        f"{first} Do it once applications read the names of {new}. Its generated values are new"
        " ones, and what rotates begins with its first value."
    )
