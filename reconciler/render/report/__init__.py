"""A report as text, as JSON, and as a page; and the page that leads to those of many."""

from reconciler.render.report.data import as_json, as_object
from reconciler.render.report.index import Entry, entry, file, index
from reconciler.render.report.page import page
from reconciler.render.report.sheet import sheet
from reconciler.render.report.text import text

__all__ = ["Entry", "as_json", "as_object", "entry", "file", "index", "page", "sheet", "text"]
