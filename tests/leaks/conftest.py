"""An environment and an account for each test, as end-to-end tests have them."""

from tests.e2e.conftest import world

__all__ = ["world"]
