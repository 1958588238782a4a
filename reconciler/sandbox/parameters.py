"""Parameter Store's operations, written after their text in the service model.

moto's own are bypassed for what an account keeps itself; public parameters (`/aws/...`),
references to secrets, and labels are left to moto, on the same state.
"""

from __future__ import annotations

import base64
import bisect
import hashlib
import json
from collections.abc import Callable
from typing import Any, cast

from moto.core.utils import unix_time, utcnow
from moto.ssm.models import Parameter, SimpleSystemManagerBackend, ssm_backends
from moto.utilities.utils import get_partition

from . import kms, parameter_rules, shapes
from .account import ACCOUNT, arn
from .call import Call
from .parameter_filters import Row, Test, compile_by_path, compile_describe
from .refusal import Refusal

Answer = dict[str, Any]

DESCRIBE_PAGE = 50
DEFAULT_PAGE = 10
MAX_VERSIONS = 100
MAX_STANDARD = 10_000
MAX_TAGS = 50


class ParametersBackend(SimpleSystemManagerBackend):
    """moto's backend for one Region, with the names in order, so that a page is found by
    bisection and not by rendering every parameter.
    """

    def __init__(self, region_name: str, account_id: str) -> None:
        super().__init__(region_name, account_id)
        self._names: list[str] = []
        self.high_throughput = "false"

    @property
    def _url_module(self) -> Any:
        from moto.ssm import urls

        return urls

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

    def latest(self, name: str) -> Parameter | None:
        versions = self.versions(name)
        return versions[-1] if versions else None

    def tags(self, name: str) -> dict[str, str]:
        """The tags of a parameter, to read or to change."""
        return self._resource_tags["Parameter"][self._parameters.normalize_name(name)]

    def known_tags(self, name: str) -> dict[str, str] | None:
        """The same to read; None where it never had one, and no trace is left."""
        return self._resource_tags["Parameter"].get(self._parameters.normalize_name(name))

    def tag(self, name: str, key: str) -> str | None:
        """One tag's value; unlike `tags`, leaves no trace where there is none."""
        found = self._resource_tags["Parameter"].get(name)
        return found.get(key) if found else None

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
    parameter: Parameter = cast("Any", Parameter)(account_id=ACCOUNT, **fields)
    return parameter


def of_region(region: str) -> ParametersBackend:
    """The parameters of a Region."""
    return cast("ParametersBackend", ssm_backends[ACCOUNT][region])


def _backend(call: Call) -> ParametersBackend:
    return of_region(call.region)


def handle(call: Call) -> Answer | None:
    """Answer a call, or None for an operation that is left to moto."""
    operation = _OPERATIONS.get(call.operation)
    if operation is None:
        return None
    shapes.check("ssm", call.operation, call.body)
    return operation(call)


# Writing


