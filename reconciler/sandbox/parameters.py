"""Parameter Store's operations, written after their text in the service model.

moto's own are bypassed for what an account keeps itself; public parameters (`/aws/...`),
references to secrets, and labels are left to moto, on the same state. Reading, writing and tags
have modules of their own.
"""

from __future__ import annotations

from collections.abc import Callable

from . import parameter_reads, parameter_tags, parameter_writes, shapes
from .account import arn
from .call import Answer, Call, Passed
from .parameter_store import ParametersBackend, not_found, of_region
from .refusal import Refusal


def handle(call: Call) -> Answer | None:
    """Answer a call, or None for what is left to moto."""
    operation = _OPERATIONS.get(call.operation)
    if operation is None:
        return None
    shapes.check("ssm", call.operation, call.body)
    try:
        return operation(call)
    except Passed:
        return None


def label(call: Call) -> Answer:
    """Labelling is moto's, where there is something to label."""
    if not of_region(call.region).versions(call.body["Name"].strip()):
        raise not_found(call.body["Name"])
    raise Passed


def _setting(call: Call) -> tuple[ParametersBackend, str]:
    """The Region, and the attribute that holds the setting. Others are not Parameter Store's."""
    name = call.body["SettingId"].rpartition(":servicesetting")[2]
    known = {
        "/ssm/parameter-store/default-parameter-tier": "default_parameter_tier",
        "/ssm/parameter-store/high-throughput-enabled": "high_throughput",
    }
    if name not in known:
        raise Refusal("ServiceSettingNotFound", f"Setting {name} not found.")
    return of_region(call.region), known[name]


def get_service_setting(call: Call) -> Answer:
    backend, attribute = _setting(call)
    name, value = call.body["SettingId"], getattr(backend, attribute)
    return {
        "ServiceSetting": {
            "SettingId": name,
            "SettingValue": value,
            "ARN": arn("ssm", call.region, f"servicesetting{name}"),
            "Status": "Default" if value in ("Standard", "false") else "Customized",
        }
    }


def update_service_setting(call: Call) -> Answer:
    backend, attribute = _setting(call)
    setattr(backend, attribute, call.body["SettingValue"])
    return {}


_OPERATIONS: dict[str, Callable[[Call], Answer]] = {
    "AddTagsToResource": parameter_tags.add_tags_to_resource,
    "DeleteParameter": parameter_writes.delete_parameter,
    "DeleteParameters": parameter_writes.delete_parameters,
    "DescribeParameters": parameter_reads.describe_parameters,
    "GetParameter": parameter_reads.get_parameter,
    "GetParameterHistory": parameter_reads.get_parameter_history,
    "GetParameters": parameter_reads.get_parameters,
    "GetParametersByPath": parameter_reads.get_parameters_by_path,
    "GetServiceSetting": get_service_setting,
    "LabelParameterVersion": label,
    "ListTagsForResource": parameter_tags.list_tags_for_resource,
    "PutParameter": parameter_writes.put_parameter,
    "RemoveTagsFromResource": parameter_tags.remove_tags_from_resource,
    "UnlabelParameterVersion": label,
    "UpdateServiceSetting": update_service_setting,
}
