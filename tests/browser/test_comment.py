"""The comment on a pull request as a phone shows it: nothing of it is cut off, and names wrap.

It needs Chromium on the PATH and is not run in CI.
"""

from __future__ import annotations

import html
import re
from pathlib import Path

from reconciler.core.model import Action, FieldChange
from reconciler.render import markdown
from tests.browser.test_report_page import browse, pytestmark
from tests.reference.pictures import as_page
from tests.render.plans import plan_of, secret

__all__ = ["pytestmark"]

PHONE = 390  # pixels
PROBE = """<script>onload = () => {
  const page = document.querySelector("iframe").contentDocument;
  const found = [...page.querySelectorAll("main, table")];
  document.body.dataset.widths = found.map(e => e.scrollWidth + "/" + e.clientWidth).join(" ");
}</script>"""


def test_nothing_of_the_comment_is_wider_than_a_phone(tmp_path: Path) -> None:
    """Not the table either, which would have to be pushed aside."""
    long = secret(
        "billing-service/postgres-primary/app-owner-credentials",
        Action.UPDATE,
        FieldChange("resource_policy", None, {}),
        FieldChange("recovery_window", "30 days", "7 days"),
    )
    plan = plan_of(long, secret("jwt/secret", Action.REPLACE))
    shown = html.escape(as_page(markdown.plan([plan], link=lambda _: "https://example.com/x")))
    frame = f'<iframe style="width: {PHONE}px; height: 900px; border: 0" srcdoc="{shown}">'
    page = tmp_path / "phone.html"
    page.write_text(f"<!doctype html><meta charset=utf-8>{frame}</iframe>{PROBE}")
    told = browse(tmp_path, "light", "--dump-dom", page.as_uri())
    (widths,) = re.findall(r'data-widths="([^"]*)"', told)
    pairs = [tuple(map(int, pair.split("/"))) for pair in widths.split(" ")]
    assert len(pairs) == 2, "the comment, and its table"
    assert all(inside <= room for inside, room in pairs), widths
