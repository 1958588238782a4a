"""``reconciler``: the commands, and how every one of them ends."""

from __future__ import annotations

import os
import sys
from collections.abc import Sequence
from types import MappingProxyType

import click

from reconciler import __version__
from reconciler.cli import failure, process
from reconciler.cli.group import Commands
from reconciler.cli.options import Common, common
from reconciler.core.errors import Exit

# Each command's module is imported only when it is used: `--help` answers at once.
COMMANDS = MappingProxyType(
    {
        "init": "Set up a new repository, from its key to its first plan.",
        "validate": "Check manifests; no key, no credentials.",
        "plan": "Show what would change in AWS.",
        "show": "Show a saved plan.",
        "apply": "Write exactly what was reviewed.",
        "drift": "Find what changed outside of git.",
        "report": "List what is managed, with its age and its next rotation.",
        "add": "Declare a new secret or parameter, with its value.",
        "set": "Set a new value in a manifest, with sops.",
        "move": "Rename a declaration, or move it to another file.",
        "remove": "Take declarations out of the manifests.",
        "copy": "Declare in one environment what another declares.",
        "compare": "Show two environments side by side.",
        "recipients": "List and change who can decrypt the manifests.",
        "rotate": "Rotate secrets now, and wait until it is done.",
        "rotate-keys": "Change the fingerprint key of an environment.",
        "rollback": "Restore the previous version of a secret.",
        "revoke": "Deny a role all access to an environment, at once.",
        "export": "Export an environment's values, for local development.",
        "exec": "Run a command with an environment's values.",
        "adopt": "Start managing declared resources that already exist.",
        "import": "Write manifests for what exists in AWS.",
        "release": "Stop managing resources; their values stay.",
        "diff": "Show what a branch changes, from git alone.",
        "matrix": "Print the environments that a branch changes, for workflows.",
        "iam": "Print the IAM policy of a role, made from the manifests.",
        "lock": "Write the lock: fingerprints for plans without a key.",
        "merge-driver": "Merge encrypted files and locks; git runs it.",
        "bootstrap": "Print a CloudFormation template of what an environment needs.",
        "rotation": "Build rotation functions, and print what deploys them.",
        "github": "Show plans and drift on GitHub, from a workflow's job.",
        "doctor": "Check prerequisites of plan and apply.",
        "schema": "Print a JSON Schema: manifest, environment or plan.",
        "explain": "Explain the code of an error, warning or refusal.",
        "sandbox": "Run an embedded AWS on this machine.",
    }
)

# What other programs call it.
ELSEWHERE = MappingProxyType(
    {
        "check": "validate",
        "create": "add",
        "delete": "remove",
        "edit": "set",
        "env": "export",
        "get": "export",
        "list": "report",
        "ls": "report",
        "mv": "move",
        "new": "add",
        "put": "set",
        "read": "export",
        "rename": "move",
        "rm": "remove",
        "run": "exec",
        "status": "drift",
        "undo": "rollback",
        "update": "set",
        "verify": "validate",
        "write": "set",
    }
)


@click.group(
    cls=Commands,
    package="reconciler.cli.commands",
    known=COMMANDS,
    elsewhere=ELSEWHERE,
    epilog="Example: reconciler plan production",
    context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 100},
)
@click.version_option(__version__, prog_name="reconciler")
@common
def reconciler() -> None:
    """Keep AWS Secrets Manager and Parameter Store as git declares them.

    SOPS-encrypted manifests in git declare every secret, parameter and rotation schedule of each
    environment. `plan` shows what would change, `apply` writes exactly what was reviewed, `drift`
    finds what was changed outside. Planning, applying and drift read no secret value.
    """


def main(arguments: Sequence[str] | None = None) -> None:
    """Run the command line, and end the process with its exit code."""
    process.harden()
    process.end_at_ctrl_c()
    process.hold_back_collection()
    code = run(sys.argv[1:] if arguments is None else arguments)
    sys.stdout.flush()
    process.leave_memory_to_the_system()
    sys.exit(code)


def run(arguments: Sequence[str]) -> int:
    """Run the command line; every way in which it can end has one exit code and one message."""
    common_options = Common()
    try:
        result = reconciler.main(
            args=list(arguments),
            prog_name="reconciler",
            standalone_mode=False,
            obj=common_options,
        )
    except click.exceptions.Exit as end:
        return end.exit_code
    except click.Abort:
        failure.tell("stopped", common_options)
        return process.INTERRUPTED
    except KeyboardInterrupt:
        failure.tell("stopped", common_options)
        return process.INTERRUPTED
    except BrokenPipeError:
        # Whoever read the output has had enough; a flush at exit would only say so again.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return Exit.ERROR
    except Exception as error:
        return failure.caught(error, common_options)
    return int(result or 0)


if __name__ == "__main__":
    main()
