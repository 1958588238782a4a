"""What a chat is told of drift: once at each change of state, and where nobody else reads it."""

from __future__ import annotations

import json
import threading
from collections.abc import Iterator
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, HTTPServer

import pytest

from reconciler.core.applied import Applied, Untold
from reconciler.core.checked import Checked
from reconciler.core.drift import Drift, DriftClass
from reconciler.core.model import Key
from reconciler.github import notice
from reconciler.render import drift as rendering
from tests.github.job import Job
from tests.render.plans import SCOPE

DRIFT = ("drift", "production", "--drift", "drift.json", "--issue")
PATH = "/services/T0/B0/canary-7d41"


@dataclass
class Chat:
    """Takes messages on this machine; ``status`` is its answer."""

    url: str = ""
    status: int = 200
    messages: list[dict[str, object]] = field(default_factory=list)


@pytest.fixture
def chat() -> Iterator[Chat]:
    made = Chat()

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            content = self.rfile.read(int(self.headers["Content-Length"]))
            assert self.headers["Content-Type"] == "application/json"
            assert self.path == PATH
            if made.status == 200:
                made.messages.append(json.loads(content))
            self.send_response(made.status)
            self.send_header("Location", "http://127.0.0.1:1/elsewhere")
            self.send_header("Content-Length", "0")
            self.end_headers()

        def log_message(self, *_: object) -> None:
            pass

    server = HTTPServer(("127.0.0.1", 0), Handler)
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02})
    thread.start()
    made.url = f"http://127.0.0.1:{server.server_port}{PATH}"
    yield made
    server.shutdown()
    thread.join()
    server.server_close()


def outside(*names: str) -> tuple[Drift, ...]:
    return tuple(
        Drift(Key("secret", f"{SCOPE.under}{n}"), DriftClass.OUTSIDE, "because") for n in names
    )


def night(
    job: Job, chat: Chat, *found: Drift, code: int = 0, more: tuple[str, ...] = (), **known: object
) -> str:
    checked = Checked(SCOPE, found, **known)  # type: ignore[arg-type]
    (job.folder / "drift.json").write_text(rendering.as_json(checked))
    job.next()
    variables = {"RECONCILER_NOTIFY_URL": chat.url}
    done = job.run(*DRIFT, "--notify", *more, code=code, **variables)
    assert "canary-7d41" not in done.out + done.err
    return done.err


def test_a_message_comes_at_each_change_of_state_and_at_no_other_time(job: Job, chat: Chat) -> None:
    night(job, chat)
    assert chat.messages == []
    night(job, chat, *outside("db", "jwt"))
    (opened,) = chat.messages
    text = str(opened["text"])
    assert set(opened) == {"text"}
    assert text.splitlines() == [
        "Drift in production (account 123456789012, us-west-2): 2 outside",
        "outside: secret db",
        "outside: secret jwt",
        f"https://github.example/{job.state['repository']}/issues/1",
    ]
    night(job, chat, *outside("db", "jwt"))
    pending = Drift(Key("secret", f"{SCOPE.under}x"), DriftClass.PENDING, "to create")
    night(job, chat, *outside("db", "jwt"), pending)
    assert len(chat.messages) == 1, "what needs no action is no other state"
    assert job.asked("PATCH") != [], "the issue shows it"
    night(job, chat, *outside("jwt"))
    night(job, chat, *outside("jwt"), applied=Applied(untold=Untold.FALSE))
    assert "1 outside, the applied record was changed" in str(chat.messages[-1]["text"])
    night(job, chat)
    night(job, chat)
    assert len(chat.messages) == 4
    assert "The drift in production is gone" in str(chat.messages[-1]["text"])
    night(job, chat, *outside("jwt"))
    assert "/issues/2" in str(chat.messages[-1]["text"])


@pytest.mark.parametrize("status", [500, 404, 302])
def test_what_could_not_be_told_is_told_the_next_time(job: Job, chat: Chat, status: int) -> None:
    chat.status = status
    err = night(job, chat, *outside("db"), code=1)
    assert "RECONCILER_NOTIFY_URL" in err
    assert f"HTTP {status}" in err
    assert len(job.state["issues"]) == 1, "the issue does not wait for it"
    chat.status = 200
    night(job, chat, *outside("db"))
    night(job, chat, *outside("db"))
    assert len(chat.messages) == 1
    # And an address that nobody answers at.
    gone = Chat("http://127.0.0.1:1/canary-7d41")
    err = night(job, gone, code=1)
    assert "the connection was refused" in err
    assert job.state["issues"][0]["state"] == "closed"


def test_many_are_named_up_to_ten_and_nobody_is_mentioned(job: Job, chat: Chat) -> None:
    night(job, chat, *outside("<!channel> & co", *(f"s{n:02}" for n in range(12))))
    text = str(chat.messages[0]["text"])
    assert "13 outside" in text
    assert "and 3 more" in text
    assert "&lt;!channel&gt; &amp; co" in text
    assert text.count("<") == 0


def test_teams_takes_a_card(job: Job, chat: Chat) -> None:
    night(job, chat, *outside("db"), more=("--notify-as", "teams"))
    (message,) = chat.messages
    assert message["type"] == "message"
    (held,) = message["attachments"]  # type: ignore[misc]
    assert held["contentType"] == "application/vnd.microsoft.card.adaptive"
    assert held["content"]["body"][1]["text"] == "outside: secret db"


@pytest.mark.parametrize(
    ("arguments", "url", "told"),
    [
        (DRIFT[:-1], "https://x.example/canary-7d41", "--notify needs --issue"),
        (DRIFT, None, "RECONCILER_NOTIFY_URL is not set"),
        (DRIFT, "ftp://x.example/canary-7d41", "is not an address that begins with https://"),
        (DRIFT, "http://x.example/canary-7d41", "is not https"),
    ],
)
def test_bad_input_is_one_clear_line(
    job: Job, arguments: tuple[str, ...], url: str | None, told: str
) -> None:
    (job.folder / "drift.json").write_text(rendering.as_json(Checked(SCOPE)))
    done = job.run(*arguments, "--notify", code=64, **{notice.URL: url})
    assert told in done.err
    assert "canary-7d41" not in done.err
    assert job.state["requests"] == []