def put_parameter(call: Call) -> Answer:
    body, backend = call.body, _backend(call)
    name = parameter_rules.check_name(body["Name"], call.region)
    value, overwrite = body["Value"], body.get("Overwrite", False)
    tags = body.get("Tags")
    if overwrite and tags:
        raise Refusal(
            "ValidationException",
            "Invalid request: tags and overwrite can't be used together. To create a parameter "
            "with tags, please remove overwrite flag. To update tags for an existing parameter, "
            "please use AddTagsToResource or RemoveTagsFromResource.",
        )
    versions = backend.versions(name)
    before = versions[-1] if versions else None
    if before is not None and not overwrite:
        raise Refusal(
            "ParameterAlreadyExists",
            "The parameter already exists. To overwrite this value, set the overwrite option in "
            "the request to true.",
        )
    kind = body.get("Type") or (before.parameter_type if before else None)
    if kind is None:
        raise Refusal(
            "ValidationException", "A parameter type is required when you create a parameter."
        )
    pattern = _sent(body, "AllowedPattern", before.allowed_pattern if before else None)
    description = _sent(body, "Description", before.description if before else None)
    data_type = _sent(body, "DataType", before.data_type if before else None) or "text"
    if before is not None and data_type != before.data_type:
        parameter_rules.check_change(before.data_type, data_type)
    parameter_rules.check_value(value, kind, pattern, data_type)
    key = _key(call, kind, body.get("KeyId"), before)
    # "All existing policies are preserved until you send new policies or an empty policy."
    policies = before.policies if before else None
    if "Policies" in body:
        policies = parameter_rules.check_policies(body["Policies"])
    tier = _tier(call, value, policies, data_type, before)
    new_tags = _merge_tags({}, tags or [])
    if len(versions) >= MAX_VERSIONS and versions[0].labels:
        raise Refusal(
            "ParameterMaxVersionLimitExceeded",
            f"You attempted to create a new version of {name} by calling the PutParameter API "
            f"with the overwrite flag. Version {versions[0].version}, the oldest version, can't "
            "be deleted because it has a label associated with it. Move the label to another "
            "version of the parameter, and try again.",
        )
    version = before.version + 1 if before else 1
    if parameter_rules.is_stored(value, data_type):
        parameter = new_parameter(
            name=name,
            value=value,
            parameter_type=kind,
            description=description,
            allowed_pattern=pattern,
            keyid=key,
            last_modified_date=utcnow(),
            version=version,
            data_type=data_type,
            tier=tier,
            policies=policies,
        )
        backend.add_version(name, parameter)
        if len(versions) > MAX_VERSIONS:
            del versions[0]
        if new_tags:
            backend.tags(name).update(new_tags)
    return {"Version": version, "Tier": tier}


def _sent(body: dict[str, Any], field: str, kept: str | None) -> str | None:
    return body[field] if body.get(field) is not None else kept


def _key(call: Call, kind: str, sent: str | None, kept: Parameter | None) -> str | None:
    if kind != "SecureString":
        if sent:
            raise Refusal(
                "ValidationException", "KeyId is required for SecureString type parameter only."
            )
        return None
    key = sent or (kept.keyid if kept else None) or "alias/aws/ssm"
    if not kms.is_default(key, "ssm"):
        found = kms.find_key(ACCOUNT, call.region, key)
        if found is None:
            shown = key if key.startswith("arn:") else arn("kms", call.region, key)
            what = (
                f"Alias {shown} is not found."
                if "alias/" in key
                else f"Key '{shown}' does not exist"
            )
            raise Refusal("InvalidKeyId", f"{what} (Service: AWSKMS; Status Code: 400)")
        if not found.enabled or found.key_state != "Enabled":
            raise Refusal("InvalidKeyId", f"{found.arn} is disabled. (Service: AWSKMS)")
    return key


def _tier(
    call: Call, value: str, policies: str | None, data_type: str, before: Parameter | None
) -> str:
    # "if you don't specify a tier in a request, Parameter Store assigns the tier based on the
    # current Parameter Store default tier configuration."
    asked = call.body.get("Tier") or _backend(call).default_parameter_tier
    size = len(value.encode("utf-8", "surrogatepass"))
    is_advanced = before is not None and before.tier == "Advanced"
    if asked == "Intelligent-Tiering":
        needs = parameter_rules.needs_advanced(size, policies, data_type)
        full = before is None and _standard_is_full(_backend(call))
        asked = "Advanced" if needs or full or is_advanced else "Standard"
    if asked == "Standard":
        if is_advanced:
            raise Refusal(
                "ValidationException",
                "You can't downgrade a parameter from the advanced-parameter tier to the "
                "standard-parameter tier. If you no longer need an advanced parameter, delete it "
                "and recreate it as a new standard parameter.",
            )
        parameter_rules.check_standard(size, policies, data_type)
        if before is None and _standard_is_full(_backend(call)):
            raise Refusal(
                "ParameterLimitExceeded",
                "You have reached the maximum number of standard parameters for this AWS account "
                f"and Region ({MAX_STANDARD}). To add more parameters, either delete existing "
                "parameters or upgrade to the advanced-parameter tier (charges apply).",
            )
    parameter_rules.check_advanced(size)
    return str(asked)


