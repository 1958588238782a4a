"""A report as text, as JSON, and as a page."""

from reconciler.render.report.data import as_json
from reconciler.render.report.page import page
from reconciler.render.report.text import text

__all__ = ["as_json", "page", "text"]
