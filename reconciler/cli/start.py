"""Where the program starts: what a shell completes is answered before anything else is imported."""

from __future__ import annotations

import os

from reconciler.cli import completion


def main() -> None:
    """Answer the shell, or run the command line."""
    if completion.VARIABLE in os.environ and completion.complete():
        return
    from reconciler.cli import process

    process.hold_back_collection()  # before the imports: a tenth of what `--help` computes
    from reconciler.cli.main import main as run

    run()
