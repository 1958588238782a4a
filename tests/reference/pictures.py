"""The picture of the comment: what docs/how-to/read-a-plan.md quotes, as GitHub shows it.

``python -m tests.reference.pictures`` makes docs/comment.png; it needs Chromium on the PATH.
"""

from __future__ import annotations

import re
import subprocess
import sys
import tempfile
from pathlib import Path

import markdown

from tests.browser.test_report_page import CHROMIUM, FLAGS
from tests.pages import ROOT

STYLE = """
body { margin: 16px; max-width: 688px; font: 14px/1.5 "Liberation Sans", "DejaVu Sans", sans-serif;
  color: #1f2328; background: #fff; }
article { border: 1px solid #d1d9e0; border-radius: 6px; }
header { padding: 8px 14px; background: #f6f8fa; border-bottom: 1px solid #d1d9e0; color: #59636e; }
header b { color: #1f2328; }
main { padding: 4px 16px 12px; font-size: 12.5px; }
h2 code { font-size: 17px; }
h2 { font-size: 19px; border-bottom: 1px solid #d1d9e0; padding-bottom: 6px; }
code { font: 11px "Liberation Mono", "DejaVu Sans Mono", monospace; background: #eff1f3;
  border-radius: 4px; padding: 1px 4px; }
pre { background: #f6f8fa; border-radius: 6px; padding: 10px 12px; line-height: 1.35; }
table { border-collapse: collapse; }
td, th { border: 1px solid #d1d9e0; padding: 4px 9px; text-align: left; }
details { margin: 4px 0; }
pre code { background: none; padding: 0; }
"""
COLOURS = {"+": "#dafbe1", "-": "#ffebe9", "!": "#fff1e5"}  # of lines, as GitHub's
WIDTH, HEIGHT = 720, 1330


def quoted() -> str:
    """The Markdown of the comment."""
    page = (ROOT / "docs/how-to/read-a-plan.md").read_text()
    lines = [line for line in page.split("\n") if line.startswith(">")]
    return "\n".join(line.removeprefix(">").removeprefix(" ") for line in lines)


def main(width: int = WIDTH, target: Path = ROOT / "docs/comment.png") -> None:
    """Make the picture."""
    if CHROMIUM is None:
        sys.exit("there is no Chromium on the PATH")
    text = quoted().replace("<details>", "<details markdown>")
    body = markdown.markdown(text, extensions=["fenced_code", "md_in_html", "tables"])
    for sign, colour in COLOURS.items():
        body = re.sub(
            rf"^((?:<pre><code[^>]*>)?)({re.escape(sign)} .*)$",
            rf'\1<span style="background: {colour}">\2</span>',
            body,
            flags=re.MULTILINE,
        )
    with tempfile.TemporaryDirectory() as place:
        page = Path(place, "comment.html")
        page.write_text(
            f"<!doctype html><meta charset=utf-8><style>{STYLE}</style><article><header>"
            f"<b>github-actions</b> bot commented</header><main>{body}</main></article>"
        )
        subprocess.run(
            [CHROMIUM, *FLAGS, f"--user-data-dir={place}/profile",
             f"--window-size={width},{HEIGHT}", f"--screenshot={target}", page.as_uri()],
            check=True, capture_output=True, timeout=120,
        )  # fmt: skip


if __name__ == "__main__":
    main()
