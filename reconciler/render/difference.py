"""The words of drift: what happened, how it was and is, and what puts it right."""

from __future__ import annotations

from datetime import datetime

from reconciler.core.digest import canonical
from reconciler.core.drift import Drift, DriftClass, Moved
from reconciler.core.model import JSON, Note, Scope
from reconciler.core.reasons import Reason, Why
from reconciler.core.what import What
from reconciler.render import reasons
from reconciler.render.escape import terminal, word

_SHOWN = 300  # characters of one field's content

_WORDS = {
    What.VALUE: "the value was written outside{who}{when}",
    What.GENERATED: "the value was written outside{who}{when}; it stays, since git does not know"
    " it",
    What.VALUE_OR_ROTATION: "the value was written outside, or by the rotation that is off now",
    What.CHANGED: "changed outside{who}{when}: {fields}",
    What.WRITTEN: "written outside as a whole{who}{when}: {fields}",
    What.RESCHEDULED: "its rotation was changed outside{when}: {fields}",
    What.DELETED: "deleted outside: the last apply left it here, and it is gone",
    What.DELETING: "deleted outside: it is pending deletion{when}",
    What.REPLACED: "re-created outside, or without our marks any more{who}{when}: what has its name"
    " is not ours",
    What.UNMARKED: "its owner tags were removed or changed outside{when}",
    What.MARK: "its tag reconciler:spec was changed outside{when}",
    What.OPEN_POLICY: "its resource policy allows everybody who has an AWS account",
    What.GONE: "it is not there: somebody may have deleted it, or a run that did not complete has"
    " deleted it or not created it",
    What.NOT_OURS: "what has its name is not ours: a run that did not complete, or somebody else,"
    " made it{who}{when}",
    What.VALUE_LEFT: "the value was written outside{who}{when}, or stood here before a run that did"
    " not complete",
    What.LEFT: "changed by a run that did not complete, or outside{when}: {fields}",
    What.STUCK: "a rotation has begun and not ended{since}: AWSPENDING is on another version",
    What.LATE: "should have been rotated by {day}",
    What.AGED: "written {age} days ago, and max_age is {limit} days",
    What.CREATE: "declared and not there: to create",
    What.PRUNE: "no longer declared: to prune",
    What.FOREIGN: "below the prefix, not declared, and without owner tags",
    What.UNDECLARED: "on an owned resource, and not declared: {fields}",
}
_UNTOLD = {
    What.DELETING: "it is pending deletion{when}: somebody may have deleted it, or an earlier apply"
    " pruned it",
}
_LEFT = (
    "it exists and is not managed, and marks of this environment are left on it: its owner tags"
    " were removed, or an adoption did not end"
)


def sentence(entry: Drift) -> str:
    """What a difference is; not escaped where it was put into words before."""
    because, what = entry.because, entry.what
    if isinstance(because, Note):
        return reasons.note(because) + entry.text
    if what is None:
        return entry.text
    if what in _AHEAD:
        return _ahead(entry, what) + entry.text
    if what is What.UNMARKED and entry.kind_of is DriftClass.REFUSED:
        return f"refused: {_LEFT}"
    if isinstance(because, Why) and what is What.REFUSED:
        return f"refused: {reasons.reason(because)}"
    if what is What.SWITCHED:
        told = f"rotation was switched {'on' if _on(entry) else 'off'} outside{_when(entry)}"
    else:
        told = _filled(entry, what)
    # Git objects too: then no apply puts it right.
    if isinstance(because, Why) and what not in _NAMED:
        told += f"; and {reasons.reason(because)}"
    return told + entry.text


_AHEAD = (What.UPDATE, What.RESTORE, What.REPLACE)
# What a refusal only repeats.
_NAMED = (What.REPLACED, What.UNMARKED, What.NOT_OURS, What.VALUE_OR_ROTATION)


def _filled(entry: Drift, what: What) -> str:
    unknown = entry.kind_of is DriftClass.UNKNOWN
    text = _UNTOLD[what] if unknown and what in _UNTOLD else _WORDS[what]
    age, limit = entry.days or (0, 0)
    since = f" since {_minute(entry.since)}" if entry.since else ""
    return text.format(
        who=f" by {terminal(entry.by)}" if entry.by else "",
        when=_when(entry),
        since=since,
        day=f"{entry.since:%Y-%m-%d}" if entry.since else "",
        fields=", ".join(map(_field, entry.fields)),
        age=age,
        limit=limit,
    )


