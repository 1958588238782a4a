"""How cost grows: k of N**k, as the slope of a straight line through the logarithms."""

from __future__ import annotations

import math
from collections.abc import Sequence

LINEAR = 1.1  # a greater exponent is no longer called linear
FLAT = 0.2  # a smaller one hardly grows


def slope(points: Sequence[tuple[float, float]]) -> float | None:
    """By least squares over (N, cost). None where there are less than two."""
    if len(points) < 2:
        return None
    logs = [(math.log(n), math.log(max(cost, 1e-9))) for n, cost in points]
    middle_n = sum(n for n, _ in logs) / len(logs)
    middle_cost = sum(cost for _, cost in logs) / len(logs)
    over = sum((n - middle_n) * (cost - middle_cost) for n, cost in logs)
    return over / sum((n - middle_n) ** 2 for n, _ in logs)


def words(exponent: float) -> str:
    """An exponent, said aloud."""
    if exponent < FLAT:
        return "hardly grows"
    if exponent < 0.9:
        return "grows slower than N"
    if exponent <= LINEAR:
        return "grows as N"
    return "grows faster than N"
