"""The words: why a change is made or refused, what to do about it, what is lost, what is told.

The reasons are typed, and a plan's digest covers them; how each is said is here and nowhere else.
"""

from __future__ import annotations

from reconciler.core.model import Action, Change, Key, Note, Scope, Write
from reconciler.core.reasons import Loss, Lost, Notable, Reason, Why
from reconciler.render.escape import terminal, word

_UNROTATED = "it is not rotated any more: its value stays as it is until somebody changes it"

_LAST = (
    "The value that rotation made last is gone with it: what takes only that one, as a database"
    " does, refuses the one that is created"
)

_REASONS = {
    Reason.EXTERNAL: "it does not exist, and it is declared `external`: somebody else has to create"
    " it",
    Reason.HELD_ELSEWHERE: "the {who} holds it, and would write it again",
    Reason.NEEDS_REPLACE: "AWS does not change its {names} in place",
    Reason.NEEDS_REPLACE_LATER: "AWS does not change its {names} in place",
    Reason.NOT_CREATABLE: "it does not exist, and it has a rotation and no value to begin with",
    Reason.NOT_MANAGED: "it exists and is not managed{by}: adopt it",
    Reason.OTHER_KEY: "it was marked with a fingerprint key that the manifests no longer have",
    Reason.OTHER_ACCOUNT: "it is a replica of {who}, a secret of another account, and AWS refuses"
    " writes to it",
    Reason.PARTNER: "it is a managed external secret ({who}): the partner and AWS make its values",
    Reason.OTHER_OWNER: "it is owned by {who}, not by this environment",
    Reason.PENDING_DELETION: "it is pending deletion",
    Reason.PREVIOUS_KEY: "its KMS key is {who}, which git does not name: who may not decrypt with"
    " it changes the key, and the value stays under the old one",
    Reason.REPLICA: "it is a replica of the secret in {who}, and AWS refuses writes to it",
    Reason.REQUIRES: "its {who} is refused",
    Reason.ROTATED_BEFORE: "rotation wrote the live value, or may have, and git never writes over"
    " it",
    Reason.ROTATION_DROPPED: "rotation is on, the manifest has no rotation any more, and git does"
    " not write over what rotation owns",
    Reason.ROTATION_ON: "`take: git` waits: rotation is still on, and while it is, rotation owns"
    " the value",
    Reason.ROTATION_PENDING: "a rotation has begun and has not ended: AWSPENDING and AWSCURRENT"
    " are on different versions",
    Reason.SEED_CHANGED: "the value in the manifest differs from the one that rotation began with,"
    " and rotation owns the value",
    Reason.SERVICE_OWNED: "the AWS service {who} owns it, and AWS refuses writes by anybody else",
    Reason.SOURCE_GONE: "it takes over the value of {who}, which does not exist",
    Reason.SOURCE_NOT_OURS: "it takes over the value of {who}, which this environment does not own",
    Reason.SOURCE_PENDING: "it takes over the value of {who}, where a rotation has begun and has"
    " not ended: AWSPENDING and AWSCURRENT are on different versions",
    Reason.SOURCE_ROTATES: "it takes over the value of {who}, where rotation is still on",
    Reason.TO_COPY: "it takes over the value of {who}, which git does not have and apply may not"
    " read: adopt copies it",
    Reason.TOO_LONG: "its description is too long: a mark goes after it, and AWS limits both"
    " together",
    Reason.UNREADABLE: "AWS does not return its value ({who})",
    Reason.VALUES_DIFFER: "the live value is not the one that is declared",
    Reason.UNMARKED: "no mark says that the live value, which will be overwritten, was git's",
    Reason.FIXED: "AWS does not change its {names} in place",
    Reason.ANEW: "its {names} changes, and `replace: true` says that its history goes with it",
    Reason.GIT_KEYS: "git goes on to own its {keys}",
    Reason.MARK: "it is as declared, and only our mark is written: of its {names} the mark"
    " remembers something different",
}
_HINTS = {
    Reason.EXTERNAL: "let its owner create it; or give it a `value` or `generate`",
    Reason.HELD_ELSEWHERE: "take it out of the stack with `DeletionPolicy: Retain`, then adopt it",
    Reason.NEEDS_REPLACE: "`replace: true` allows to delete and create it: its history and labels"
    " are lost",
    Reason.NEEDS_REPLACE_LATER: "declare it as it is, adopt it, and change it then",
    Reason.NOT_CREATABLE: "give it a `value` or `generate`, or create it and adopt it",
    Reason.NOT_MANAGED: "nothing of it was changed; choose another name, or adopt it",
    Reason.OTHER_KEY: "put the old key back behind the new one, and apply before it is removed; if"
    " it is lost, adopt the secret again",
    Reason.OTHER_ACCOUNT: "take it out of the manifest: it is changed in that account",
    Reason.PARTNER: "take it out of the manifest: nothing here can set what the partner holds",
    Reason.OTHER_OWNER: "one of the two has to release it",
    Reason.PENDING_DELETION: "restore it first: {who}",
    Reason.PREVIOUS_KEY: "name it under `previous_kms_keys`, in the secret or the environment, and"
    " print the apply role again; or declare it as it is",
    Reason.REPLICA: "declare `replicas` on the secret in {who}",
    Reason.ROTATED_BEFORE: "put the `rotation` back, or write `take: git` to let git take the value"
    " over",
    Reason.ROTATION_DROPPED: "put the `rotation` back; or write `rotation: none`, apply that, and"
    " then `take: git`",
    Reason.ROTATION_ON: "write `rotation: none` and apply that first",
    Reason.ROTATION_PENDING: "wait for it, or end it; a value written now would abandon it",
    Reason.SEED_CHANGED: "put the old value back, or rotate the secret to get a new one",
    Reason.SERVICE_OWNED: "take it out of the manifest, or declare it where that service is"
    " configured",
    Reason.SOURCE_GONE: "restore it; or take `moved_from` away, and declare a value",
    Reason.SOURCE_NOT_OURS: "adopt that one first",
    Reason.SOURCE_PENDING: "wait until it ends, then plan again",
    Reason.SOURCE_ROTATES: "apply first, which ends it (`rotation: none`); the schedule follows the"
    " copied value",
    Reason.TO_COPY: "with the adopt role, or by secrets-adopt, adopt it by its name; then apply",
    Reason.TOO_LONG: "declare a shorter `description`, or shorten the live one",
    Reason.UNREADABLE: "to adopt it the role has to read it once, and to use its KMS key",
    Reason.VALUES_DIFFER: "choose one: `--take git` writes the declared value, `--take live` puts"
    " the live one into the manifest",
}
_ADOPTED = {
    None: "it exists; only tags are set, the value is not looked at",
    Write.BOUND: "it exists and holds the declared value",
    Write.SAME: "it exists and holds the declared value, which is written once more",
    Write.CHANGED: "it exists with another value, which `--take git` overwrites",
    Write.RETURNED: "it exists with another value, which `--take git` overwrites",
}
_NO_VALUE = "it exists and holds no value"

