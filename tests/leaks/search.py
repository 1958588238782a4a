"""The search for planted values, over the commands of one test."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from tests.leaks.canaries import Canaries, everything, spying_sops
from tests.world import World

__all__ = ["Canaries", "search"]


def search(
    world: World,
    canaries: Canaries,
    folder: Path,
    commands: Sequence[Sequence[str]],
    *,
    stdin: str | None = None,
) -> list[str]:
    """Run commands, well or badly; the forms in which a planted value shows in what they print,
    leave behind, or hand to sops in its arguments and variables."""
    spy, temporary = folder / "spy", folder / "tmp"
    spy.mkdir(exist_ok=True)
    temporary.mkdir(exist_ok=True)
    tool = spying_sops(spy)
    out: list[bytes] = []
    for command in commands:
        variables = {"TMPDIR": str(temporary)}
        if command[0] == "exec":  # it becomes another program
            done = world.process("--sops", str(tool), *command, environment=variables)
        else:
            done = world.cli(*command, "--sops", str(tool), environment=variables, stdin=stdin)
        assert "Traceback" not in done.stderr
        assert "internal error" not in done.stderr, done.stderr
        out += [done.stdout.encode(), done.stderr.encode()]
    tool.unlink()
    return canaries.found(*out, *everything(folder))
