"""The embedded AWS: moto's server, made to behave like AWS. See README.md."""

from .server import Answer, Drop, Sandbox, serve

__all__ = ["Answer", "Drop", "Sandbox", "serve"]
