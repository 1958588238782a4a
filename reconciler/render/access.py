"""Who gets access, in words."""

from __future__ import annotations

from reconciler.core.access import Opened, Opening
from reconciler.core.model import Action, Plan
from reconciler.render import names
from reconciler.render.escape import terminal

TITLE = "Access"
ABOUT = "Each of these lets somebody at a value who could not read it before, or may."

_WORDS = {
    Opening.ALLOWED: "its resource policy allows {name}",
    Opening.FUNCTION: "a rotation function is handed its value: {name}",
    Opening.IN_CLEAR: "its value, encrypted in git, is not encrypted in AWS: its type is {name}",
    Opening.KEY: "whoever may use the KMS key {name} can decrypt it",
    Opening.OUTSIDE_PREFIX: "its name is outside the prefix: what allows the prefix does not name"
    " it, and others may",
    Opening.READER: "{name} may read it",
    Opening.REPLICA: "it has a copy in {name}",
    Opening.RECIPIENT: "recipient added, who can decrypt: {name}",
    Opening.RULES: "these creation rules are not the manifests' own, and sops may take them",
    Opening.INCLUDED: "includes {name}",
    Opening.NOT_INCLUDED: "no longer includes {name}",
    Opening.IGNORED: "findings of the rule {name} are ignored",
    Opening.NOT_IGNORED: "findings of the rule {name} are no longer ignored",
    Opening.VARIABLE: "exec and export hand it out as {name}",
    Opening.PREFIX: "exec and export put {name} before the names of variables",
    Opening.LOGIN: "its rotation function reads the secret {name}, and logs in with it",
    Opening.LOGIN_AT: "its rotation function takes the login of another secret to {name}",
    Opening.FOUND: "{name}",
}
_EVERYBODY = "everybody who has an AWS account"


def words(opened: Opened) -> str:
    """One sentence."""
    name = _EVERYBODY if opened.name == "*" else terminal(opened.name or "")
    said = _WORDS[opened.opening].format(name=name)
    return f"{said} (account {terminal(opened.account)})" if opened.account else said


def lines(plan: Plan) -> list[str]:
    """All that a plan opens, a line each: first who can decrypt and what else manifests say, then
    what a change opens to other accounts, then the rest."""
    found = [
        (opened.account is None, f"{names.with_kind(change.key, plan.scope)}: {words(opened)}")
        for change in plan.changes
        if change.action is not Action.REFUSE
        for opened in change.access
    ]
    return [
        *declared(plan),
        *(line for _, line in sorted(found, key=lambda one: one[0])),
    ]


def declared(plan: Plan) -> list[str]:
    """What manifests open beside all changes, a line each."""
    return [f"{terminal(one.subject)}: {words(one.opened)}" for one in plan.opened]
