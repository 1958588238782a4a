"""An API whose clients log in with tokens, while the key that signs them rotates.

python demo/client.py SECRET POLICY COUNT     COUNT rotations, read under a role with this policy

One application signs, another verifies. Both read the secret again from time to time, not together:
so one of them is often still at the value from before a rotation.
"""

import json
import sys
import threading
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import account
import boto3
import jwt

REREADS = {"signs": 0.3, "verifies": 0.7}  # seconds


def reader(policy: Path) -> Any:
    """A client with the rights of an application, and no others."""
    iam = boto3.client("iam")
    trust = json.dumps({"Version": "2012-10-17", "Statement": []})
    role = iam.create_role(RoleName="api", AssumeRolePolicyDocument=trust)["Role"]["Arn"]
    iam.put_role_policy(RoleName="api", PolicyName="reads", PolicyDocument=policy.read_text())
    given = boto3.client("sts").assume_role(RoleArn=role, RoleSessionName="api")["Credentials"]
    return boto3.client(
        "secretsmanager",
        aws_access_key_id=given["AccessKeyId"],
        aws_secret_access_key=given["SecretAccessKey"],
        aws_session_token=given["SessionToken"],
    )


class Application:
    """It keeps what it has read, for a while."""

    def __init__(self, read: Callable[[], dict[str, Any]], seconds: float) -> None:
        self._read, self._seconds = read, seconds
        self._value, self._until = read(), time.monotonic() + seconds

    def value(self) -> dict[str, Any]:
        """The value, as far as it knows."""
        if time.monotonic() > self._until:
            self._value, self._until = self._read(), time.monotonic() + self._seconds
        return self._value

    def sign(self) -> str:
        """A token."""
        value = self.value()
        return jwt.encode({"sub": "user"}, value["key"], value["alg"], {"kid": value["kid"]})

    def verify(self, token: str) -> None:
        """Raises what PyJWT does where no key fits."""
        keys = jwt.PyJWKSet.from_dict(self.value()["jwks"])
        jwt.decode(token, keys[jwt.get_unverified_header(token)["kid"]])


def main(name: str, policy: Path, count: int) -> None:
    """Log in all the time, and rotate; end with 1 where a login failed."""
    client = reader(policy)

    def read() -> dict[str, Any]:
        found: dict[str, Any] = json.loads(client.get_secret_value(SecretId=name)["SecretString"])
        return found

    signs, verifies = (Application(read, seconds) for seconds in REREADS.values())
    logins, refused = 0, 0
    stop = threading.Event()

    def log_in() -> None:
        nonlocal logins, refused
        while not stop.wait(0.02):
            try:
                verifies.verify(signs.sign())
            except (jwt.PyJWTError, KeyError):
                refused += 1
            else:
                logins += 1

    thread = threading.Thread(target=log_in)
    thread.start()
    for _ in range(count):
        before = logins
        account.rotate(name)
        account.wait(lambda before=before: logins > before, "nobody logged in")
        time.sleep(max(REREADS.values()))
    stop.set()
    thread.join()
    print(f"logins refused: {refused}")
    if refused:
        sys.exit(1)


if __name__ == "__main__":
    if len(sys.argv) != 4:
        sys.exit(__doc__)
    main(sys.argv[1], Path(sys.argv[2]), int(sys.argv[3]))
