"""What a Region keeps of Parameter Store: moto's state, with the names in order."""

from __future__ import annotations

import bisect
from typing import Any, cast

from moto.ssm.models import Parameter, SimpleSystemManagerBackend, ssm_backends

from .account import ACCOUNT
from .refusal import Refusal


class ParametersBackend(SimpleSystemManagerBackend):
    """moto's backend for one Region, with the names in order, so that a page is found by
    bisection and not by rendering every parameter.
    """

    def __init__(self, region_name: str, account_id: str) -> None:
        super().__init__(region_name, account_id)
        self._names: list[str] = []
        self.high_throughput = "false"

    def names(self) -> list[str]:
        """The account's own parameters, by name. AWS promises no order, only that pages neither
        repeat nor skip.
        """
        if len(self._names) != len(self._parameters):
            # moto leaves an empty list where it looked for a parameter in vain.
            self._names = sorted(name for name, kept in self._parameters.items() if kept)
        return self._names

    def versions(self, name: str) -> list[Parameter]:
        """Every kept version, oldest first; empty when there is no such parameter."""
        return dict.get(self._parameters, self._parameters.normalize_name(name)) or []

    def tags(self, name: str) -> dict[str, str]:
        """The tags of a parameter, to change."""
        return self._resource_tags["Parameter"][self._parameters.normalize_name(name)]

    def known_tags(self, name: str) -> dict[str, str] | None:
        """The same to read; None where it never had one, and no trace is left."""
        return self._resource_tags["Parameter"].get(self._parameters.normalize_name(name))

    def add_version(self, name: str, parameter: Parameter) -> None:
        name = self._parameters.normalize_name(name)
        versions = dict.get(self._parameters, name)
        if versions is None:
            in_order = len(self._names) == len(self._parameters)
            dict.__setitem__(self._parameters, name, [parameter])
            if in_order:
                bisect.insort(self._names, name)
        else:
            versions.append(parameter)

    def remove(self, name: str) -> bool:
        """Delete a parameter with its history and tags; False when there is none."""
        name = self._parameters.normalize_name(name)
        if dict.get(self._parameters, name) is None:
            return False
        dict.__delitem__(self._parameters, name)
        self._names = []
        self._resource_tags["Parameter"].pop(name, None)
        return True


def new_parameter(**fields: Any) -> Parameter:
    """One version of a parameter, with the fields of moto's constructor."""
    # moto declares abstract methods on Parameter that it never implements.
    parameter: Parameter = cast("Any", Parameter)(**{"account_id": ACCOUNT} | fields)
    return parameter


def of_region(region: str) -> ParametersBackend:
    """The parameters of a Region."""
    return cast("ParametersBackend", ssm_backends[ACCOUNT][region])


def not_found(name: str) -> Refusal:
    """What AWS answers where there is no such parameter."""
    return Refusal("ParameterNotFound", f"Parameter {name} not found.")
