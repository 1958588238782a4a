"""What is learned by reading values: names of keys that differ, and what no mark in AWS tells.

Planning, applying and plain drift read none. `plan --base` decrypts an earlier commit, and `drift
--read-values` asks AWS; both keep what they read in memory, and tell names and yes or no.
"""

from reconciler.operations.reading.earlier import Earlier, at
from reconciler.operations.reading.keynames import named
from reconciler.operations.reading.live import judge, suspects
from reconciler.operations.reading.told import told

__all__ = ["Earlier", "at", "judge", "named", "suspects", "told"]
