"""What is wrong with a built site: dead links and anchors, orphans, files from elsewhere, broken
lists and blocks.

``python -m tests.site.check FOLDER`` prints it and ends with 1 where there is any.
"""

from __future__ import annotations

import re
import sys
from collections.abc import Iterator
from html.parser import HTMLParser
from pathlib import Path
from urllib.parse import unquote, urlsplit

LOADED = {"script": "src", "img": "src", "source": "srcset", "iframe": "src", "video": "src"}
LOADING = ("stylesheet", "icon", "preload", "modulepreload", "prefetch", "manifest")


# What a block or a step begins with that Markdown took for a part of the text.
BLOCK = re.compile(r"console\s|(?:sh|bash|yaml|json|python|text)\n")
ASIDE = ("pre", "code", "h2", "h3", "nav")  # where a number makes no step
STEP = re.compile(r"^ *\d+\. \S.*", re.MULTILINE)


class Page(HTMLParser):
    """One page: where it can be linked to, where it links to, what it loads, and what of it is
    shown as it was written."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.anchors: set[str] = set()
        self.links: list[str] = []
        self.content: list[str] = []  # those of its text, not of navigation
        self.loads: list[str] = []
        self.raw: list[str] = []
        self._article = False
        self._open: list[str] = []  # of ASIDE, those that are
        self.feed(text)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        """Note an element."""
        given = {name: value or "" for name, value in attrs}
        self.anchors |= {given[name] for name in ("id", "name") if name in given}
        self._article = self._article or tag == "article"
        if tag in ASIDE:
            self._open.append(tag)
        if tag == "a" and "href" in given:
            self.links.append(given["href"])
            if self._article and "headerlink" not in given.get("class", ""):
                self.content.append(given["href"])
        if tag in LOADED and LOADED[tag] in given:
            self.loads.append(given[LOADED[tag]])
        if tag == "link" and set(given.get("rel", "").split()) & set(LOADING):
            self.loads.append(given["href"])

    def handle_endtag(self, tag: str) -> None:
        """Note its end."""
        if self._open and tag == self._open[-1]:
            self._open.pop()
        self._article = self._article and tag != "article"

    def handle_data(self, data: str) -> None:
        """Note a block that is inline, and a step that is in no list."""
        if self._open == ["code"] and (found := BLOCK.match(data)):
            self.raw.append(f"the block {found[0].strip()}")
        elif self._article and not self._open and (found := STEP.search(data)):
            self.raw.append(found[0].strip())


class Site:
    """All pages of a folder."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.pages = {
            file: Page(file.read_text())
            for file in sorted(folder.rglob("*.html"))
            if file.name != "404.html"
        }

    def target(self, page: Path, link: str) -> tuple[Path, str] | None:
        """The file and the anchor that a link of a page leads to; None: somewhere else."""
        parts = urlsplit(link)
        if parts.scheme or parts.netloc:
            return None
        file = (page.parent / unquote(parts.path)).resolve() if parts.path else page
        return file / "index.html" if file.is_dir() else file, unquote(parts.fragment)

    def wrong(self) -> Iterator[str]:
        """Each thing that is wrong, in a line."""
        reached = set[Path]()
        for file, page in self.pages.items():
            name = file.relative_to(self.folder)
            for link in page.links:
                found = self.target(file, link)
                if found is None:
                    continue
                reached |= {found[0]} - {file}
                if not found[0].exists():
                    yield f"{name}: dead link: {link}"
                elif found[1] and not self._has(*found):
                    yield f"{name}: dead anchor: {link}"
            for text in page.raw:
                yield f"{name}: no block, or in no list: {text}"
            for loaded in page.loads:
                found = self.target(file, loaded)
                if found is None and not loaded.startswith("data:"):
                    yield f"{name}: loaded from elsewhere: {loaded}"
                elif found is not None and not found[0].exists():
                    yield f"{name}: missing file: {loaded}"
        for orphan in self.pages.keys() - reached:
            yield f"{orphan.relative_to(self.folder)}: no page links here"
        for sheet in self.folder.rglob("*.css"):
            for loaded in re.findall(
                r"(?:url\(|@import )[\"']?((?:https?:)?//[^\"')]+)", sheet.read_text()
            ):
                yield f"{sheet.relative_to(self.folder)}: loaded from elsewhere: {loaded}"

    def _has(self, file: Path, anchor: str) -> bool:
        return file not in self.pages or anchor in self.pages[file].anchors

    def linked(self, below: str) -> set[tuple[Path, str]]:
        """What the text of pages below a folder links to."""
        return {
            found
            for file, page in self.pages.items()
            if file.is_relative_to(self.folder / below)
            for found in (self.target(file, link) for link in page.content)
            if found is not None
        }


if __name__ == "__main__":
    wrong = list(Site(Path(sys.argv[1]).resolve()).wrong())
    print("\n".join(wrong), end="\n" if wrong else "")
    sys.exit(bool(wrong))
