"""Init: a new repository, from its key to its first plan.

Everything is made and encrypted before anything is written, and nothing that exists is overwritten.
"""

from reconciler.access.init.age import AgeKeyError, key_file, make
from reconciler.access.init.files import Answers, environment, first, plain, rules
from reconciler.access.init.place import Target, find
from reconciler.access.init.workflows import is_action, workflows

__all__ = [
    "AgeKeyError", "Answers", "Target", "environment", "find", "first", "is_action", "key_file",
    "make", "plain", "rules", "workflows",
]  # fmt: skip
