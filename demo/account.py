"""What happens in an AWS account beside the reconciler, for the demonstration.

python demo/account.py prepare            deploy the rotation functions
python demo/account.py overwrite NAME     somebody changes a secret by hand
python demo/account.py rotate NAME        the hour of a rotation has come
"""

import io
import sys
import time
import zipfile
from collections.abc import Callable
from pathlib import Path

import boto3

FUNCTIONS = ("rotate-database", "rotate-jwt")
SOURCE = Path(__file__).parent / "functions" / "rotate.py"
ROLE = "arn:aws:iam::123456789012:role/rotation"
WAIT = 30  # seconds for a rotation to end


def prepare() -> None:
    """Deploy each rotation function and let Secrets Manager invoke it."""
    client = boto3.client("lambda")
    boto3.client("iam").create_role(RoleName="rotation", AssumeRolePolicyDocument="{}")
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w") as archive:
        archive.write(SOURCE, SOURCE.name)
    for name in FUNCTIONS:
        client.create_function(
            FunctionName=name,
            Runtime="python3.12",
            Handler="rotate.handler",
            Role=ROLE,
            Code={"ZipFile": packed.getvalue()},
        )
        client.add_permission(
            FunctionName=name,
            StatementId="secrets-manager",
            Action="lambda:InvokeFunction",
            Principal="secretsmanager.amazonaws.com",
        )
        print(f"deployed {name}")


def overwrite(name: str) -> None:
    """Write a secret as somebody in a hurry would."""
    client = boto3.client("secretsmanager")
    client.put_secret_value(SecretId=name, SecretString="changed-by-hand")
    print(f"overwrote {name}")


def rotate(name: str) -> None:
    """Rotate now, and wait until AWSCURRENT has moved."""
    client = boto3.client("secretsmanager")

    def label(stage: str) -> str | None:
        stages = client.describe_secret(SecretId=name)["VersionIdsToStages"]
        return next((version for version, labels in stages.items() if stage in labels), None)

    def begins() -> bool:
        try:
            client.rotate_secret(SecretId=name, RotateImmediately=True)
        except client.exceptions.InvalidRequestException:
            return False
        return True

    before = label("AWSCURRENT")
    # Setting a schedule has AWS try the function's testSecret, on an AWSPENDING of its own, which
    # DescribeSecret may not show at once.
    wait(begins, f"{name} is being tested")
    wait(lambda: label("AWSCURRENT") != before, f"{name} did not rotate")
    print(f"rotated {name}")


def wait(until: Callable[[], bool], otherwise: str) -> None:
    """Wait for something to become true; end the process where it does not."""
    end = time.monotonic() + WAIT
    while not until():
        if time.monotonic() > end:
            sys.exit(f"{otherwise}, after {WAIT} seconds")
        time.sleep(0.2)


if __name__ == "__main__":
    match sys.argv[1:]:
        case ["prepare"]:
            prepare()
        case ["overwrite", name]:
            overwrite(name)
        case ["rotate", name]:
            rotate(name)
        case _:
            sys.exit(__doc__)