def _standard_is_full(backend: ParametersBackend) -> bool:
    # "You can create a maximum of 10,000 standard parameters for each Region."
    names = backend.names()
    if len(names) < MAX_STANDARD:
        return False
    standard = sum(1 for name in names if backend.versions(name)[-1].tier == "Standard")
    return standard >= MAX_STANDARD


def delete_parameter(call: Call) -> Answer:
    if not _backend(call).remove(call.body["Name"].strip()):
        raise _not_found(call.body["Name"])
    return {}


def delete_parameters(call: Call) -> Answer:
    deleted: list[str] = []
    invalid: list[str] = []
    for name in call.body["Names"]:
        (deleted if _backend(call).remove(name.strip()) else invalid).append(name)
    return {"DeletedParameters": deleted, "InvalidParameters": invalid}


def _not_found(name: str) -> Refusal:
    return Refusal("ParameterNotFound", f"Parameter {name} not found.")


# Reading


def describe_parameters(call: Call) -> Answer:
    test = compile_describe(_backend(call), call.body)
    size = call.body.get("MaxResults") or DEFAULT_PAGE
    found, token = _page(call, test, size)
    answer: Answer = {"Parameters": [_metadata(call, parameter) for parameter in found]}
    if token is not None:
        answer["NextToken"] = token
    return answer


def get_parameters_by_path(call: Call) -> Answer:
    if call.body["Path"].lower().startswith(("/aws/service", "/aws/reference")):
        raise Passed
    test = compile_by_path(_backend(call), call.body)
    found, token = _page(call, test, call.body.get("MaxResults") or DEFAULT_PAGE)
    decrypt = call.body.get("WithDecryption", False)
    answer: Answer = {"Parameters": [_shown(call, parameter, decrypt) for parameter in found]}
    if token is not None:
        answer["NextToken"] = token
    return answer


def _page(call: Call, test: Test, size: int) -> tuple[list[Parameter], str | None]:
    body, backend = call.body, _backend(call)
    scope: list[Any] = [call.operation, call.region]
    scope += [body.get(name) for name in ("ParameterFilters", "Filters", "Path", "Recursive")]
    names = backend.names()
    start = 0
    if body.get("NextToken") is not None:
        try:
            last = call.sandbox.tokens.open(body["NextToken"], scope)
        except ValueError:
            raise Refusal("InvalidNextToken", "The specified token isn't valid.") from None
        start = bisect.bisect_right(names, last)
    found: list[Parameter] = []
    last_found = ""
    filtered = bool(body.get("ParameterFilters") or body.get("Filters") or body.get("Path"))
    for index in range(start, len(names)):
        if call.sandbox.empty_pages and filtered and index - start >= size:
            # "If the service reaches an internal limit while processing the results, it stops the
            # operation and returns the matching values up to that point and a NextToken."
            return found, call.sandbox.tokens.seal(names[index - 1], scope)
        name = names[index]
        if name.startswith("/aws/"):
            continue
        parameter = backend.versions(name)[-1]
        if not test(Row(name, parameter, backend.tag)):
            continue
        if len(found) == size:
            return found, call.sandbox.tokens.seal(last_found, scope)
        found.append(parameter)
        last_found = name
    return found, None


def get_parameter(call: Call) -> Answer:
    name = call.body["Name"].strip()
    if _is_aws(name):
        raise Passed
    return {"Parameter": _got(call, name)}


def get_parameters(call: Call) -> Answer:
    names = [name.strip() for name in call.body["Names"]]
    if any(_is_aws(name) for name in names):
        raise Passed
    found, invalid = [], []
    for name in dict.fromkeys(names):
        try:
            found.append(_got(call, name))
        except Refusal as refusal:
            if not refusal.code.startswith("Parameter"):
                raise
            invalid.append(name)
    # "The results for GetParameters requests are listed in alphabetical order."
    found.sort(key=lambda shown: str(shown["Name"]))
    return {"Parameters": found, "InvalidParameters": invalid}


