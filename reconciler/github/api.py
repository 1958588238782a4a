"""The one door to GitHub's REST API: a token that goes to one host and shows nowhere, bounded
waiting, and errors of one line."""

from __future__ import annotations

import http.client
import json
import logging
import re
import time
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from functools import partial
from typing import Any
from urllib.parse import quote, unquote, urlencode, urljoin, urlsplit
from urllib.request import getproxies, proxy_bypass

import urllib3

from reconciler import __version__
from reconciler.core.errors import GithubError, UsageError
from reconciler.render.escape import terminal

VERSION = "2022-11-28"  # of the API
_PER_PAGE = 100
_MOST_PAGES = 100
_LARGEST = 64 * 1024 * 1024  # bytes of an answer
_TIMEOUT = 30.0  # seconds without a byte
_ATTEMPTS = 5
_PATIENCE = 180.0  # seconds that one command waits in all
# "If the retry-after header is not present … wait for at least one minute before retrying."
_LIMITED = 60.0
FIRST_WAIT = 1.0  # seconds after the first failure of GitHub's own; then twice as long
_REDIRECTS = 3
_UNAVAILABLE = (500, 502, 503, 504)
_LOCAL = ("127.0.0.1", "::1", "localhost")


@dataclass(frozen=True)
class _Answer:
    status: int
    headers: Mapping[str, str]
    content: bytes


