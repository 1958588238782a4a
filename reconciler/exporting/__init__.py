"""Export: the only place that hands values out, as variables for programs on this machine."""

from reconciler.exporting.collect import Collected, from_aws, from_manifests
from reconciler.exporting.forbidden import forbidden
from reconciler.exporting.variables import Variables, variables

__all__ = [
    "Collected", "Variables", "forbidden", "from_aws", "from_manifests", "variables",
]  # fmt: skip
