"""The demonstration: Lagomo's production, from an empty account to a rotated one.

It starts the embedded AWS, copies the manifests into a temporary folder, and runs the commands that
it shows. Ends with exit code 0 only if each of them did what it says.
"""

from __future__ import annotations

import os
import shlex
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
BIN = Path(sys.executable).parent
START = 60  # seconds for the embedded AWS to start


def main() -> None:
    """Run the whole demonstration."""
    with tempfile.TemporaryDirectory(prefix="reconciler-demo-") as folder:
        place = Path(folder)
        shutil.copytree(ROOT / "manifests", place / "manifests")
        shutil.copytree(ROOT / "demo", place / "demo")
        server = subprocess.Popen(
            [BIN / "reconciler", "sandbox", "--port", "0"],
            stdout=subprocess.PIPE,
            text=True,
            env=clean_environment(),
        )
        try:
            Demonstration(place, exported(server)).run()
        finally:
            server.terminate()
            server.wait(10)


def clean_environment() -> dict[str, str]:
    """This process's variables without any AWS account or key of whoever runs this."""
    return {
        name: value for name, value in os.environ.items() if not name.startswith(("AWS_", "SOPS_"))
    }


def exported(server: subprocess.Popen[str]) -> dict[str, str]:
    """What the embedded AWS prints when it is ready: its address, and the key of this run."""
    assert server.stdout is not None
    found: dict[str, str] = {}
    for line in server.stdout:
        words = shlex.split(line.removeprefix("export "))
        found |= dict(word.split("=", 1) for word in words)
        if "AWS_DEFAULT_REGION" in found:
            return found
    sys.exit("the embedded AWS did not start")


class Demonstration:
    """Commands, shown and run in one folder against one embedded AWS."""

    def __init__(self, place: Path, account: dict[str, str]) -> None:
        self.place = place
        self.shown = {**account, "SOPS_AGE_KEY_FILE": "manifests/demo-age-key.txt"}
        self.environment = clean_environment() | self.shown
        self.environment["PATH"] = f"{BIN}{os.pathsep}{self.environment.get('PATH', '')}"

    def run(self) -> None:
        """The story, step by step."""
        self.say("An AWS of our own, and the demonstration key. Nothing leaves this machine.")
        for name, value in self.shown.items():
            print(f"$ export {name}={value}")
        self("python demo/account.py prepare")

        self.say("What would happen in production? Planning reads no secret value.")
        self("reconciler plan production --out production.plan.json")

        self.say("Apply writes exactly the plan that was reviewed.")
        self("reconciler apply production --plan production.plan.json")

        self.say("Plan again: nothing to do.")
        self("reconciler plan production --detailed-exitcode")

        self.say("Somebody changes a secret by hand. Drift finds it (exit code 2) ...")
        self("python demo/account.py overwrite /lagomo/production/web3/infura")
        self("reconciler drift production", expected=2)
        self.say("... and the next plan shows what would be overwritten, by whom it was written.")
        self("reconciler plan production --out repair.plan.json")
        self("reconciler apply production --plan repair.plan.json")

        self.say("A rotation: the function's four steps run, and the value changes. No drift.")
        self("python demo/account.py rotate /lagomo/production/database/credentials")
        self("reconciler drift production")
        self("reconciler plan production --detailed-exitcode")

        self.say("A developer changes a value in git: encrypted, planned, reviewed, applied.")
        self(
            "echo '\"demo-new-relay-password\"' | sops set --value-stdin"
            " manifests/production/smtp.sops.yaml"
            ' \'["secrets"]["smtp/credentials"]["value"]["password"]\''
        )
        self("reconciler plan production --out change.plan.json")
        self("reconciler apply production --plan change.plan.json")
        self("reconciler drift production")

        self.say("A rotation function that comes with it, for a key that signs tokens.")
        self("git apply demo/signing.patch")
        self(
            "cd manifests && sops encrypt --filename-override production/signing.sops.yaml"
            " ../demo/signing.yaml > production/signing.sops.yaml"
        )
        self("reconciler lock production")
        self("reconciler rotation build jwt --out built")
        self("reconciler rotation template production --built built > rotation.json")
        self("python demo/stack.py rotation.json built")
        self("reconciler apply production --auto-approve")
        self("python demo/account.py rotate /lagomo/production/jwt/signing")
        self.say("It rotates three times, and clients log in meanwhile, under the api's own role.")
        self("reconciler iam reader production --service api > reader.json")
        self("python demo/client.py /lagomo/production/jwt/signing reader.json 3")
        self("reconciler plan production --detailed-exitcode")
        self.say("Done. Try it yourself: README.md says how.")

    def say(self, text: str) -> None:
        """A line between the commands."""
        print(f"\n# {text}", flush=True)

    def __call__(self, command: str, *, expected: int = 0) -> None:
        """Show a command, run it, and end here if it did not do what it should."""
        print(f"\n$ {command}", flush=True)
        done = subprocess.run(
            ["bash" if shutil.which("bash") else "sh", "-c", command],
            cwd=self.place,
            env=self.environment,
            check=False,
        )
        if done.returncode != expected:
            name = shlex.split(command)[0]
            sys.exit(f"{name} ended with {done.returncode}, expected {expected}")


if __name__ == "__main__":
    main()