def _is_aws(name: str) -> bool:
    return name.lower().startswith("/aws/")


def _got(call: Call, name: str) -> dict[str, Any]:
    """A parameter by name or ARN, `name:version` or `name:label`, as GetParameter shows it."""
    prefix = arn("ssm", call.region, "parameter")
    bare, _, selector = name.removeprefix(prefix).partition(":")
    parameter_rules.check_asked(bare)
    shown = _shown(call, _select(call, bare, selector), call.body.get("WithDecryption", False))
    if not name.startswith(prefix):
        # Recorded on AWS: with a leading slash or without, as it was asked for.
        shown["Name"] = bare
    return shown | ({"Selector": f":{selector}"} if selector else {})


def _select(call: Call, bare: str, selector: str) -> Parameter:
    versions = _backend(call).versions(bare)
    if not versions:
        raise _not_found(bare)
    if not selector:
        return versions[-1]
    for parameter in versions:
        if selector in parameter.labels or selector == str(parameter.version):
            return parameter
    raise Refusal(
        "ParameterVersionNotFound",
        f"Systems Manager could not find version {selector} of {bare}. "
        "Verify the version and try again.",
    )


def get_parameter_history(call: Call) -> Answer:
    body = call.body
    name = body["Name"].strip()
    versions = _backend(call).versions(name)
    if not versions:
        raise _not_found(name)
    scope = [call.operation, call.region, name]
    start = 0
    if body.get("NextToken") is not None:
        try:
            start = int(call.sandbox.tokens.open(body["NextToken"], scope))
        except ValueError:
            raise Refusal("InvalidNextToken", "The specified token isn't valid.") from None
    end = start + (body.get("MaxResults") or DESCRIBE_PAGE)
    decrypt = body.get("WithDecryption", False)
    answer: Answer = {
        "Parameters": [
            _metadata(call, parameter)
            | {"Value": _text(call, parameter, decrypt), "Labels": list(parameter.labels)}
            for parameter in versions[start:end]
        ]
    }
    if end < len(versions):
        answer["NextToken"] = call.sandbox.tokens.seal(str(end), scope)
    return answer


def _arn(call: Call, parameter: Parameter) -> str:
    return arn("ssm", call.region, f"parameter/{parameter.name.lstrip('/')}")


def _metadata(call: Call, parameter: Parameter) -> dict[str, Any]:
    """A parameter as DescribeParameters shows it: no value, no tags."""
    shown: dict[str, Any] = {
        "Name": parameter.name,
        "ARN": _arn(call, parameter),
        "Type": parameter.parameter_type,
        "LastModifiedDate": unix_time(parameter.last_modified_date),
        "LastModifiedUser": f"arn:{get_partition(call.region)}:iam::{ACCOUNT}:root",
        "Version": parameter.version,
        "Tier": parameter.tier,
        "Policies": [
            {"PolicyText": json.dumps(p), "PolicyType": p["Type"], "PolicyStatus": "Pending"}
            for p in json.loads(parameter.policies or "[]")
        ],
        "DataType": parameter.data_type,
    }
    optional = {
        "KeyId": parameter.keyid,
        "Description": parameter.description,
        "AllowedPattern": parameter.allowed_pattern,
    }
    shown.update({name: value for name, value in optional.items() if value})
    return shown


def _shown(call: Call, parameter: Parameter, decrypt: bool) -> dict[str, Any]:
    return {
        "Name": parameter.name,
        "ARN": _arn(call, parameter),
        "Type": parameter.parameter_type,
        "Value": _text(call, parameter, decrypt),
        "Version": parameter.version,
        "LastModifiedDate": unix_time(parameter.last_modified_date),
        "DataType": parameter.data_type,
    }


