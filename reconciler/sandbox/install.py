"""Puts the overlay into moto, and takes it out again.

moto keeps its state in module-wide dictionaries that make a backend when a Region is first used.
The overlay gives them our backend classes, which subclass moto's own.
"""

from __future__ import annotations

from typing import Any

from moto.awslambda_simple.models import LambdaSimpleBackend, lambda_simple_backends
from moto.core.base_backend import BackendDict
from moto.core.config import default_user_config
from moto.core.model_instances import reset_model_data
from moto.kms.models import KmsBackend, kms_backends
from moto.secretsmanager.models import SecretsManagerBackend, secretsmanager_backends
from moto.ssm.models import SimpleSystemManagerBackend, ssm_backends

from .awslambda import FunctionsBackend
from .kms import KeysBackend
from .parameter_store import ParametersBackend
from .secret import SecretsBackend

_OURS: tuple[tuple[Any, type, type], ...] = (
    (secretsmanager_backends, SecretsBackend, SecretsManagerBackend),
    (ssm_backends, ParametersBackend, SimpleSystemManagerBackend),
    (lambda_simple_backends, FunctionsBackend, LambdaSimpleBackend),
    (kms_backends, KeysBackend, KmsBackend),
)


def install() -> None:
    """Use our backends from now on. Idempotent. Empties moto's state."""
    for backends, ours, theirs in _OURS:
        # moto looks for a service's URLs beside the module of its backend.
        ours.__module__ = theirs.__module__
        backends.backend = ours
    # moto's Lambda that needs no Docker.
    default_user_config["lambda"] = {"use_docker": False}
    empty()


def uninstall() -> None:
    """Give moto its own backends back. Idempotent. Empties moto's state."""
    for backends, _, theirs in _OURS:
        backends.backend = theirs
    default_user_config["lambda"] = {"use_docker": True}
    empty()


def empty() -> None:
    """Empty every service's state."""
    BackendDict.reset()
    reset_model_data()
