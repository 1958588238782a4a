"""moto's parameters without its EC2, which takes most of a start.

Only a command of Systems Manager that is sent to instances by tag looks there: EC2 is read then.
"""

from __future__ import annotations

import importlib
import sys
from types import ModuleType
from typing import Any

_EC2 = "moto.ec2"


class _Later:
    """EC2's accounts, read when one is asked for."""

    def __getitem__(self, account: str) -> Any:
        return importlib.import_module(_EC2).ec2_backends[account]


def load() -> None:
    """Import moto's parameters."""
    if _EC2 in sys.modules:
        return
    later = ModuleType(_EC2)
    vars(later)["ec2_backends"] = _Later()
    sys.modules[_EC2] = later
    try:
        importlib.import_module("moto.ssm.models")
    finally:
        del sys.modules[_EC2]
