"""What a branch changes, to render: every kind of finding once."""

from __future__ import annotations

from typing import Any

from reconciler.core.model import JSON
from reconciler.manifest.branch import Difference, Group
from reconciler.manifest.branch.difference import MemberChange
from reconciler.render.branch import Sides

SIDES = Sides("main", "3f5a6c1e0b9d8a7f6e5d4c3b2a1908f7e6d5c4b3", "0" * 40)
MAIN = "production/main.sops.yaml"
OWN = "production/environment.sops.yaml"
RULES = ".sops.yaml"
RULE = ".sops.yaml, rule ^production/"


def first(code: str, subject: str, path: str, mark: str = "~", **more: Any) -> Difference:
    """What is looked at first."""
    return Difference(Group.DESTRUCTIVE, code, subject, path, symbol=mark, **more)


def access(code: str, subject: str, path: str, mark: str = "~", **more: Any) -> Difference:
    """What lets somebody at values."""
    return Difference(Group.ACCESS, code, subject, path, symbol=mark, **more)


def setting(group: Group, name: str, before: JSON, after: JSON) -> Difference:
    """A setting of production."""
    return Difference(
        group, "setting-changed", name, OWN, "production", before=before, after=after
    )  # fmt: skip


def resource(code: str, subject: str, mark: str = "~", **more: Any) -> Difference:
    """A resource of production."""
    return Difference(Group.RESOURCE, code, subject, MAIN, "production", mark, **more)


def file(code: str, path: str, mark: str = "~", **more: Any) -> Difference:
    """A file."""
    return Difference(Group.FILE, code, f"file {path}", path, symbol=mark, **more)


KEYS = (
    MemberChange("~", "password"),
    MemberChange("+", "port"),
    MemberChange("-", "tls"),
    MemberChange("+", "with a blank"),
)
EVERYTHING = (
    access("other-rules", "file ../.sops.yaml", "../.sops.yaml", "+"),
    access("recipient-added", RULE, RULES, "+", after="age age1new"),
    first("recipient-removed", RULE, RULES, "-", before="kms arn:aws:kms:us-west-2:1:key/2"),
    access("recipient-added", f"file {MAIN}", MAIN, "+", after="age age1smuggled"),
    first("recipients-unreadable", f"file {MAIN}", MAIN),
    first("key-groups-changed", f"file {MAIN}", MAIN),
    first("not-encrypted", "file production/clear.sops.yaml", "production/clear.sops.yaml"),
    first("not-a-file", "file production/link.sops.yaml", "production/link.sops.yaml", "+"),
    first("rule-added", ".sops.yaml, rule ^new/", RULES, "+"),
    first("rule-removed", ".sops.yaml, rule ^old/", RULES, "-"),
    first("rule-changed", f"{RULE}: encrypted_regex", RULES, before="^value$", after="^v$"),
    first("rule-unreadable", ".sops.yaml, rule ^odd/", RULES),
    first("rules-reordered", ".sops.yaml: the first rule that matches counts", RULES),
    first("unreadable", RULES, RULES),
    first("mac-changed", f"file {MAIN}", MAIN),
    first("mac-kept", f"file {MAIN}", MAIN),
    access("value-in-clear", f"file {MAIN}", MAIN),
    first("mac-removed", f"file {MAIN}", MAIN),
    first(
        "sops-changed",
        f"file {MAIN}",
        MAIN,
        before={"version": "3.11.0"},
        after={"version": "3.9.0"},
    ),
    first("file-copied", f"file {MAIN}", MAIN, before="staging/main.sops.yaml", after=MAIN),
    first("environment-added", "environment staging", "staging", "+", environment="staging"),
    first("environment-removed", "environment qa", "qa", "-", environment="qa"),
    first("fingerprint-keys-changed", "fingerprint_keys", OWN, environment="production"),
    setting(Group.DESTRUCTIVE, "account", "123456789012", "210987654321"),
    setting(Group.DESTRUCTIVE, "guards", {"max_prunes": 0}, {"max_prunes": 10}),
    setting(
        Group.ACCESS,
        "schedules",
        {"database": {"schedule": "rate(30 days)"}},
        {"database": {"schedule": "rate(7 days)"}, "jwt": {"schedule": "rate(1 days)"}},
    ),
    setting(Group.ACCESS, "kms_key", None, "alias/app"),
    access("reader-added", "secret db", MAIN, "+", environment="production", after="api"),
    setting(Group.SETTING, "tags", {"team": "web"}, {"team": "platform", "stage": "p"}),
    resource(
        "resource-added",
        "secret new",
        "+",
        after={"description": "New", "replicas": [{"region": "eu-west-1"}]},
        keys=(MemberChange("+", "user"),),
    ),
    resource(
        "resource-changed",
        "secret db",
        before={"description": "Login", "tags": {"a": "1"}},
        after={"description": None, "tags": {"a": "2"}, "replicas": [{"region": "eu-west-1"}]},
    ),
    access(
        "resource-changed",
        "secret db",
        MAIN,
        environment="production",
        before={},
        after={"replicas": [{"region": "eu-west-1"}], "ignore": {"foreign-key": "ours"}},
    ),
    first("value-returns", "secret db", MAIN, environment="production", after="1" * 40),
    resource("resource-removed", "parameter host", "-"),
    resource("value-changed", "secret db", keys=KEYS),
    resource("value-changed", "secret text"),
    resource("value-changed", "secret seed", "+", keys=(MemberChange("+", "user"),)),
    resource("value-changed", "secret gone", "-"),
    file("file-added", "production/more.sops.yaml", "+"),
    file("file-removed", "production/old.sops.yaml", "-"),
    file("file-renamed", "production/b.sops.yaml", before="production/a.sops.yaml"),
    file("file-re-encrypted", MAIN),
    file("file-changed", MAIN),
)
