"""A name in clear text makes `exec` run code: programs obey some variables, `env:` needs no key.

Whoever has a branch may write `env: LESSOPEN` beside a value, or call a secret `make/flags`; on the
machine of whoever runs `exec` or `export` a shell, a loader or a pager then runs it.
"""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from reconciler.kinds.obeyed import obeyed
from tests.cli.run import cli
from tests.trees import Tree, make_tree

RUN_CODE = [
    "BASH_ENV", "BROWSER", "CC", "CFLAGS", "CLASSPATH", "DYLD_INSERT_LIBRARIES", "EDITOR", "ENV",
    "ERL_FLAGS", "GCONV_PATH", "GIT_ASKPASS", "GIT_CONFIG_COUNT", "GIT_EXTERNAL_DIFF", "GIT_PAGER",
    "GIT_SSH_COMMAND", "GOFLAGS", "GREP_OPTIONS", "GUILE_LOAD_PATH", "HGRCPATH", "IFS", "INPUTRC",
    "JAVA_TOOL_OPTIONS", "JDK_JAVA_OPTIONS", "JULIA_LOAD_PATH", "KUBECONFIG", "LD_AUDIT",
    "LD_LIBRARY_PATH", "LD_PRELOAD", "LESSCLOSE", "LESSOPEN", "LUA_INIT", "LUA_PATH", "MAKEFILES",
    "MAKEFLAGS", "MANPAGER", "MAVEN_OPTS", "NODE_OPTIONS", "NPM_CONFIG_SCRIPT_SHELL",
    "OPENSSL_CONF", "PAGER", "PATH", "PERL5LIB", "PERL5OPT", "PHPRC", "PIP_INDEX_URL",
    "PROMPT_COMMAND", "PS4", "PSQL_PAGER", "PYTHONPATH", "PYTHONSTARTUP", "PYTHONWARNINGS",
    "RSYNC_RSH", "RUBYLIB", "RUBYOPT", "RUSTC_WRAPPER", "R_PROFILE", "SHELLOPTS", "SSH_ASKPASS",
    "SSL_CERT_FILE", "SUDO_ASKPASS", "SVN_SSH", "SYSTEMD_PAGER", "TAR_OPTIONS", "VIMINIT",
    "VISUAL", "WGETRC", "ZDOTDIR", "HTTPS_PROXY", "_JAVA_OPTIONS", "SSLKEYLOGFILE",
    "AWS_ENDPOINT_URL",
]  # fmt: skip
READ = (
    "DATABASE_URL",
    "PGUSER",
    "PGPASSWORD",
    "JWT_SECRET",
    "SMTP_HOST",
    "GITHUB_TOKEN",
    "API_KEY",
)


def tree(folder: Path, secret: dict[str, object], name: str = "db", **settings: object) -> Tree:
    return make_tree(folder, {"production": {"secrets": {name: secret}, "settings": settings}})


def handed_out(tree: Tree, *command: str) -> tuple[int, str, str]:
    done = cli(*command, cwd=tree.manifests.parent, environment=tree.environ)
    return int(done.returncode), done.stdout, done.stderr


def test_what_runs_code_is_known() -> None:
    assert [name for name in RUN_CODE if not obeyed(name)] == []
    assert [name for name in READ if obeyed(name)] == []


@pytest.mark.parametrize(
    "secret",
    [
        {"value": "touch ran", "env": "LESSOPEN"},
        {"value": {"a": "x"}, "env": {"a": "MAKEFLAGS"}},
        {"value": "x", "env": "lessopen"},
        {"value": "x", "env": "Path"},
        {"value": "x", "env": "_"},
    ],
    ids=str,
)
def test_no_value_is_renamed_to_what_programs_obey(
    tmp_path: Path, secret: dict[str, object]
) -> None:
    made = tree(tmp_path, secret)
    code, _, said = handed_out(made, "validate", "production")
    assert code == 1
    assert "main.sops.yaml:" in said
    assert said.count("error[") == 1
    for command in (("exec", "production", "--", "true"), ("export", "production", "-o", "json")):
        code, out, _ = handed_out(made, *command)
        assert (code, out) == (1, "")


@pytest.mark.parametrize(
    ("name", "secret", "variable"),
    [
        ("make/flags", {"value": {"x": "1"}, "env": "TF_CLI_ARGS"}, None),
        ("makeflags", {"value": "x"}, "MAKEFLAGS"),
        ("less", {"value": "x"}, "LESS"),
        ("x", {"value": {"PRELOAD": "x"}, "env": "LD"}, None),
        ("x", {"value": {"ssh_command": "x"}, "env": "GIT"}, "GIT_SSH_COMMAND"),
        ("x", {"value": '{"SSH_COMMAND": "x"}', "env": "GIT"}, "GIT_SSH_COMMAND"),
    ],
)
@pytest.mark.parametrize("command", ["export", "exec"])
def test_nor_does_a_name_become_one(
    tmp_path: Path, name: str, secret: dict[str, object], variable: str | None, command: str
) -> None:
    made = tree(tmp_path, secret, name)
    more = ("--", "true") if command == "exec" else ()
    code, out, said = handed_out(made, command, "production", *more)
    assert (code, out) == (1, "")
    if variable is not None:
        assert f"would be {variable}, which programs obey" in said


def test_a_prefix_is_a_name_like_any_other(tmp_path: Path) -> None:
    made = tree(tmp_path, {"value": "x"}, "preload", env_prefix="LD_")
    code, _, said = handed_out(made, "validate", "production")
    assert code == 1
    assert "programs obey a variable of this name" in said
    made = tree(tmp_path, {"value": "x"}, "preload", env_prefix="SHOP_")
    _, out, _ = handed_out(made, "export", "production", "-o", "json")
    assert json.loads(out) == {"SHOP_PRELOAD": "x"}
