"""What is learned by reading values: names of keys that differ, and what no mark in AWS tells.

Planning, applying and plain drift read none. `plan --base` decrypts an earlier commit, and `drift
--read-values` asks AWS; both keep what they read in memory, and tell names and yes or no.
"""

from reconciler.operations.reading.earlier import Earlier, at
from reconciler.operations.reading.keynames import differing, holder, named
from reconciler.operations.reading.live import Verdict, judge, suspects
from reconciler.operations.reading.told import told

__all__ = ["Earlier", "Verdict", "at", "differing", "holder", "judge", "named", "suspects", "told"]
