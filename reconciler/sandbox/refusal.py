"""What AWS answers when it refuses a call."""

from __future__ import annotations

from functools import partial


class Refusal(Exception):
    """A call that AWS refuses: its error code, its message, and its HTTP status.

    Raised by the operations of the sandbox and turned into an AWS JSON error by the server;
    it never leaves the process in any other form.
    """

    def __init__(self, code: str, message: str, status: int = 400) -> None:
        super().__init__(f"{code}: {message}")
        self.code = code
        self.message = message
        self.status = status


# The codes that most refusals have.
denied = partial(Refusal, "AccessDeniedException")
invalid = partial(Refusal, "ValidationException")
invalid_parameter = partial(Refusal, "InvalidParameterException")
invalid_request = partial(Refusal, "InvalidRequestException")
