"""Init: a new repository, or an environment more, from its key to its first plan.

Everything is made, encrypted and checked before anything is written, and nothing that exists is
overwritten.
"""

from reconciler.access.init.adding import named, names_only, rule_for
from reconciler.access.init.age import AgeKey, AgeKeyError, keep, key_file, new
from reconciler.access.init.files import Answers, environment, first, plain
from reconciler.access.init.place import Target, find
from reconciler.access.init.workflows import Source, called, copied, released
from reconciler.access.init.writing import Making

__all__ = [
    "AgeKey", "AgeKeyError", "Answers", "Making", "Source", "Target", "called", "copied",
    "environment", "find", "first", "keep", "key_file", "named", "names_only", "new",
    "plain", "released", "rule_for",
]  # fmt: skip
