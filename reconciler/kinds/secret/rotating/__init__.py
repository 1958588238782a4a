"""Rotate now: a function's four steps, awaited; a new value for what we generated."""

from __future__ import annotations

from dataclasses import replace

from reconciler.aws.client import Aws
from reconciler.core.errors import AwsError
from reconciler.core.ownership import Refusal
from reconciler.kinds import shipped
from reconciler.kinds.kind import Act, Target, Turn
from reconciler.kinds.secret.rotating.choose import Way, choose
from reconciler.kinds.secret.rotating.generated import again
from reconciler.kinds.secret.rotating.wait import clear_pending, now

_TOLD = {
    Way.FUNCTION: "its rotation function makes a new value",
    Way.GENERATED: "a new value is generated",
}


def rotate(target: Target, turn: Turn) -> Act | Refusal:
    """How a secret gets a new value, which depends on whose its value is."""
    live = target.live
    if live is not None and turn.clears:
        live = replace(live, rotation=replace(live.rotation, pending=False))
    declared = next((part for part in target.parts if part.fields.get("enabled")), None)
    way = choose(
        target.short,
        target.scope.environment,
        target.resource,
        live,
        declared=declared,
        functions=target.functions,
    )
    if not isinstance(way, Way):
        return way

    def do(aws: Aws) -> str:
        if turn.clears:
            clear_pending(aws, target.key.name)
        if way is Way.GENERATED:
            return again(aws, target)
        try:
            return now(aws, target.key.name, times=turn.times, timeout=turn.timeout)
        except AwsError as error:
            function = None if declared is None else declared.fields.get("lambda")
            deploy = shipped.deploying(function, target.functions, target.scope.environment)
            if error.aws_code == "AccessDeniedException" and deploy is not None:
                error.hint = f"{error.hint}. {deploy}"
            raise

    return Act(do, _TOLD[way])
