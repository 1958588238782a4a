"""The site is built strictly, all of it can be reached, and it loads nothing from elsewhere."""

from __future__ import annotations

import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from reconciler.cli.main import COMMANDS
from tests.pages import ROOT
from tests.reference.codes import GROUPS
from tests.reference.generate import fresh, marked
from tests.site.check import Site


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Site:
    """The site, built as `make docs` builds it."""
    folder = tmp_path_factory.mktemp("site")
    shutil.copytree(ROOT / "docs", folder / "docs")
    shutil.copy(ROOT / "zensical.toml", folder)
    program = Path(sys.executable).parent / "zensical"
    done = subprocess.run(
        [program, "build", "--strict"], cwd=folder, capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stdout + done.stderr
    return Site(folder / "site")


def test_nothing_is_dead_alone_or_from_elsewhere(site: Site) -> None:
    assert len(site.pages) > 60
    assert list(site.wrong()) == []


def test_no_script_asks_another_host(site: Site) -> None:
    """But for diagrams, which no page has: their library would come from a network."""
    assert not [page for page, it in site.pages.items() if "mermaid" in page.read_text()]


def test_each_command_and_each_code_is_one_click_from_a_how_to(site: Site) -> None:
    linked = {anchor for file, anchor in site.linked("how-to") if anchor}
    commands = {f"reconciler-{name}" for name in COMMANDS}
    codes = {code for _, _, reasons, _ in GROUPS for code in reasons}
    assert (commands | codes) - linked == set()


@pytest.mark.parametrize("page", marked(), ids=lambda page: str(page.relative_to(ROOT)))
def test_what_is_generated_is_current(page: Path) -> None:
    """`python -m tests.reference` writes it again."""
    text = page.read_text()
    assert fresh(text) == text


def test_what_is_wrong_is_found(tmp_path: Path) -> None:
    (tmp_path / "index.html").write_text(
        '<a href="gone/">a</a><a href="b.html#none">b</a><script src="https://a.example/a.js"></script>'
        '<img src="none.png"><p><code>console\n$ ls</code> <code>console.log</code></p>'
        "<article><p>2. Two\n3. Three</p><pre><code>4. Four</code></pre></article>"
    )
    (tmp_path / "b.html").write_text("<p id='there'>text</p>")
    (tmp_path / "a.css").write_text("@import url(https://a.example/font.css)")
    assert list(Site(tmp_path).wrong()) == [
        "index.html: dead link: gone/",
        "index.html: dead anchor: b.html#none",
        "index.html: no block, or in no list: the block console",
        "index.html: no block, or in no list: 2. Two",
        "index.html: loaded from elsewhere: https://a.example/a.js",
        "index.html: missing file: none.png",
        "index.html: no page links here",
        "a.css: loaded from elsewhere: https://a.example/font.css",
    ]