_LOSSES = {
    Loss.DELETED: "it is deleted",
    Loss.DELETED_WITH_HISTORY: "it is deleted at once with its history and labels, and cannot be"
    " restored",
    Loss.RECOVERABLE: "it cannot be read any more; it can be restored for {days} days, then it is"
    " gone",
    Loss.REPLICAS: "its replicas, if it has any, are deleted at once",
    Loss.REPLACED: "it is deleted and created again",
    Loss.REPLACED_VERSIONS: "every version of it is deleted, and it is created again",
    Loss.REPLACED_HISTORY: "it is deleted with its history and labels, and created again 30 seconds"
    " later; until then nobody can read it",
    Loss.OVERWRITTEN: "what was written outside",
    Loss.OVERWRITTEN_PREVIOUS: "what was written outside; AWS keeps it as AWSPREVIOUS until the"
    " next new value",
    Loss.OVERWRITTEN_HISTORY: "what was written outside; AWS keeps it in the parameter's history",
    Loss.EARLIER_VALUE: "the present value: it returns to the value of commit {name}",
    Loss.ROTATED_AT_ONCE: "the value that is live: rotation makes another as soon as this is"
    " applied",
    Loss.ROTATION_ENDS: _UNROTATED,
    Loss.REPLICA: "its replica in {name} is deleted",
    Loss.UNKNOWN_REPLICAS: "its replicas in Regions that are not declared, if it has any, are"
    " deleted",
    Loss.POLICY_REMOVED: "its resource policy is removed: whoever relies on it loses access",
    Loss.UNKNOWN_POLICY_REMOVED: "its resource policy, if it has one, is removed: whoever relies on"
    " it loses access",
    Loss.UNKNOWN_POLICY_OVERWRITTEN: "the resource policy that it may have is overwritten, and is"
    " recorded nowhere",
    Loss.DECRYPTED: "its encryption: whoever may read the parameter needs no KMS key any more",
    Loss.ONE_MORE_ROTATION: "a rotation that the old `rate` scheduled may still come once",
    Loss.CLEARTEXT_STAYS: "its earlier versions stay readable without a KMS key;"
    " `replace: true` deletes them",
    Loss.UNSEEN_POLICY_OVERWRITTEN: "its present resource policy, which no plan reads, is"
    " overwritten; apply leaves a policy alone that git did not write, where its role may read it",
    Loss.POLICY_READERS: "whoever only the old policy allows can no longer read it",
    Loss.KEY_READERS: "who reads it has to be allowed to use the new key",
}
_NOTES = {
    Notable.KEPT: "owned and no longer declared; kept, because the environment says `prune: false`",
    Notable.SEED: "the value in git differs from the one that rotation began with: of it only"
    " {keys} can be written, the rest is rotation's",
    Notable.UNKNOWN: "the value in git is unknown until apply, and is not written while rotation is"
    " on",
    Notable.DELETED_OUTSIDE: f"it was there after the last apply, and somebody deleted it. {_LAST}",
    Notable.GONE: f"it may have been there before, and deleted by somebody. {_LAST}",
}
_BESIDE = (
    "let what takes the value take the one that will be created, or change that first:"
    " `reconciler set {env} {name}`; then apply, and rotate it at once"
)
_GENERATED = "apply, let what takes the value take the one that was made, and rotate it at once"
CREATED_AGAIN = "created with another value than rotation made last"
_ROTATES = "once what takes the value takes this one: reconciler rotate {env} {name}"


