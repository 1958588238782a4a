"""``reconciler sandbox``."""

from __future__ import annotations

import os
from pathlib import Path

import click

from reconciler.cli.options import chosen, common
from reconciler.cli.terminal import out, say
from reconciler.core.errors import Exit, ReconcilerError


def _account(_ctx: click.Context, _parameter: click.Parameter, value: str) -> str:
    if len(value) != 12 or not (value.isascii() and value.isdigit()):
        raise click.BadParameter("an account is 12 digits")
    return value


@click.command("sandbox", epilog="Example: reconciler sandbox --port 4566")
@click.option("--port", type=click.IntRange(0, 65535), default=0, help="0: any free port.")
@click.option(
    "--state",
    metavar="FILE",
    type=click.Path(path_type=Path),
    help="Keep the account in this file.",
)
@click.option(
    "--account",
    metavar="ID",
    default="123456789012",
    callback=_account,
    help="The account that it is: a second one for a second environment. [default: 123456789012]",
)
@click.option(
    "--list-staleness",
    type=click.FloatRange(0, 600),
    default=0.0,
    metavar="SECONDS",
    help="How far ListSecrets lags behind, as on AWS.",
)
@click.option("--throttle", is_flag=True, help="Apply AWS's quotas.")
@click.option(
    "--latency",
    type=click.FloatRange(0, 10_000),
    default=0.0,
    metavar="MS",
    help="Latency of each call.",
)
@common
def command(
    port: int,
    state: Path | None,
    account: str,
    list_staleness: float,
    throttle: bool,
    latency: float,
) -> int:
    """Run an embedded AWS on this machine, until Ctrl-C.

    An account of its own on 127.0.0.1, to try things and for tests: Secrets Manager,
    Parameter Store, KMS, IAM, STS, and Lambda functions that really rotate secrets. It refuses what
    AWS refuses. Prints what to export: the endpoint, and an access key that is new at each start,
    so that no other user of this machine can call it.
    """
    options = chosen()
    say("the embedded AWS starts", options)  # its libraries take seconds
    os.environ["MOTO_ACCOUNT_ID"] = account  # which they read as they are imported
    try:
        from reconciler.sandbox.access import AccessKey
        from reconciler.sandbox.serving import serve
        from reconciler.sandbox.state import StateError
    except ModuleNotFoundError as error:
        raise ReconcilerError(
            f"the embedded AWS needs the package {error.name}, which is not installed",
            hint="in a checkout of the reconciler run `make install`, or: pip install '.[sandbox]'",
        ) from None

    def ready(url: str, key: AccessKey) -> None:
        out(f"export AWS_ENDPOINT_URL={url}")
        out(f"export AWS_ACCESS_KEY_ID={key.id} AWS_SECRET_ACCESS_KEY={key.secret}")
        out("export AWS_DEFAULT_REGION=us-west-2")
        say("the embedded AWS is ready; Ctrl-C stops it", options)

    try:
        serve(
            port,
            state=state,
            list_staleness=list_staleness,
            throttle=throttle,
            latency=latency / 1000,
            ready=ready,
        )
    except StateError as error:
        problem = str(error)
    except OSError as error:
        problem = f"port {port}: {error.strerror}"
    else:
        return Exit.OK
    raise ReconcilerError(problem, hint="choose another --port or --state")
