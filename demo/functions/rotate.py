"""A rotation function in the form that AWS documents: four steps, each safe to repeat.

It rotates a login (JSON with a password) or a plain signing key. A real one would, in setSecret,
also change the password in the database; this one has no database to change.
"""

import json

import boto3


def handler(event, context):
    """One step of a rotation; Secrets Manager calls it four times."""
    client = boto3.client("secretsmanager")
    arn, token = event["SecretId"], event["ClientRequestToken"]
    steps = {
        "createSecret": create,
        "setSecret": set_in_service,
        "testSecret": test,
        "finishSecret": finish,
    }
    steps[event["Step"]](client, arn, token)


def create(client, arn, token):
    """Make the new value, as AWSPENDING."""
    current = client.get_secret_value(SecretId=arn, VersionStage="AWSCURRENT")["SecretString"]
    new = client.get_random_password(PasswordLength=40, ExcludePunctuation=True)["RandomPassword"]
    try:
        login = json.loads(current)
    except ValueError:
        value = new
    else:
        value = json.dumps({**login, "password": new})
    client.put_secret_value(
        SecretId=arn, ClientRequestToken=token, SecretString=value, VersionStages=["AWSPENDING"]
    )


def set_in_service(client, arn, token):
    """Change the password where it is used."""


def test(client, arn, token):
    """Try the new value before it serves."""
    pending = client.get_secret_value(SecretId=arn, VersionStage="AWSPENDING")
    if len(pending["SecretString"]) < 40:
        raise ValueError("the new value is too short")


def finish(client, arn, token):
    """Let the new value serve."""
    stages = client.describe_secret(SecretId=arn)["VersionIdsToStages"]
    current = next(version for version, labels in stages.items() if "AWSCURRENT" in labels)
    if current != token:
        client.update_secret_version_stage(
            SecretId=arn,
            VersionStage="AWSCURRENT",
            MoveToVersionId=token,
            RemoveFromVersionId=current,
        )
