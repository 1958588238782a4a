"""The kinds of resource, in dependency order: creates and updates go in it, prunes against it.

``SECTIONS`` are those with a section of their own in a manifest.
"""

from __future__ import annotations

import reconciler.kinds.keys as keys
import reconciler.kinds.parameter as parameter
import reconciler.kinds.rotation as rotation
import reconciler.kinds.secret as secret
from reconciler.kinds.kind import Kind, Section

SECTIONS: tuple[Section, ...] = (secret, parameter)
KINDS: tuple[Kind, ...] = (secret, keys, parameter, rotation)
# What people name; the others are parts of a secret.
NAMED = frozenset(section.NAME for section in SECTIONS)
