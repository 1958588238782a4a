"""The picture of the comment on the branch of docs/how-to/read-a-plan.md, as GitHub shows it.

``python -m tests.reference.pictures`` makes docs/comment.png; it needs Chromium on the PATH.
"""

from __future__ import annotations

import re
import subprocess
import sys
import tempfile
from pathlib import Path

import markdown

from reconciler import kinds
from reconciler.core import planfile
from reconciler.core.model import Place
from reconciler.github import comment, planned
from tests.browser.test_report_page import CHROMIUM, FLAGS
from tests.embedded import Embedded
from tests.pages import ROOT
from tests.story import Story

STYLE = """
body { margin: 16px; max-width: 688px; font: 14px/1.5 "Liberation Sans", "DejaVu Sans", sans-serif;
  color: #1f2328; background: #fff; }
article { border: 1px solid #d1d9e0; border-radius: 6px; }
header { padding: 8px 14px; background: #f6f8fa; border-bottom: 1px solid #d1d9e0; color: #59636e; }
header b { color: #1f2328; }
main { padding: 4px 16px 12px; font-size: 12.5px; overflow-wrap: break-word; }
h2 code { font-size: 17px; }
h2 { font-size: 19px; border-bottom: 1px solid #d1d9e0; padding-bottom: 6px; }
code { font: 11px "Liberation Mono", "DejaVu Sans Mono", monospace; background: #eff1f3;
  border-radius: 4px; padding: 1px 4px; white-space: break-spaces; }
pre { background: #f6f8fa; border-radius: 6px; padding: 10px 12px; line-height: 1.35;
  overflow: auto; }
table { border-collapse: collapse; display: block; width: max-content; max-width: 100%;
  overflow: auto; }
td, th { border: 1px solid #d1d9e0; padding: 5px 9px; text-align: left; }
details { margin: 4px 0; }
pre code { background: none; padding: 0; white-space: pre; }
"""
COLOURS = {"+": "#dafbe1", "-": "#ffebe9", "!": "#fff1e5"}  # of lines, as GitHub's
PAGE = "https://github.com/lagomo/infrastructure"


def made() -> str:
    """The Markdown of the comment."""
    with Embedded() as sandbox, tempfile.TemporaryDirectory() as place:
        story = Story(Path(place), sandbox)
        folder = story.begin("feature")
        story.say("reconciler plan production --out plan.json", folder)
        (plan,) = planfile.loads((folder / "plan.json").read_text(), kinds.names())
    foot = planned.foot(f"{PAGE}/actions/runs/1", f"{PAGE}/issues/12")
    return planned.comment(plan, comment.LIMIT, _line, foot)


def _line(_place: Place) -> str:
    return PAGE


def as_page(text: str) -> str:
    """Markdown as a page that looks as GitHub's."""
    text = text.replace("<details>", "<details markdown>")
    body = markdown.markdown(text, extensions=["fenced_code", "md_in_html", "tables"])
    for sign, colour in COLOURS.items():
        body = re.sub(
            rf"^((?:<pre><code[^>]*>)?)({re.escape(sign)} .*)$",
            rf'\1<span style="background: {colour}">\2</span>',
            body,
            flags=re.MULTILINE,
        )
    return (
        f"<!doctype html><meta charset=utf-8><style>{STYLE}</style><article><header>"
        f"<b>github-actions</b> bot commented</header><main>{body}</main></article>"
    )


def main(width: int = 720, height: int = 1350, target: Path = ROOT / "docs/comment.png") -> None:
    """Make the picture."""
    if CHROMIUM is None:
        sys.exit("there is no Chromium on the PATH")
    with tempfile.TemporaryDirectory() as place:
        page = Path(place, "comment.html")
        page.write_text(as_page(made()))
        subprocess.run(
            [CHROMIUM, *FLAGS, f"--user-data-dir={place}/profile",
             f"--window-size={width},{height}", f"--screenshot={target}", page.as_uri()],
            check=True, capture_output=True, timeout=120,
        )  # fmt: skip


if __name__ == "__main__":
    main()
