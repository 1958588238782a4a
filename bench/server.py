"""An embedded AWS in a process of its own, told on its standard input what to be like.

latency 0.02       each call takes 20 ms more
throttle on|off    whether AWS's quotas hold
reset              empties it
foreign 100        100 secrets and 100 parameters, the values of generation 0, without our marks
count              prints the calls since the last count, and those that came too soon, as JSON

Pages of lists are kept until something is written, and sent again as they were: an emulator that
looks at 10,000 resources for each page would measure itself.
"""

from __future__ import annotations

import json
import sys
from collections import Counter
from typing import Any

from bench import declared
from reconciler.sandbox import parameters, secretsmanager
from reconciler.sandbox.call import Call
from reconciler.sandbox.http import Answer, Handler, Request
from tests.embedded import Embedded

LISTS = frozenset({"ListSecrets", "DescribeParameters"})
READS = ("Get", "List", "Describe", "BatchGet")


class Canned(Embedded):
    """The embedded AWS, with pages that are made once."""

    def __init__(self) -> None:
        super().__init__()
        self.empty_pages = False  # how many AWS leaves empty depends on its Region, not on us
        self.settling.calls = 0  # what is counted is what the reconciler asks of an AWS at rest
        self._pages: dict[tuple[str, bytes], Answer] = {}
        self._writes = 0

    def _perform(self, request: Request, handler: Handler) -> Answer:
        if request.operation not in LISTS:
            if not request.operation.startswith(READS):
                self.forget()
            return super()._perform(request, handler)
        key = (request.operation, request.raw)
        found = self._pages.get(key)
        if found is None:
            before = self._writes
            found = super()._perform(request, handler)
            if before == self._writes:
                self._pages[key] = found
        return found

    def forget(self) -> None:
        """What was listed is no longer so."""
        self._writes += 1
        self._pages.clear()


def foreign(sandbox: Embedded, count: int) -> None:
    """Fill the account as somebody else would have."""
    for number in range(count):
        secret = {
            "Name": declared.secret(number),
            "SecretString": declared.secret_value(number, 0),
            "ClientRequestToken": f"{number:032}",
        }
        kind = declared.parameter_type(number)
        parameter = {
            "Name": declared.parameter(number),
            "Value": declared.parameter_value(number, 0),
            "Type": kind,
        }
        with sandbox.lock:
            made = secretsmanager.handle(_call(sandbox, "CreateSecret", secret))
            assert made is not None
            parameters.handle(_call(sandbox, "PutParameter", parameter))


def _call(sandbox: Embedded, operation: str, body: dict[str, Any]) -> Call:
    return Call(sandbox, operation, declared.REGION, body)


def main() -> None:
    """Serve until standard input ends."""
    refused: Counter[str] = Counter()

    def note(operation: str, _body: Any, answer: Answer) -> None:
        if answer.status == 400 and b"ThrottlingException" in answer.body:
            refused[operation] += 1

    with Canned() as sandbox:
        sandbox.keep_log = False
        sandbox.after.append(note)
        print(sandbox.url, flush=True)
        for line in sys.stdin:
            said = "ok"
            match line.split():
                case ["latency", seconds]:
                    sandbox.latency = float(seconds)
                case ["throttle", word]:
                    sandbox.throttle = word == "on"
                case ["reset"]:
                    sandbox.reset()
                    sandbox.forget()
                case ["foreign", count]:
                    foreign(sandbox, int(count))
                    sandbox.forget()
                case ["count"]:
                    said = json.dumps({"calls": dict(sandbox.calls), "refused": dict(refused)})
                    sandbox.calls.clear()
                    refused.clear()
                case _:
                    said = "what?"
            print(said, flush=True)


if __name__ == "__main__":
    main()
