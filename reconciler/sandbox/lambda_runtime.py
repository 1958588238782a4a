"""The child process in which a Lambda function runs: `lambda_runtime.py FOLDER HANDLER ARN`.

Reads one JSON object a line from standard input (`event`, `timeout` in seconds) and answers each
with one line (`result`, or `error`). It imports nothing of the package, so that the function sees
only its own code. What the function prints goes to standard error.
"""

from __future__ import annotations

import importlib
import json
import os
import sys
import time
import traceback
import uuid
from collections.abc import Callable
from typing import Any


class Context:
    """What Lambda hands to a handler as its second argument."""

    def __init__(self, arn: str, timeout: float) -> None:
        self.function_name = os.environ["AWS_LAMBDA_FUNCTION_NAME"]
        self.function_version = os.environ["AWS_LAMBDA_FUNCTION_VERSION"]
        self.memory_limit_in_mb = os.environ["AWS_LAMBDA_FUNCTION_MEMORY_SIZE"]
        self.invoked_function_arn = arn
        self.aws_request_id = str(uuid.uuid4())
        self.log_group_name = f"/aws/lambda/{self.function_name}"
        self.log_stream_name = "sandbox"
        self._deadline = time.monotonic() + timeout

    def get_remaining_time_in_millis(self) -> int:
        return max(0, int((self._deadline - time.monotonic()) * 1000))


def load(handler: str) -> Callable[[Any, Any], Any]:
    """The function that `module.function` names."""
    module, _, name = handler.rpartition(".")
    found: Callable[[Any, Any], Any] = getattr(
        importlib.import_module(module.replace("/", ".")), name
    )
    return found


def describe(error: BaseException) -> dict[str, Any]:
    """An exception as Lambda shows it."""
    return {
        "errorType": type(error).__name__,
        "errorMessage": str(error),
        "stackTrace": traceback.format_tb(error.__traceback__),
    }


def main() -> None:
    folder, handler, arn = sys.argv[1:4]
    answers = os.fdopen(os.dup(1), "w", encoding="utf-8")
    os.dup2(2, 1)
    sys.path.insert(0, folder)
    function: Callable[[Any, Any], Any] | None = None
    for line in sys.stdin:
        request = json.loads(line)
        answer: dict[str, Any]
        try:
            if function is None:
                function = load(handler)
            answer = {"result": function(request["event"], Context(arn, request["timeout"]))}
            text = json.dumps(answer)
        except Exception as error:  # whatever a function raises is its answer
            text = json.dumps({"error": describe(error)})
        answers.write(text + "\n")
        answers.flush()


if __name__ == "__main__":
    main()