class Api:
    """Requests to one repository, with one token.

    ``url`` is GITHUB_API_URL. Everything raises GithubError; nothing of a request but its method
    and its path is in one. ``needs`` names the permission of the workflow that a request takes.
    """

    def __init__(
        self, url: str, token: str, repository: str, sleep: Callable[[float], None] = time.sleep
    ) -> None:
        split = urlsplit(url)
        self._local = split.hostname in _LOCAL
        if not split.hostname or split.scheme not in ("https", "http"):
            raise UsageError("GITHUB_API_URL is not an address that begins with https://")
        if split.scheme == "http" and not self._local:
            raise UsageError("GITHUB_API_URL is not https: the token would be sent in clear")
        if not re.fullmatch(r"[\x21-\x7e]+", token):
            raise UsageError("GITHUB_TOKEN is not a token: it has characters that no token has")
        self.repository = repository
        self._url = url.rstrip("/")
        self._root = f"/repos/{repository}"
        self._token = token
        self._sleep = sleep
        self._patience = _PATIENCE
        self._login: str | None = None
        self._pools: dict[str | None, urllib3.PoolManager] = {}
        # Its DEBUG log holds addresses, and that of a download is as good as a password.
        logging.getLogger("urllib3").setLevel(logging.INFO)

    def __repr__(self) -> str:
        return f"Api({self._url}, {self.repository})"

    # --- what is asked --------------------------------------------------------------------------

    def get(self, path: str, *, needs: str, **query: str) -> Any:
        """The content at a path below the repository's."""
        return self._json(self._call("GET", self._address(path, query), needs=needs))

    def pages(
        self, path: str, *, needs: str, under: str | None = None, **query: str
    ) -> Iterator[Any]:
        """All items of a list, page by page; ``under`` is the key that the list stands under."""
        address: str | None = self._address(path, {"per_page": str(_PER_PAGE), **query})
        for _ in range(_MOST_PAGES):
            if address is None:
                return
            answer = self._call("GET", address, needs=needs)
            content = self._json(answer)
            if under is not None:
                content = content.get(under) if isinstance(content, dict) else None
            if not isinstance(content, list):
                raise GithubError(f"GitHub answers GET {path} with something that is not a list")
            yield from content
            address = self._next(answer)
        raise GithubError(f"GitHub lists more than {_MOST_PAGES * _PER_PAGE} of {path}")

    def post(self, path: str, body: Mapping[str, Any], *, needs: str, twice: bool = False) -> Any:
        """Make something. Not tried again where it may have been made, and the error is uncertain,
        unless ``twice`` is as good as once."""
        address = self._address(path, {})
        return self._json(self._call("POST", address, body, needs=needs, reads=twice))

    def patch(self, path: str, body: Mapping[str, Any], *, needs: str) -> Any:
        """Change something; twice is as good as once."""
        return self._json(self._call("PATCH", self._address(path, {}), body, needs=needs))

    def delete(self, path: str, *, needs: str) -> None:
        """Delete something."""
        self._call("DELETE", self._address(path, {}), needs=needs)

    def login(self) -> str:
        """Whose the token is.

        A job's token may not ask ``GET /user`` ("Resource not accessible by integration"); the
        viewer of GraphQL is ``github-actions[bot]`` for it, as authors are called in REST.
        """
        if self._login is not None:
            return self._login
        # On GitHub Enterprise Server the REST API is at /api/v3, and GraphQL at /api/graphql.
        # GITHUB_GRAPHQL_URL may name another host: the token goes to one only.
        root = self._url.removesuffix("/v3") if self._url.endswith("/api/v3") else self._url
        query = {"query": "query { viewer { login } }"}
        answer = self._call("POST", f"{root}/graphql", query, needs="contents: read", reads=True)
        found: Any = self._json(answer)
        for name in ("data", "viewer", "login"):
            found = found.get(name) if isinstance(found, dict) else None
        if not isinstance(found, str) or not found:
            raise GithubError("GitHub does not say who the token belongs to")
        self._login = found
        return found

    def download(self, path: str, *, needs: str, limit: int) -> bytes:
        """What a path redirects to: on another host, which does not get the token."""
        asked = self._address(path, {})
        answer = self._call("GET", asked, needs=needs, elsewhere=True)
        for _ in range(_REDIRECTS):
            if answer.status not in (301, 302, 303, 307, 308):
                break
            address = urljoin(asked, answer.headers.get("location", ""))
            split = urlsplit(address)
            local = self._local and split.hostname in _LOCAL
            if split.scheme != "https" and not local:
                raise GithubError("GitHub redirects a download to where it would not be encrypted")
            send = partial(self._open, "GET", address, {}, None, limit)
            answer = self._retried(send, "GET", "the download", reads=True)
        if answer.status != 200:
            raise GithubError(f"the download ended with HTTP {answer.status}", status=answer.status)
        return answer.content

    # --- how ------------------------------------------------------------------------------------

    def _address(self, path: str, query: Mapping[str, str]) -> str:
        address = self._url + quote(self._root + path, safe="/.@:+~")
        return f"{address}?{urlencode(query)}" if query else address

    def _ours(self, address: str) -> bool:
        """Whether the token may go there."""
        return _origin(address) == _origin(self._url)

    def _next(self, answer: _Answer) -> str | None:
        for part in answer.headers.get("link", "").split(","):
            found = re.fullmatch(r'\s*<([^>]*)>\s*;.*\brel="?next"?.*', part)
            if found:
                if not self._ours(found[1]):
                    raise GithubError("GitHub's next page is on another host")
                return found[1]
        return None

    def _json(self, answer: _Answer) -> Any:
        try:
            return json.loads(answer.content)
        except (ValueError, RecursionError):
            pass
        raise GithubError("GitHub's answer is not JSON", status=answer.status)

    def _call(
        self,
        method: str,
        address: str,
        body: Mapping[str, Any] | None = None,
        *,
        needs: str,
        reads: bool = False,
        elsewhere: bool = False,
    ) -> _Answer:
        """One request with the token, followed within this host, until it has an answer that is
        good. ``elsewhere`` returns a redirect to another host."""
        data = None if body is None else json.dumps(body).encode()
        path = urlsplit(address).path
        for _ in range(_REDIRECTS + 1):
            send = partial(self._open, method, address, self._headers(data), data, _LARGEST)
            answer = self._retried(send, method, path, reads=reads or method != "POST")
            if answer.status < 300:
                return answer
            if answer.status >= 400:
                raise self._refused(answer, method, path, needs)
            address = urljoin(address, answer.headers.get("location", ""))
            if not self._ours(address):
                if elsewhere:
                    return answer
                break
            if method != "GET" and answer.status not in (307, 308):
                break
        raise GithubError(
            f"GitHub redirects {method} {terminal(path)} to an address that is not allowed"
        )

    def _headers(self, data: bytes | None) -> dict[str, str]:
        headers = {
            "Accept": "application/vnd.github+json",
            "X-GitHub-Api-Version": VERSION,
            "User-Agent": f"reconciler/{__version__}",
            "Authorization": f"Bearer {self._token}",
        }
        return headers if data is None else {**headers, "Content-Type": "application/json"}

    def _pool(self, address: str) -> urllib3.PoolManager:
        """The connections to where an address is, through the proxy that the environment names."""
        split = urlsplit(address)
        proxy = None
        if not self._local and not proxy_bypass(split.hostname or ""):
            proxy = getproxies().get(split.scheme)
        if proxy not in self._pools:
            self._pools[proxy] = urllib3.PoolManager() if proxy is None else through(proxy)
        return self._pools[proxy]

    def _open(
        self, method: str, address: str, headers: Mapping[str, str], data: bytes | None, limit: int
    ) -> _Answer | str:
        """One answer, or in words why there is none."""
        try:
            pool = self._pool(address)
            if method == "POST":
                # What may not be done twice goes over a connection that nobody can have ended.
                pool.clear()
            response = pool.request(
                method,
                address,
                body=data,
                headers=headers,
                timeout=_TIMEOUT,
                # Both are decided here. A redirect is an answer: whoever asked decides what goes
                # where it leads. And urllib3 knows neither GitHub's limits, which stand in the
                # body of a 403, nor a patience that all requests of a command share.
                redirect=False,
                retries=False,
                preload_content=False,
                decode_content=False,
            )
            try:
                content = b""
                # To the end, even of nothing: only there is it known whether all has come.
                while len(content) <= limit and (part := response.read(limit + 1 - len(content))):
                    content += part
            finally:
                (response.release_conn if len(content) <= limit else response.close)()
        except (urllib3.exceptions.HTTPError, OSError, http.client.HTTPException, ValueError) as e:
            return in_words(e)
        if len(content) > limit:
            raise GithubError(f"GitHub answers with more than {limit >> 20} MiB")
        found = {name.lower(): value for name, value in response.headers.items()}
        return _Answer(response.status, found, content)

    def _retried(
        self, send: Callable[[], _Answer | str], method: str, path: str, *, reads: bool
    ) -> _Answer:
        """Send until GitHub is able to answer, for as long as patience lasts.

        Where GitHub refuses for its limits, nothing was done, and everything is tried again. Where
        it fails, only what may be done twice.
        """
        attempt = 0
        while True:
            attempt += 1
            found = send()
            wait = _limited(found) if isinstance(found, _Answer) else None
            if isinstance(found, _Answer) and wait is None and found.status not in _UNAVAILABLE:
                return found
            seconds = FIRST_WAIT * 2 ** (attempt - 1) if wait is None else wait
            again = reads or wait is not None
            if not again or attempt == _ATTEMPTS or seconds > self._patience:
                uncertain = not reads and wait is None
                raise _failed(found, f"{method} {terminal(path)}", attempt, wait, uncertain)
            self._patience -= seconds
            self._sleep(seconds)

    def _refused(self, answer: _Answer, method: str, path: str, needs: str) -> GithubError:
        """GitHub's own words, which are of others: one line of them, and never the token."""
        try:
            content = json.loads(answer.content)
        except (ValueError, RecursionError):
            content = None
        said = content.get("message") if isinstance(content, dict) else None
        words = ""
        if isinstance(said, str):
            words = ": " + terminal(said.replace(self._token, "***"))[:200]
        hint = None
        if answer.status == 401:
            hint = "GITHUB_TOKEN has expired, or is not of this GitHub"
        elif answer.status == 403:
            hint = f"the workflow needs `permissions: {{{needs}}}`; a fork's token may only read"
        elif answer.status == 404:
            hint = f"there is none, or the workflow lacks `permissions: {{{needs}}}`"
        return GithubError(
            f"GitHub refuses {method} {terminal(path)} (HTTP {answer.status}){words}",
            status=answer.status,
            hint=hint,
        )