def is_destructive(change: Change) -> bool:
    """Whether something is lost that git does not bring back."""
    if change.action is Action.REFUSE:
        return False
    return change.action in (Action.REPLACE, Action.PRUNE) or any(
        lost.loss.destroys for lost in change.losses
    )


def loss(lost: Lost) -> str:
    """What is lost, or who is concerned: one sentence."""
    return _LOSSES[lost.loss].format(name=terminal(lost.name or ""), days=lost.days)


def why(change: Change) -> str | None:
    """Why a change is made, where a line about its value does not say so; of a refused one, why."""
    if change.action is Action.REFUSE:
        return None if change.why is None else reason(change.why)
    said = [_BY_ACTION[change.action]] if change.action in _BY_ACTION else []
    if change.action is Action.ADOPT:
        write = None if change.value is None else change.value.write
        said.append(_ADOPTED.get(write, _NO_VALUE))
    if change.why is not None and change.action is not Action.ADOPT:
        said.append(reason(change.why))
    return "; ".join(said) or None


_BY_ACTION = {
    Action.RESTORE: "it is pending deletion, which is taken back: it can be read again",
    Action.PRUNE: "it is owned and no longer declared",
}


def reason(why: Why) -> str:
    """A reason in words."""
    if why.reason is Reason.WRITTEN_OUTSIDE:
        by = f" by {terminal(why.who)}" if why.who else ""
        on = f" on {why.on}" if why.on else ""
        return f"the live value was written outside{by}{on}, and will be overwritten"
    return _filled(_REASONS[why.reason], why)


def hint(why: Why) -> str | None:
    """What to do about a refusal."""
    text = _HINTS.get(why.reason)
    return None if text is None else _filled(text, why)


def note(entry: Note) -> str:
    """Something to know that changes nothing."""
    if entry.code is not Notable.ROTATED:
        return _NOTES[entry.code].format(keys=_keys(entry.names))
    when = f"rotated on {entry.on}" if entry.on else "rotated"
    rest = f", and git its {_keys(entry.names)}" if entry.names else ""
    return f"{when}: rotation owns the value{rest}"


def beside(change: Change, scope: Scope) -> str:
    """What to do about what is told beside a change, before it is applied."""
    generated = change.value is not None and change.value.write is Write.GENERATED
    return _about(_GENERATED if generated else _BESIDE, change.key, scope)


def rotates(key: Key, scope: Scope) -> str:
    """The same once it is applied."""
    return _about(_ROTATES, key, scope)


def _about(text: str, key: Key, scope: Scope) -> str:
    return text.format(env=word(scope.environment), name=word(key.name.removeprefix(scope.under)))


def _filled(text: str, why: Why) -> str:
    who = terminal(why.who or "somebody else")
    return text.format(
        who=who,
        by=f" ({who})" if why.who else "",
        names=" and ".join(f"`{word(name)}`" for name in why.names),
        keys=_keys(why.names),
    )


def _keys(names: tuple[str, ...]) -> str:
    return f"{'key' if len(names) == 1 else 'keys'} {', '.join(map(word, names))}"
