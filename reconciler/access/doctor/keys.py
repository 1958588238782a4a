"""Whether an environment's files decrypt here."""

from __future__ import annotations

from reconciler.access.doctor.check import Check, State, fails, ok, warning
from reconciler.core.errors import ManifestError, SopsError
from reconciler.manifest import Cleartext
from reconciler.values.sops import Sops


def look(declared: Cleartext, runner: Sops, *, lock: bool) -> list[Check]:
    """Decrypt everything in memory and keep nothing. ``lock``: the environment has one, and so is
    planned without a key as well."""
    try:
        declared.decrypt(runner)
    except ManifestError as error:
        found = [(p.code, f"{p.place}: {p.message}", p.hint) for p in error.problems]
    except SopsError as error:
        found = [(error.code, error.message, error.hint)]
    else:
        count = len({e.holder.name for e in declared.entries if e.holder is not None}) + 1
        return [ok("keys", f"{count} file{'' if count == 1 else 's'} decrypt")]
    if lock and all(code == "no-key" for code, *_ in found):
        hint = "that is enough for plan --keyless and drift --keyless; apply needs the key"
        return [warning("keys", message, hint) for _, message, _ in found]
    return [Check("keys", State.FAILS, message, hint) for _, message, hint in found]


def missing(message: str) -> Check:
    """Nothing could be tried."""
    return fails("keys", message, "repair sops first")
