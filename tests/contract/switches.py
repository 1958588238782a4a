"""The sandbox without one behaviour: what a test of the contract must notice."""

from __future__ import annotations

import contextlib
import json
from collections.abc import Callable, Iterator
from typing import Any
from unittest import mock

from reconciler.sandbox import kms, secret_values
from reconciler.sandbox.account import secrets_of
from reconciler.sandbox.secret import Secret
from reconciler.sandbox.server import Answer
from reconciler.sandbox.settling import Settling
from tests.contract.assumption import Off
from tests.embedded import Embedded

Body = dict[str, Any]


def asking(operation: str, change: Callable[[Body], object]) -> Off:
    """A request of this operation arrives changed."""

    @contextlib.contextmanager
    def off(aws: Embedded) -> Iterator[None]:
        def hook(called: str, body: Body | None) -> None:
            if called == operation and body is not None:
                change(body)

        aws.hooks.append(hook)
        yield
        aws.hooks.remove(hook)

    return off


def answering(operation: str, change: Callable[[Body], object]) -> Off:
    """An answer of this operation comes changed."""

    @contextlib.contextmanager
    def off(aws: Embedded) -> Iterator[None]:
        def after(called: str, _: Body | None, answer: Answer) -> None:
            if called == operation and answer.status == 200:
                document = json.loads(answer.body)
                change(document)
                answer.body = json.dumps(document).encode()

        aws.after.append(after)
        yield
        aws.after.remove(after)

    return off


def refusing(operation: str, code: str, when: Callable[[Body], bool] = lambda _: True) -> Off:
    """A request of this operation is refused."""

    @contextlib.contextmanager
    def off(aws: Embedded) -> Iterator[None]:
        def hook(called: str, body: Body | None) -> tuple[int, str, str] | None:
            refused = called == operation and body is not None and when(body)
            return (400, code, "switched off") if refused else None

        aws.hooks.append(hook)
        yield
        aws.hooks.remove(hook)

    return off


def before(operation: str, change: Callable[[Secret, Body], object]) -> Off:
    """A request of this operation finds its secret changed."""

    def change_secret(body: Body) -> None:
        secrets = secrets_of("us-west-2")
        secret = secrets.secrets.find(body.get("SecretId") or body.get("Name") or "")
        if secret is not None:
            change(secret, body)
            secrets.touch(secret)

    return asking(operation, change_secret)


def without(module: Any, name: str, instead: Any) -> Off:
    """The sandbox with one of its functions replaced."""

    @contextlib.contextmanager
    def off(_: Embedded) -> Iterator[None]:
        with mock.patch.object(module, name, instead):
            yield

    return off


def setting(name: str, value: Any) -> Off:
    """The sandbox with one of its switches set."""

    @contextlib.contextmanager
    def off(aws: Embedded) -> Iterator[None]:
        former = getattr(aws, name)
        setattr(aws, name, value)
        yield
        setattr(aws, name, former)

    return off


def forget(*fields: str) -> Callable[[Body], None]:
    """Leave fields out."""

    def change(body: Body) -> None:
        for field in fields:
            body.pop(field, None)

    return change


def forget_in(where: str, *fields: str) -> Callable[[Body], None]:
    """Leave fields out of each entry of a list."""

    def change(body: Body) -> None:
        for entry in body.get(where, []):
            forget(*fields)(entry)

    return change


def _accepts_any(*_: Any) -> bool:
    return True


accepts_other_data = without(secret_values, "is_same", _accepts_any)
never_settles = without(Settling, "lags", _accepts_any)
encrypts_nothing_again = without(kms, "encrypt_again", lambda *_: None)
