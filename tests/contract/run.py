"""`make test-aws`: ask a real account whether it keeps the contract.

Every assumption that a promise rests on is asked of it, below a random prefix, and each answer is
written into a report.
"""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from pathlib import Path
from typing import Any, NoReturn

from botocore.exceptions import BotoCoreError, ClientError

from tests.contract.account import PLAIN, ROOT, Account
from tests.contract.sweep import sweep

REPORT = Path(os.environ.get("CONTRACT_REPORT_FILE", "contract-report.json"))
ASKED = [
    f"tests/contract/test_{what}.py" for what in ("secrets", "parameters", "rotation", "roles")
]
ANNOUNCED = f"""\
Asking account {{account}} in {{region}}, below {{prefix}}.
It makes, and deletes again: about 20 secrets, 25 parameters, 5 IAM roles, 2 Lambda functions and
one KMS key, which AWS deletes after 7 days. It reads and writes nothing else.
It costs less than 0.10 USD and takes up to 15 minutes.
What a former run left below {ROOT} and {PLAIN}* is deleted first: let no two runs share an account.
"""


def main(arguments: list[str]) -> int:
    """0 where the account keeps the contract; 1 where it does not; 2 where it was not asked."""
    wanted = os.environ.get("CONTRACT_ACCOUNT", "")
    account = Account(run=None)
    try:
        found = account.id
    except (BotoCoreError, ClientError) as error:
        return _refuse(f"no account answers ({type(error).__name__}); sign in to AWS first")
    if not wanted:
        return _refuse(f"set CONTRACT_ACCOUNT={found} if this is the account to ask")
    if wanted != found:
        return _refuse(f"CONTRACT_ACCOUNT is {wanted}, and the credentials are of {found}")
    region = account.secrets.meta.region_name
    print(ANNOUNCED.format(account=found, region=region, prefix=account.prefix), flush=True)
    for number in (signal.SIGTERM, signal.SIGHUP):
        signal.signal(number, _interrupt)
    try:
        _say("left by a former run, and deleted", sweep(account))
        return _ask(account, arguments)
    except KeyboardInterrupt:
        print("interrupted; cleaning up", flush=True)
        return 1
    finally:
        sweep(account, account.run)
        print(f"cleaned up; the report is {REPORT}", flush=True)


def _ask(account: Account, arguments: list[str]) -> int:
    variables = {
        **os.environ,
        "CONTRACT_RUN": account.run,
        "CONTRACT_REPORT": str(REPORT.resolve()),
    }
    # A group of its own: a signal is for this process, which ends the tests and then cleans up.
    tests = subprocess.Popen(
        [sys.executable, "-m", "pytest", "-n", "0", "-v", *ASKED, *arguments],
        env=variables,
        start_new_session=True,
    )
    try:
        return 0 if tests.wait() == 0 else 1
    finally:
        if tests.poll() is None:
            tests.terminate()
            tests.wait()


def _interrupt(*_: Any) -> NoReturn:
    raise KeyboardInterrupt


def _refuse(why: str) -> int:
    print(f"make test-aws: {why}", file=sys.stderr)
    return 2


def _say(what: str, names: list[str]) -> None:
    if names:
        print(f"{what}: {', '.join(names)}", flush=True)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
