"""Properties of the same random input: made once for all of them, each looks at all of it.

Making it takes ten times as long as most properties do.

    every_plan = Together(plans)

    @every_plan
    def a_digest_is_short(plan): ...

    test_every_plan = every_plan.test()
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, TypeVar

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

_F = TypeVar("_F", bound=Callable[..., None])


class Together:
    """Marks what holds of everything that these strategies make."""

    def __init__(self, *strategies: st.SearchStrategy[Any]) -> None:
        self._strategies = strategies
        self._properties: list[Callable[..., None]] = []

    def __call__(self, holds: _F) -> _F:
        assert not holds.__name__.startswith("test_"), "it would run alone, too"
        self._properties.append(holds)
        return holds

    def test(self) -> Callable[[], None]:
        """The test of all that were marked; what fails is in its traceback."""
        assert self._properties

        @settings(deadline=None, suppress_health_check=[HealthCheck.too_slow])
        @given(st.tuples(*self._strategies))
        def test(made: tuple[Any, ...]) -> None:
            for holds in self._properties:
                holds(*made)

        return test
