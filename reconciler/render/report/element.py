"""Elements of a page. Text and attributes are escaped where the page is written, so nothing that
comes from outside can become markup."""

from __future__ import annotations

from collections.abc import Iterable
from xml.etree.ElementTree import Element, tostring

from reconciler.render.escape import terminal

Child = Element | str


def element(
    tag: str, style: str = "", children: Iterable[Child] = (), **attributes: str
) -> Element:
    """An element with a class. A string is made visible: control and bidirectional characters
    show as escapes."""
    made = Element(tag)
    if style:
        made.set("class", style)
    for name, value in attributes.items():
        made.set(name.replace("_", "-"), terminal(value))
    for child in children:
        if isinstance(child, Element):
            made.append(child)
        elif len(made):
            made[-1].tail = (made[-1].tail or "") + terminal(child)
        else:
            made.text = (made.text or "") + terminal(child)
    return made


def text(tag: str, content: str, style: str = "", **attributes: str) -> Element:
    """An element that holds text and nothing else."""
    return element(tag, style, [content], **attributes)


def document(root: Element) -> str:
    """A whole page."""
    return "<!doctype html>\n" + tostring(root, encoding="unicode", method="html") + "\n"
