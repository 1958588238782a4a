"""The embedded AWS: moto's server, made to behave like AWS. See README.md."""

from . import light

light.load()

from .server import Answer, Drop, Sandbox  # noqa: E402
from .serving import serve  # noqa: E402

__all__ = ["Answer", "Drop", "Sandbox", "serve"]
