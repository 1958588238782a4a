"""Lambda functions that really run: their Python code, in a child process.

moto keeps the functions; this unpacks a function's zip into a temporary folder and runs its
handler with AWS_ENDPOINT_URL pointing at the sandbox, a key of the sandbox, and nothing of the
sandbox's own environment.
"""

from __future__ import annotations

import base64
import contextlib
import fnmatch
import io
import json
import os
import select
import subprocess
import sys
import tempfile
import threading
import time
import zipfile
from pathlib import Path
from types import TracebackType
from typing import IO, Any, cast

from moto.awslambda.models import LambdaFunction
from moto.awslambda.utils import get_backend
from moto.awslambda_simple.models import LambdaSimpleBackend
from moto.core.exceptions import JsonRESTError

from .access import AccessKey

_RUNTIME = Path(__file__).with_name("lambda_runtime.py")
_START_UP = 10.0
"""Seconds that loading the function's module may take, as in AWS's init phase."""
_TICK = 0.2
_LOG_TAIL = 4096


class FunctionError(Exception):
    """A function that failed: its error as Lambda would show it."""

    def __init__(self, kind: str, message: str, payload: dict[str, Any] | None = None) -> None:
        super().__init__(f"{kind}: {message}")
        self.payload = payload or {"errorType": kind, "errorMessage": message}


def find_function(account: str, arn: str) -> LambdaFunction | None:
    """The function behind an ARN or, within `account`, behind nothing else. None if there is
    none.
    """
    parts = arn.split(":")
    if len(parts) not in (7, 8) or parts[2] != "lambda" or parts[4] != account:
        return None
    try:
        function: LambdaFunction = get_backend(account, parts[3]).get_function(arn)
    except JsonRESTError:
        return None
    return function


def invocable_by(function: LambdaFunction, service: str, source_arn: str, account: str) -> bool:
    """Whether the function's policy lets an AWS service invoke it for `source_arn`. AddPermission
    makes its statements, and narrows them by patterns of ARN, account or organization.
    """
    known = {"aws:sourcearn": source_arn, "aws:sourceaccount": account}
    return any(
        statement["Principal"] == {"Service": service}
        and fnmatch.fnmatchcase("lambda:InvokeFunction", statement["Action"])
        and all(
            key.lower() in known and fnmatch.fnmatchcase(known[key.lower()], pattern)
            for narrowed in statement.get("Condition", {}).values()
            for key, pattern in narrowed.items()
        )
        for statement in function.policy.statements
    )