_PLAIN: tuple[tuple[tuple[type[BaseException], ...], str], ...] = (
    ((urllib3.exceptions.ProxyError,), "the proxy did not open a connection"),
    ((urllib3.exceptions.NameResolutionError,), "the host's name cannot be resolved"),
    ((ConnectionRefusedError,), "the connection was refused"),
    ((TimeoutError, urllib3.exceptions.TimeoutError), "no answer in time"),
    (
        (ConnectionError, http.client.IncompleteRead, urllib3.exceptions.IncompleteRead),
        "the connection was lost",
    ),
)


def in_words(error: BaseException) -> str:
    """Why there was no answer: never what an error says, which may hold an address."""
    causes: list[BaseException] = [error]
    # urllib3 wraps what the system says, as its cause or among its arguments.
    while (inner := _inner(causes[-1])) is not None and inner not in causes:
        causes.append(inner)
    for kinds, words in _PLAIN:
        if any(isinstance(cause, kinds) for cause in causes):
            return words
    return type(causes[0]).__name__


def _inner(error: BaseException) -> BaseException | None:
    found = (part for part in (error.__cause__, *error.args) if isinstance(part, BaseException))
    return next(found, error.__context__)


def through(proxy: str) -> urllib3.ProxyManager:
    """Connections through a proxy, which may want a name and a password."""
    whole = proxy if "://" in proxy else f"http://{proxy}"
    user = urllib3.util.parse_url(whole).auth
    headers = urllib3.make_headers(proxy_basic_auth=unquote(user)) if user else None
    return urllib3.ProxyManager(whole, proxy_headers=headers)


def _failed(
    found: _Answer | str, what: str, attempts: int, wait: float | None, uncertain: bool
) -> GithubError:
    """What is told when trying again has come to its end."""
    hint = "run the job again later"
    if isinstance(found, str):
        problem, status = f"GitHub cannot be reached: {what}: {found}", None
    elif wait is None:
        problem, status = f"GitHub answers {what} with HTTP {found.status}", found.status
    else:
        problem, status = f"GitHub's rate limit is used up: {what}", found.status
        hint = f"GitHub asks to wait for {wait:.0f} seconds; {hint}"
    told = f", tried {attempts} times" if attempts > 1 else ""
    return GithubError(problem + told, status=status, uncertain=uncertain, hint=hint)


def _origin(address: str) -> tuple[str, str | None, int | None]:
    split = urlsplit(address)
    default = {"https": 443, "http": 80}.get(split.scheme)
    return split.scheme, split.hostname, split.port or default


def _limited(answer: _Answer) -> float | None:
    """How long GitHub asks to wait, in seconds; None where it does not refuse for its limits."""
    if answer.status not in (403, 429):
        return None
    after = answer.headers.get("retry-after", "")
    if after.isdecimal():
        return float(after)
    if answer.headers.get("x-ratelimit-remaining") == "0":
        reset = answer.headers.get("x-ratelimit-reset", "")
        return max(1.0, float(reset) - time.time()) if reset.isdecimal() else _LIMITED
    if answer.status == 429 or b"secondary rate limit" in answer.content[:10_000]:
        return _LIMITED
    return None