def _text(call: Call, parameter: Parameter, decrypt: bool) -> str:
    text = parameter.decrypt(parameter.value)
    key = parameter.keyid
    if decrypt and key and not kms.is_default(key, "ssm") and not kms.decrypts(call, key):
        raise Refusal(
            "AccessDeniedException",
            "The ciphertext refers to a customer master key that does not exist, does not exist "
            "in this region, or you are not allowed to access. (Service: AWSKMS; Status Code: 400)",
        )
    if parameter.parameter_type == "SecureString" and not decrypt:
        # Ciphertext to look at; moto would show the value itself.
        digest = hashlib.sha512(f"{parameter.keyid}\0{text}".encode()).digest()
        return "AQICAH" + base64.b64encode(digest).decode()
    return text or ""


def label(call: Call) -> Answer:
    """Labelling is moto's, where there is something to label."""
    if not _backend(call).versions(call.body["Name"].strip()):
        raise _not_found(call.body["Name"])
    raise Passed


# Settings


def _setting(call: Call) -> tuple[ParametersBackend, str]:
    """The Region, and the attribute that holds the setting. Others are not Parameter Store's."""
    name = call.body["SettingId"].rpartition(":servicesetting")[2]
    known = {
        "/ssm/parameter-store/default-parameter-tier": "default_parameter_tier",
        "/ssm/parameter-store/high-throughput-enabled": "high_throughput",
    }
    if name not in known:
        raise Refusal("ServiceSettingNotFound", f"Setting {name} not found.")
    return _backend(call), known[name]


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


# Tags


def list_tags_for_resource(call: Call) -> Answer:
    tags = _tagged(call)
    return {"TagList": [{"Key": key, "Value": value} for key, value in tags.items()]}


def add_tags_to_resource(call: Call) -> Answer:
    tags = _tagged(call)
    tags.update(_merge_tags(tags, call.body["Tags"]))
    return {}


def remove_tags_from_resource(call: Call) -> Answer:
    tags = _tagged(call)
    for key in call.body["TagKeys"]:
        tags.pop(key, None)
    return {}


def _tagged(call: Call) -> dict[str, str]:
    if call.body["ResourceType"] != "Parameter":
        raise Passed
    name = call.body["ResourceId"]
    if _backend(call).latest(name) is None:
        raise Refusal("InvalidResourceId", "The resource ID isn't valid.")
    return _backend(call).tags(name)


def _merge_tags(old: dict[str, str], new: list[dict[str, str]]) -> dict[str, str]:
    merged = dict(old)
    for tag in new:
        if tag["Key"].lower().startswith("aws:"):
            raise Refusal(
                "ValidationException", "Tag keys that start with aws: are reserved for AWS use."
            )
        merged[tag["Key"]] = tag["Value"]
    if len({tag["Key"] for tag in new}) != len(new):
        raise Refusal("ValidationException", "Tag keys can't be repeated in a request.")
    if len(merged) > MAX_TAGS:
        raise Refusal("TooManyTagsError", f"A parameter can't have more than {MAX_TAGS} tags.")
    return merged


class Passed(Exception):
    """Raised by an operation that leaves this very request to moto."""


_OPERATIONS: dict[str, Callable[[Call], Answer]] = {
    "AddTagsToResource": add_tags_to_resource,
    "DeleteParameter": delete_parameter,
    "DeleteParameters": delete_parameters,
    "DescribeParameters": describe_parameters,
    "GetParameter": get_parameter,
    "GetParameterHistory": get_parameter_history,
    "GetParameters": get_parameters,
    "GetParametersByPath": get_parameters_by_path,
    "GetServiceSetting": get_service_setting,
    "LabelParameterVersion": label,
    "ListTagsForResource": list_tags_for_resource,
    "PutParameter": put_parameter,
    "RemoveTagsFromResource": remove_tags_from_resource,
    "UnlabelParameterVersion": label,
    "UpdateServiceSetting": update_service_setting,
}