class RunningFunction:
    """One execution environment: started once, invoked any number of times, as Lambda reuses its
    own. A context manager; leaving it ends the child and removes the folder.
    """

    def __init__(self, function: LambdaFunction, endpoint: str, key: AccessKey) -> None:
        self._function = function
        self._endpoint = endpoint
        self._key = key
        self._timeout = float(function.timeout or 3)

    def __enter__(self) -> RunningFunction:
        runtime = self._function.run_time or ""
        if not runtime.startswith("python3"):
            raise FunctionError("Runtime.Unsupported", f"only Python runs here, not {runtime!r}")
        self._folder = tempfile.TemporaryDirectory(prefix="sandbox-lambda-")
        root = Path(self._folder.name)
        code = root / "task"
        code.mkdir(mode=0o700)
        try:
            with zipfile.ZipFile(io.BytesIO(self._function.code_bytes)) as archive:
                archive.extractall(code)
        except zipfile.BadZipFile:
            self._folder.cleanup()
            raise FunctionError("Runtime.ImportModuleError", "the code is not a zip file") from None
        self._log = (root / "log").open("w+b")
        # The child runs this interpreter as its program, and the code that the user deployed.
        self._child = subprocess.Popen(
            [
                *(sys.executable, "-I", str(_RUNTIME)),
                *(str(code), self._function.handler or "", self._function.function_arn),
            ],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=self._log,
            cwd=code,
            env=self._environment(root),
            start_new_session=True,
        )
        self._input = cast("IO[bytes]", self._child.stdin)
        self._output = cast("IO[bytes]", self._child.stdout)
        self._fresh = True
        self._buffer = b""
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        # What it no longer reads is nobody's. Leaving closes the pipes, and waits for the child.
        with contextlib.suppress(BrokenPipeError), self._child:
            self._child.kill()
        self._log.close()
        self._folder.cleanup()

    def invoke(self, event: str, stopping: threading.Event | None = None) -> bytes:
        """Run the handler once and return its result as JSON.

        Raises FunctionError when it raises, ends, or takes longer than the function's timeout;
        the environment is of no use after the latter two.
        """
        request = {"event": json.loads(event or "null"), "timeout": self._timeout}
        try:
            self._input.write(json.dumps(request).encode() + b"\n")
            self._input.flush()
        except BrokenPipeError:
            raise FunctionError("Runtime.ExitError", "the function ended early") from None
        allowed = self._timeout + (_START_UP if self._fresh else 0.0)
        self._fresh = False
        answer = json.loads(self._line(time.monotonic() + allowed, stopping))
        if "error" in answer:
            error = answer["error"]
            raise FunctionError(error["errorType"], error["errorMessage"], error)
        return json.dumps(answer["result"]).encode()

    def log_tail(self) -> bytes:
        """The end of what the function printed."""
        self._log.seek(0, os.SEEK_END)
        self._log.seek(max(0, self._log.tell() - _LOG_TAIL))
        return self._log.read()

    def _line(self, deadline: float, stopping: threading.Event | None) -> bytes:
        while b"\n" not in self._buffer:
            left = deadline - time.monotonic()
            if left <= 0:
                raise FunctionError(
                    "Sandbox.Timedout", f"Task timed out after {self._timeout:.2f} seconds"
                )
            if stopping is not None and stopping.is_set():
                raise FunctionError("Runtime.ExitError", "the sandbox stops")
            ready, _, _ = select.select([self._output], [], [], min(left, _TICK))
            if ready:
                chunk = os.read(self._output.fileno(), 65_536)
                if not chunk:
                    raise FunctionError("Runtime.ExitError", "the function ended early")
                self._buffer += chunk
        line, _, self._buffer = self._buffer.partition(b"\n")
        return line

    def _environment(self, root: Path) -> dict[str, str]:
        function = self._function
        environment = {name: str(value) for name, value in function.environment_vars.items()}
        # After the function's own: whatever it says, its calls stay in the sandbox. AWS's
        # rotation templates take the endpoint from SECRETS_MANAGER_ENDPOINT.
        environment.update(
            {
                "AWS_ACCESS_KEY_ID": self._key.id,
                "AWS_SECRET_ACCESS_KEY": self._key.secret,
                "AWS_SESSION_TOKEN": "sandbox",
                "AWS_REGION": function.region,
                "AWS_DEFAULT_REGION": function.region,
                "AWS_ENDPOINT_URL": self._endpoint,
                "AWS_CONFIG_FILE": str(root / "no-config"),
                "AWS_SHARED_CREDENTIALS_FILE": str(root / "no-credentials"),
                "AWS_EC2_METADATA_DISABLED": "true",
                "AWS_LAMBDA_FUNCTION_NAME": function.function_name,
                "AWS_LAMBDA_FUNCTION_VERSION": "$LATEST",
                "AWS_LAMBDA_FUNCTION_MEMORY_SIZE": str(function.memory_size),
                "LAMBDA_TASK_ROOT": str(root / "task"),
                "HOME": str(root),
                "TMPDIR": str(root),
                "NO_PROXY": "127.0.0.1",
                "PATH": os.defpath,
                "SECRETS_MANAGER_ENDPOINT": self._endpoint,
            }
        )
        for name in ("HTTP_PROXY", "HTTPS_PROXY", "ALL_PROXY"):
            environment.pop(name, None)
            environment.pop(name.lower(), None)
        return environment


class FunctionsBackend(LambdaSimpleBackend):
    """moto's Lambda without Docker, whose Invoke really runs the code."""

    endpoint = ""
    access_key = AccessKey()
    lock: Any = None
    """The sandbox's lock, held by the request; let go while the function runs, since it calls
    back."""

    def invoke(
        self,
        function_name: str,
        qualifier: str | None,
        body: Any,
        headers: Any,
        response_headers: Any,
    ) -> str | bytes | None:
        function = self.get_function(function_name, qualifier)
        if headers.get("X-Amz-Invocation-Type") == "DryRun":
            return b""
        text = body.decode() if isinstance(body, bytes) else body
        lock = type(self).lock
        lock.release()
        try:
            return self._run(function, text, response_headers)
        finally:
            lock.acquire()

    def _run(self, function: LambdaFunction, body: str, response_headers: Any) -> bytes:
        try:
            with RunningFunction(function, type(self).endpoint, type(self).access_key) as running:
                try:
                    return running.invoke(body)
                finally:
                    tail = base64.b64encode(running.log_tail()).decode()
                    response_headers["x-amz-log-result"] = tail
        except FunctionError as error:
            response_headers["x-amz-function-error"] = "Unhandled"
            return json.dumps(error.payload).encode()