def _ahead(entry: Drift, what: What) -> str:
    if isinstance(entry.because, Why) and entry.because.reason is Reason.MARK:
        return f"to {what}: only its mark, which remembers something different"
    told = f"to {what}: {', '.join(map(word, entry.names)) or 'as it was'}"
    if isinstance(entry.because, Why) and entry.because.reason is Reason.UNMARKED:
        told += "; no mark says that the live value was git's"
    return told


def _field(moved: Moved) -> str:
    name, now = word(moved.name), _content(moved.now)
    if moved.known:
        return f"{name} was {_content(moved.was)} and is {now}"
    if moved.declared is None:
        return f"{name} is {now}"
    return f"{name} is {now}, and git declares {_content(moved.declared)}"


def _content(content: JSON) -> str:
    if content is None or content in ("", [], {}):
        return "(none)"
    if isinstance(content, bool):
        return "on" if content else "off"
    shown = terminal(canonical(content))
    return shown if len(shown) <= _SHOWN else f"{shown[:_SHOWN]}…"


def _on(entry: Drift) -> bool:
    return any(moved.now is True for moved in entry.fields)


def _when(entry: Drift) -> str:
    """Without a name the date is that of any last change, and may be later."""
    if entry.since is None:
        return ""
    return f" on {_minute(entry.since)}" if entry.by else f" (last changed {_minute(entry.since)})"


def _minute(moment: datetime) -> str:
    return f"{moment:%Y-%m-%d %H:%M} UTC"


def code(entry: Drift) -> str | None:
    """What happened, as one word for programs."""
    if entry.what is What.SWITCHED:
        return "rotation-on" if _on(entry) else "rotation-off"
    return None if entry.what is None else entry.what.value


# --- what puts it right -------------------------------------------------------------------------

_VALUE = "{apply}; or, to keep the live value, {adopt} --take live; then {adopt}"
_ADVICE = {
    What.VALUE: _VALUE,
    What.VALUE_OR_ROTATION: _VALUE,
    What.GENERATED: "reconciler rotate {env} {name} makes a new one",
    What.CHANGED: "{apply}; or declare what is live",
    What.WRITTEN: "{apply}; or declare what is live",
    What.SWITCHED: "{apply}; or declare what is live",
    What.RESCHEDULED: "{apply}; or declare what is live",
    What.VALUE_LEFT: "{apply}, which writes the declared value; or adopt again",
    What.LEFT: "{apply}; or declare what is live",
    What.DELETED: "{apply} creates it again; or take it out of the manifest",
    What.DELETING: "{apply} restores it; or take it out of the manifest",
    What.REPLACED: "see who made it, then {adopt}; or take it out of the manifest",
    What.UNMARKED: "{adopt}; or take it out of the manifest",
    What.NOT_OURS: "see who made it, then {adopt}; or take it out of the manifest",
    What.MARK: "{apply}",
    What.OPEN_POLICY: "aws secretsmanager delete-resource-policy --secret-id {full}; or declare a"
    " `resource_policy` and apply it",
    What.GONE: "see who deleted it, if anybody, then {apply}",
    What.STUCK: "see the log of its function, then reconciler rotate {env} {name} --clear-pending",
    What.LATE: "reconciler rotate {env} {name}",
    What.AGED: "reconciler set {env} {name} --apply, and commit the manifest",
    What.CREATE: "{apply}",
    What.UPDATE: "{apply}",
    What.RESTORE: "{apply}",
    What.REPLACE: "{apply}",
    What.PRUNE: "reconciler apply {env}",
    What.FOREIGN: "declare it, then {adopt}; or delete it",
    What.UNDECLARED: "declare it, or remove it in AWS",
}


def advice(entry: Drift, scope: Scope) -> str | None:
    """What puts it right: a command, or what to change in git. None where nothing has to be."""
    if entry.advice is not None:
        return entry.advice or None
    because = entry.because
    adopts = entry.what in (What.REPLACED, What.UNMARKED, What.NOT_OURS)
    if isinstance(because, Why) and entry.kind_of is not DriftClass.PENDING and not adopts:
        return reasons.hint(because)
    if isinstance(because, Note):
        if entry.kind_of is not DriftClass.KEPT:
            return None
        text = "reconciler release {env} {name}; or say `prune: true`, and apply"
    elif entry.what is None:
        return None
    else:
        text = _ADVICE[entry.what]
    full = terminal(entry.key.name)
    name = full.removeprefix(scope.under) or full
    env = terminal(scope.environment)
    return text.format(
        env=env,
        name=name,
        full=full,
        apply=f"reconciler apply {env} --only {name}",
        adopt=f"reconciler adopt {env} {name}",
    )
