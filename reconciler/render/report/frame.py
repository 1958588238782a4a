"""What every page of a report stands in."""

from __future__ import annotations

import base64
import hashlib
from collections.abc import Iterable
from datetime import datetime
from importlib.resources import files
from xml.etree.ElementTree import Element

from reconciler.render.report.element import document, element, text


def framed(title: str, body: Iterable[Element]) -> str:
    """A whole page. Its own policy forbids scripts, images, fonts and requests of every kind."""
    css = files("reconciler.render.report").joinpath("page.css").read_text(encoding="utf-8")
    digest = base64.b64encode(hashlib.sha256(css.encode()).digest()).decode()
    policy = f"default-src 'none'; style-src 'sha256-{digest}'; base-uri 'none'; form-action 'none'"
    style = Element("style")
    style.text = css
    head = [
        element("meta", charset="utf-8"),
        element("meta", http_equiv="Content-Security-Policy", content=policy),
        element("meta", name="viewport", content="width=device-width, initial-scale=1"),
        element("meta", name="color-scheme", content="light dark"),
        element("meta", name="robots", content="noindex"),
        element("meta", name="referrer", content="no-referrer"),
        text("title", title),
        style,
    ]
    return document(
        element("html", "", [element("head", "", head), element("body", "", body)], lang="en")
    )


def minute(moment: datetime) -> str:
    """A time as pages show it."""
    return f"{moment:%Y-%m-%d %H:%M} UTC"
