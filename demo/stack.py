"""Deploys the template of `reconciler rotation template` in the embedded AWS, which has no
CloudFormation: the functions, their roles and policies, and Secrets Manager's permission.

python demo/stack.py TEMPLATE FOLDER     FOLDER is the bucket: it holds the zips
"""

import json
import sys
from contextlib import suppress
from pathlib import Path
from typing import Any

import boto3


def deploy(template: dict[str, Any], bucket: Path) -> list[str]:
    """Make what the template says; the names of the functions. Other types are left out."""
    iam, client = boto3.client("iam"), boto3.client("lambda")
    made: dict[str, str] = {}
    functions = []

    def known(said: Any) -> Any:
        """A part of the template with its references resolved, as outside of a VPC."""
        match said:
            case {"Ref": "AWS::NoValue"}:
                return None
            case {"Ref": name}:
                return made[name]
            case {"Fn::GetAtt": [name, "Arn"]}:
                return made[name]
            case {"Fn::If": [_, _, otherwise]}:
                return known(otherwise)
            case dict():
                return {name: known(one) for name, one in said.items()}
            case list():
                return [known(one) for one in said]
        return said

    by_type: dict[str, dict[str, dict[str, Any]]] = {}
    for name, resource in template["Resources"].items():
        by_type.setdefault(resource["Type"], {})[name] = resource["Properties"]
    for name, given in by_type["AWS::IAM::ManagedPolicy"].items():
        document = json.dumps(given["PolicyDocument"])
        try:
            answer = iam.create_policy(PolicyName=name, PolicyDocument=document)
            made[name] = answer["Policy"]["Arn"]
        except iam.exceptions.EntityAlreadyExistsException:
            made[name] = _changed_policy(iam, name, document)
    for name, given in by_type["AWS::IAM::Role"].items():
        trust = json.dumps(given["AssumeRolePolicyDocument"])
        try:
            answer = iam.create_role(RoleName=name, AssumeRolePolicyDocument=trust)
        except iam.exceptions.EntityAlreadyExistsException:
            answer = iam.get_role(RoleName=name)
        made[name] = answer["Role"]["Arn"]
        for policy in filter(None, known(given["ManagedPolicyArns"])):
            iam.attach_role_policy(RoleName=name, PolicyArn=policy)
    made["Bucket"] = "here"
    for name, given in by_type["AWS::Lambda::Function"].items():
        properties = {key: one for key, one in known(given).items() if one is not None}
        content = _read(bucket / properties["Code"]["S3Key"])
        try:
            answer = client.create_function(**{**properties, "Code": {"ZipFile": content}})
        except client.exceptions.ResourceConflictException:
            answer = _changed_function(client, properties, content)
        versions = by_type["AWS::Lambda::Version"].values()
        wanted = [one["CodeSha256"] for one in versions if one["FunctionName"] == {"Ref": name}]
        if wanted != [answer["CodeSha256"]]:
            raise SystemExit(f"{properties['Code']['S3Key']} is another zip than the template's")
        made[name] = properties["FunctionName"]
        functions.append(made[name])
    for given in by_type["AWS::Lambda::Permission"].values():
        with suppress(client.exceptions.ResourceConflictException):
            client.add_permission(StatementId="template", **known(given))
    return functions


def _changed_policy(iam: Any, name: str, document: str) -> str:
    """A policy that is there already, as the template has it now; its ARN."""
    pages = iam.get_paginator("list_policies").paginate(Scope="Local")
    [arn] = [one["Arn"] for page in pages for one in page["Policies"] if one["PolicyName"] == name]
    for one in iam.list_policy_versions(PolicyArn=arn)["Versions"]:
        if not one["IsDefaultVersion"]:
            iam.delete_policy_version(PolicyArn=arn, VersionId=one["VersionId"])
    iam.create_policy_version(PolicyArn=arn, PolicyDocument=document, SetAsDefault=True)
    return str(arn)


def _changed_function(client: Any, properties: dict[str, Any], content: bytes) -> dict[str, Any]:
    """A function that is there already, as the template has it now."""
    name, apart = properties["FunctionName"], ("Code", "Tags", "Architectures")
    settings = {key: one for key, one in properties.items() if key not in apart}
    client.update_function_configuration(**settings)
    answer: dict[str, Any] = client.update_function_code(FunctionName=name, ZipFile=content)
    return answer


def _read(file: Path) -> bytes:
    try:
        return file.read_bytes()
    except OSError as error:
        raise SystemExit(f"{file}: {error.strerror}") from None


def read(file: Path) -> dict[str, Any]:
    """A template. Raises SystemExit, with a line that says why it is none."""
    try:
        found = json.loads(_read(file))
    except ValueError:
        found = None
    if not isinstance(found, dict) or not isinstance(found.get("Resources"), dict):
        raise SystemExit(
            f"{file} is not a template: print it with `reconciler rotation template`, and see"
            " what that says if it fails"
        )
    return found


if __name__ == "__main__":
    if len(sys.argv) != 3:
        sys.exit(__doc__)
    for function in deploy(read(Path(sys.argv[1])), Path(sys.argv[2])):
        print(f"deployed {function}")
