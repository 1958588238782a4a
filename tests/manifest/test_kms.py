"""Manifests that are encrypted with KMS, against the embedded AWS."""

from __future__ import annotations

from pathlib import Path

import boto3
import pytest

from reconciler.core.errors import ManifestError
from reconciler.manifest import load
from reconciler.values.sensitive import Sensitive
from reconciler.values.sops import Sops, find
from tests.canary import CANARY
from tests.embedded import Embedded
from tests.trees import Tree, clean_environ, make_tree

CREDENTIALS = {
    "AWS_ACCESS_KEY_ID": "test",
    "AWS_SECRET_ACCESS_KEY": "test",
    "AWS_REGION": "us-west-2",
}


def with_kms(tree: Tree, arn: str, environ: dict[str, str]) -> Sops:
    """Encrypt the whole tree anew, with a KMS key in place of age."""
    rules = tree.read(".sops.yaml").replace(f"age: {tree.key.recipient}", f"kms: {arn}")
    plain = {
        name: tree.sops.decrypt(tree.path(f"production/{name}").read_bytes())
        for name in ("environment.sops.yaml", "main.sops.yaml")
    }
    tree.path(".sops.yaml").write_text(rules)
    sops = Sops(find(), environment=environ)
    for name, content in plain.items():
        path = tree.path(f"production/{name}")
        text = Sensitive(content.reveal().decode())
        path.write_bytes(
            sops.encrypt(text, path=path, config=tree.path(".sops.yaml"), key_types={"kms"})
        )
    return sops


def test_encrypting_and_decrypting_with_kms(tmp_path: Path, embedded_aws: Embedded) -> None:
    tree = make_tree(tmp_path, {"production": {"secrets": {"x": {"value": CANARY}}}})
    kms = boto3.client(
        "kms",
        region_name="us-west-2",
        endpoint_url=embedded_aws.url,
        aws_access_key_id="test",
        aws_secret_access_key="test",
    )
    arn = kms.create_key()["KeyMetadata"]["Arn"]
    environ = clean_environ() | CREDENTIALS | {"AWS_ENDPOINT_URL": embedded_aws.url}
    sops = with_kms(tree, arn, environ)
    assert arn in tree.read("production/main.sops.yaml")
    desired = load(tree.manifests, "production", sops)
    (sealed,) = desired.values.values()
    assert sealed.content is not None
    assert sealed.content.reveal() == CANARY
    # Gone, KMS cannot be reached: one line, with what to do.
    nowhere = Sops(find(), environment=environ | {"AWS_ENDPOINT_URL": "http://127.0.0.1:1"})
    with pytest.raises(ManifestError) as caught:
        load(tree.manifests, "production", nowhere)
    (problem,) = caught.value.problems
    assert problem.code == "no-key"
    assert "kms:Decrypt" in (problem.hint or "")
