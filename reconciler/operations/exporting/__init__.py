"""Export: the only place that hands values out, as variables for programs on this machine."""

from reconciler.operations.exporting.collect import Collected, from_aws, from_manifests
from reconciler.operations.exporting.variables import Variables, variables

__all__ = [
    "Collected", "Variables", "from_aws", "from_manifests", "variables",
]  # fmt: skip
