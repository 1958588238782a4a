"""An environment and an account, as the end-to-end tests have them."""

from tests.e2e.conftest import world

__all__ = ["world"]
