"""The one door to GitHub: where the token goes, what is tried again, what errors say."""

from __future__ import annotations

import logging
import os
import threading
import traceback
from base64 import b64encode
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, HTTPServer
from typing import ClassVar

import pytest

from reconciler.core.errors import GithubError
from reconciler.github.api import Api
from tests.github.server import GitHub, running
from tests.github.state import fresh

NEEDS = "issues: write"


@pytest.fixture
def github() -> Iterator[GitHub]:
    with running(fresh(issues=[issue(1)])) as server:
        yield server


def issue(number: int) -> dict[str, object]:
    return {"number": number, "login": "x", "title": "t", "body": "b", "state": "open"}


def api(github: GitHub, slept: list[float] | None = None, **given: str) -> Api:
    waits = [] if slept is None else slept
    token = given.get("token", github.state["token"])
    return Api(github.url, token, github.state["repository"], waits.append)


def fault(github: GitHub, status: int, times: int = 1, **more: object) -> None:
    github.state["faults"].append({"status": status, "times": times, **more})


def test_every_page_is_read(github: GitHub) -> None:
    github.state["issues"] = [issue(n) for n in range(1, 206)]
    found = list(api(github).pages("/issues", needs=NEEDS, state="open"))
    assert [entry["number"] for entry in found] == list(range(1, 206))
    assert len(github.state["requests"]) == 3


def test_the_login_of_a_jobs_token(github: GitHub) -> None:
    assert api(github).login() == "github-actions[bot]"


@pytest.mark.parametrize("status", [500, 502, 503, 504, 0])
def test_a_read_is_tried_again(github: GitHub, status: int) -> None:
    fault(github, status, times=2)
    waits: list[float] = []
    assert len(list(api(github, waits).pages("/issues", needs=NEEDS))) == 1
    assert waits == [1.0, 2.0]


def test_trying_again_comes_to_an_end(github: GitHub) -> None:
    fault(github, 503, times=99)
    with pytest.raises(GithubError, match="HTTP 503, tried 5 times") as error:
        api(github).get("/issues", needs=NEEDS)
    assert error.value.status == 503
    assert len(github.state["requests"]) == 5


def test_what_is_made_is_not_made_again_and_the_error_says_it_is_uncertain(
    github: GitHub,
) -> None:
    fault(github, 502, method="POST", after=True)
    with pytest.raises(GithubError) as error:
        api(github).post("/issues/1/comments", {"body": "x"}, needs=NEEDS)
    assert error.value.uncertain
    assert len(github.state["comments"]) == 1


@pytest.mark.parametrize(
    ("status", "headers", "message", "wait"),
    [
        (429, {"Retry-After": "7"}, "slow down", 7.0),
        (403, {"Retry-After": "3"}, "You have exceeded a secondary rate limit.", 3.0),
        (403, {}, "You have exceeded a secondary rate limit.", 60.0),
        (429, {}, "Too many requests", 60.0),
    ],
)
def test_what_a_limit_refuses_is_tried_again_when_github_says(
    github: GitHub, status: int, headers: dict[str, str], message: str, wait: float
) -> None:
    fault(github, status, method="POST", headers=headers, body={"message": message})
    waits: list[float] = []
    api(github, waits).post("/issues/1/comments", {"body": "x"}, needs=NEEDS)
    assert waits == [wait]
    assert len(github.state["comments"]) == 1


def test_a_limit_that_lasts_is_not_waited_for(github: GitHub) -> None:
    headers = {"X-RateLimit-Remaining": "0", "X-RateLimit-Reset": "99999999999"}
    fault(github, 403, headers=headers, body={"message": "API rate limit exceeded"})
    waits: list[float] = []
    with pytest.raises(GithubError, match="rate limit is used up") as error:
        api(github, waits).get("/issues", needs=NEEDS)
    assert "GitHub asks to wait" in (error.value.hint or "")
    assert waits == []


def test_one_command_waits_three_minutes_in_all(github: GitHub) -> None:
    fault(github, 429, times=9, headers={"Retry-After": "100"})
    waits: list[float] = []
    with pytest.raises(GithubError, match="rate limit is used up"):
        api(github, waits).get("/issues", needs=NEEDS)
    assert waits == [100.0]


def test_a_missing_permission_is_named(github: GitHub) -> None:
    github.state["permissions"]["issues"] = "read"
    github.state["permissions"]["pull-requests"] = "read"
    with pytest.raises(GithubError, match="HTTP 403") as error:
        api(github).post("/issues/1/comments", {"body": "x"}, needs=NEEDS)
    assert "permissions: {issues: write}" in (error.value.hint or "")
    assert len(github.state["requests"]) == 1


def test_what_does_not_exist(github: GitHub) -> None:
    with pytest.raises(GithubError, match="HTTP 404") as error:
        api(github).get("/issues/5/comments", needs=NEEDS)
    assert error.value.status == 404


def test_a_body_that_github_refuses(github: GitHub) -> None:
    with pytest.raises(GithubError, match=r"HTTP 422.*maximum is 65536 characters"):
        api(github).post("/issues/1/comments", {"body": "x" * 65_537}, needs=NEEDS)


def test_a_wrong_token_is_said_and_not_shown(github: GitHub) -> None:
    with pytest.raises(GithubError, match="HTTP 401") as error:
        api(github, token="ghs_another_token").get("/issues", needs=NEEDS)
    assert "ghs_another_token" not in str(error.value)
    assert "ghs_another_token" not in repr(api(github, token="ghs_another_token"))


