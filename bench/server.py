"""An embedded AWS in a process of its own, told on its standard input how far away it is.

latency 0.02    each call takes 20 ms more
count           prints the calls since the last count, as JSON
"""

from __future__ import annotations

import json
import sys

from reconciler.sandbox.server import Sandbox


def main() -> None:
    """Serve until standard input ends."""
    with Sandbox() as sandbox:
        sandbox.keep_log = False
        print(sandbox.url, flush=True)
        for line in sys.stdin:
            match line.split():
                case ["latency", seconds]:
                    sandbox.latency = float(seconds)
                    print("ok", flush=True)
                case ["count"]:
                    print(json.dumps(dict(sandbox.calls)), flush=True)
                    sandbox.calls.clear()


if __name__ == "__main__":
    main()
