"""Plans as files: one JSON object each, which says what was reviewed and can be checked.

``loads`` computes every digest and the summary again and refuses a file that was edited.
"""

from reconciler.core.planfile.format import FORMAT_VERSION
from reconciler.core.planfile.read import loads
from reconciler.core.planfile.schema import schema
from reconciler.core.planfile.write import as_object, dumps

__all__ = ["FORMAT_VERSION", "as_object", "dumps", "loads", "schema"]
