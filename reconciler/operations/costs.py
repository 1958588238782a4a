"""What it costs to take over or release resources, as their kinds say."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable

from reconciler import kinds
from reconciler.core.model import Key


def costs(keys: Iterable[Key]) -> list[str]:
    """One sentence for each kind whose resources cost something."""
    counts = Counter(key.kind for key in keys)
    told = (kinds.named(name).cost(count) for name, count in sorted(counts.items()))
    return [sentence for sentence in told if sentence is not None]
