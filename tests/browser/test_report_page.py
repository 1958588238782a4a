"""The page of a report as a browser shows it: on a phone and on a desk, light and dark.

It needs Chromium on the PATH and is not run in CI. PICTURES=FOLDER asks it for what it saw.
"""

from __future__ import annotations

import functools
import html
import http.server
import json
import os
import re
import shutil
import subprocess
import threading
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.command import command
from tests.operations.aged import lived_in
from tests.world import World

PROBE = Path(__file__).with_name("probe.html")
CHROMIUM = next(
    filter(None, map(shutil.which, ("chromium", "chromium-browser", "google-chrome"))), None
)
FLAGS = (
    "--headless", "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run",
    "--disable-background-networking", "--disable-component-update", "--disable-sync",
    "--hide-scrollbars",
)  # fmt: skip
SCHEMES = {"light": "1", "dark": "0"}
PICTURES = Path(os.environ["PICTURES"]).absolute() if "PICTURES" in os.environ else None
PATIENCE = 300  # seconds for one start of a browser

pytestmark = [
    pytest.mark.skipif("CI" in os.environ, reason="not in CI: a browser is not among its needs"),
    pytest.mark.skipif(CHROMIUM is None, reason="there is no Chromium on the PATH"),
]


class Quiet(http.server.SimpleHTTPRequestHandler):
    def log_message(self, format: str, *args: Any) -> None:
        """Say nothing."""


@pytest.fixture
def address(world: World, tmp_path: Path) -> Iterator[str]:
    """A folder with a report and the probe, served on this machine."""
    folder = tmp_path / "pages"
    folder.mkdir()
    lived_in(world)
    command(world, "report", "production", "--html", str(folder / "report.html"))
    shutil.copy(PROBE, folder)
    handler = functools.partial(Quiet, directory=str(folder))
    with http.server.ThreadingHTTPServer(("127.0.0.1", 0), handler) as server:
        thread = threading.Thread(target=server.serve_forever)
        thread.start()
        yield f"http://127.0.0.1:{server.server_port}"
        server.shutdown()
        thread.join()


def browse(folder: Path, scheme: str, *arguments: str) -> str:
    """Start Chromium with a profile of its own; what it prints."""
    assert CHROMIUM is not None
    profile = folder / f"profile-{scheme}"
    done = subprocess.run(
        [CHROMIUM, *FLAGS, f"--user-data-dir={profile}",
         f"--blink-settings=preferredColorScheme={SCHEMES[scheme]}", *arguments],
        capture_output=True, text=True, timeout=PATIENCE, check=True,
    )  # fmt: skip
    return done.stdout


@pytest.mark.parametrize("scheme", SCHEMES)
def test_it_fits_every_width_and_can_be_read(address: str, scheme: str, tmp_path: Path) -> None:
    shown = browse(
        tmp_path, scheme, "--virtual-time-budget=20000", "--dump-dom", f"{address}/probe.html"
    )
    match = re.search(r'<pre id="seen">(.+?)</pre>', shown, re.DOTALL)
    assert match is not None, shown
    seen = json.loads(html.unescape(match[1]))
    assert [page["width"] for page in seen] == [320, 390, 768, 1280]
    for page in seen:
        assert page["found"] == [], page
        assert page["fetched"] == [], page
        assert page["texts"] > 60, page
        assert page["faintest"] >= 4.5, page  # WCAG 2, level AA
        assert page["smallest"] >= 12, page
        assert page["lanes"] == 5, page
        assert page["spread"] < 0.5, page  # today is one line through all lanes
        red, green, blue = map(int, re.findall(r"\d+", page["ground"])[:3])
        assert (red + green + blue > 600) == (scheme == "light"), page
    picture(address, scheme, tmp_path)


def picture(address: str, scheme: str, folder: Path) -> None:
    """What it looks like, where somebody asked for it."""
    if PICTURES is not None:
        file = PICTURES / f"report-{scheme}.png"
        url = f"{address}/report.html"
        browse(folder, scheme, "--window-size=1120,985", f"--screenshot={file}", url)
