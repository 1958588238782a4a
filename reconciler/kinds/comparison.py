"""What comparing a live value with the declared one has shown, for adopting it."""

from __future__ import annotations

from dataclasses import dataclass

from reconciler.core.reasons import Why


@dataclass(frozen=True)
class Comparison:
    """What is known of a live value that is not owned.

    ``fingerprint`` is the public fingerprint by which the declaration knows it, None where it is
    another value. ``refusal`` says why it cannot be adopted at all. ``bind`` says that a tag has to
    vouch for ``version``, which we did not write.
    """

    version: str | None = None
    fingerprint: str | None = None
    refusal: Why | None = None
    bind: bool = False
