"""Writing parameters: what PutParameter keeps, sends on and refuses; deleting."""

from __future__ import annotations

from typing import Any

from moto.core.utils import utcnow
from moto.ssm.models import Parameter

from . import kms, parameter_rules, parameter_tags
from .account import ACCOUNT, arn
from .call import Answer, Call
from .parameter_store import ParametersBackend, new_parameter, not_found, of_region
from .refusal import Refusal, invalid

MAX_VERSIONS = 100
MAX_STANDARD = 10_000


def put_parameter(call: Call) -> Answer:
    body, backend = call.body, of_region(call.region)
    name = parameter_rules.check_name(body["Name"], call.region)
    value, overwrite = body["Value"], body.get("Overwrite", False)
    tags = body.get("Tags")
    if overwrite and tags:
        raise invalid(
            "Invalid request: tags and overwrite can't be used together. To create a parameter "
            "with tags, please remove overwrite flag. To update tags for an existing parameter, "
            "please use AddTagsToResource or RemoveTagsFromResource."
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
        raise invalid("A parameter type is required when you create a parameter.")
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
    new_tags = parameter_tags.merge({}, tags or [])
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
            raise invalid("KeyId is required for SecureString type parameter only.")
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
        if not kms.is_usable(found):
            raise Refusal("InvalidKeyId", f"{found.arn} is disabled. (Service: AWSKMS)")
    return key


def _tier(
    call: Call, value: str, policies: str | None, data_type: str, before: Parameter | None
) -> str:
    # "if you don't specify a tier in a request, Parameter Store assigns the tier based on the
    # current Parameter Store default tier configuration."
    asked = call.body.get("Tier") or of_region(call.region).default_parameter_tier
    size = len(value.encode("utf-8", "surrogatepass"))
    too_much = parameter_rules.too_much_for_standard(size, policies, data_type)
    is_advanced = before is not None and before.tier == "Advanced"
    full = before is None and _standard_is_full(of_region(call.region))
    if asked == "Intelligent-Tiering":
        asked = "Advanced" if too_much or full or is_advanced else "Standard"
    if asked == "Standard":
        if is_advanced:
            raise invalid(
                "You can't downgrade a parameter from the advanced-parameter tier to the "
                "standard-parameter tier. If you no longer need an advanced parameter, delete it "
                "and recreate it as a new standard parameter."
            )
        if too_much is not None:
            raise invalid(too_much)
        if full:
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
    if not of_region(call.region).remove(call.body["Name"].strip()):
        raise not_found(call.body["Name"])
    return {}


def delete_parameters(call: Call) -> Answer:
    deleted: list[str] = []
    unknown: list[str] = []
    for name in call.body["Names"]:
        (deleted if of_region(call.region).remove(name.strip()) else unknown).append(name)
    return {"DeletedParameters": deleted, "InvalidParameters": unknown}