@pytest.mark.parametrize("status", [400, 401, 403, 404, 422, 500])
def test_an_answer_that_quotes_the_token_is_not_repeated(github: GitHub, status: int) -> None:
    token = github.state["token"]
    fault(github, status, times=9, body={"message": f"you sent {token}\n::error::x \x1b[2J"})
    with pytest.raises(GithubError) as error:
        api(github).get("/issues", needs=NEEDS)
    told = "".join(traceback.format_exception(error.value))
    assert token not in told
    assert error.value.__cause__ is None
    assert error.value.__context__ is None
    assert "\n" not in error.value.message
    assert "\x1b" not in error.value.message


@pytest.mark.parametrize("body", [b"<html>", b"[" * 100_000])
def test_an_answer_that_is_no_json(github: GitHub, body: bytes) -> None:
    github.state["faults"].append({"status": 200, "body": body})
    with pytest.raises(GithubError, match="answer is not JSON"):
        api(github).get("/issues", needs=NEEDS)


def test_a_repository_that_was_renamed(github: GitHub) -> None:
    path = f"/repos/{github.state['repository']}/issues"
    fault(github, 301, headers={"Location": f"{github.url}{path}?state=all"})
    assert len(api(github).get("/issues", needs=NEEDS)) == 1


def test_the_token_follows_no_redirect_to_another_host(github: GitHub) -> None:
    fault(github, 302, headers={"Location": f"{github.store_url}/blob/1?sig=s"})
    with pytest.raises(GithubError, match="an address that is not allowed"):
        api(github).get("/issues", needs=NEEDS)
    assert github.state["violations"] == []


def test_a_write_follows_no_redirect_that_would_make_it_a_read(github: GitHub) -> None:
    path = f"/repos/{github.state['repository']}/issues"
    fault(github, 302, method="POST", headers={"Location": github.url + path})
    with pytest.raises(GithubError, match="an address that is not allowed"):
        api(github).post("/issues/1/comments", {"body": "x"}, needs=NEEDS)
    assert len(github.state["requests"]) == 1


def test_a_next_page_on_another_host_is_refused(github: GitHub) -> None:
    link = f'<{github.store_url}/blob/1?sig=s>; rel="next"'
    github.state["faults"].append({"status": 200, "body": [], "headers": {"Link": link}})
    with pytest.raises(GithubError, match="next page is on another host"):
        list(api(github).pages("/issues", needs=NEEDS))


def test_nobody_is_there() -> None:
    waits: list[float] = []
    with pytest.raises(GithubError, match="the connection was refused, tried 5 times"):
        Api("http://127.0.0.1:9", "t", "o/r", waits.append).get("/issues", needs=NEEDS)
    assert waits == [1.0, 2.0, 4.0, 8.0]


def test_an_answer_that_ends_early_is_asked_for_again(github: GitHub) -> None:
    fault(github, 200, body={"name": "x"}, cut=3)
    waits: list[float] = []
    assert len(api(github, waits).get("/issues", needs=NEEDS)) == 1
    assert waits == [1.0]


def test_what_is_made_over_a_lost_answer_is_uncertain(github: GitHub) -> None:
    fault(github, 201, method="POST", after=True, cut=3)
    with pytest.raises(GithubError, match="the connection was lost") as error:
        api(github).post("/issues/1/comments", {"body": "x"}, needs=NEEDS)
    assert error.value.uncertain
    assert len(github.state["comments"]) == 1


def test_the_next_post_takes_no_connection_that_github_has_ended(github: GitHub) -> None:
    client = api(github)
    client.get("/issues", needs=NEEDS)
    before = github.accepted
    client.get("/issues", needs=NEEDS)
    assert github.accepted == before
    client.post("/issues/1/comments", {"body": "x"}, needs=NEEDS)
    assert github.accepted == before + 1


class _Proxy(BaseHTTPRequestHandler):
    """A proxy that opens no tunnel, and remembers what it was asked."""

    asked: ClassVar[list[tuple[str, dict[str, str]]]] = []

    def do_CONNECT(self) -> None:
        """Refuse."""
        self.asked.append((self.path, {name.lower(): text for name, text in self.headers.items()}))
        self.send_error(407)

    def log_message(self, format: str, *args: object) -> None:
        """Say nothing."""


def test_a_proxy_of_the_environment_is_used_and_gets_no_token(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    proxy = HTTPServer(("127.0.0.1", 0), _Proxy)
    thread = threading.Thread(target=proxy.serve_forever, args=(0.02,), daemon=True)
    thread.start()
    _Proxy.asked.clear()
    monkeypatch.setenv("HTTPS_PROXY", f"http://me:p%40ss@127.0.0.1:{proxy.server_address[1]}")
    monkeypatch.setenv("https_proxy", os.environ["HTTPS_PROXY"])
    waits: list[float] = []
    try:
        with pytest.raises(GithubError, match="cannot be reached") as error:
            Api("https://api.github.invalid", "the-token", "o/r", waits.append).get(
                "/issues", needs=NEEDS
            )
    finally:
        proxy.shutdown()
        proxy.server_close()
        thread.join()
    where, headers = _Proxy.asked[0]
    assert where == "api.github.invalid:443"
    assert headers["proxy-authorization"] == "Basic " + b64encode(b"me:p@ss").decode()
    assert "the-token" not in str(_Proxy.asked)
    assert "p@ss" not in str(error.value)
    assert "p%40ss" not in str(error.value)


def test_no_log_holds_the_address_of_a_download(
    github: GitHub, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG)
    api(github).get("/issues", needs=NEEDS, state="a-word-in-the-address")
    assert "a-word-in-the-address" not in caplog.text
