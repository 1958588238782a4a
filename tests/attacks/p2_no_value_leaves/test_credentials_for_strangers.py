"""A branch lets sops send this machine's credentials to an address, role or key of its own choice.

A file's ``sops:`` block says whom sops asks for the data key, and ``.sops.yaml`` says which blocks
are in order: both come with the branch. So sops is run for keys that answer over a network only
where the branch that everybody has reviewed, or the user's own git configuration, names them.
"""

from __future__ import annotations

import json
import subprocess
from collections.abc import Iterator
from pathlib import Path

import boto3
import pytest

from reconciler.core.errors import SopsError
from reconciler.values.sensitive import Sensitive
from reconciler.values.sops import KEY_TYPES, Sops, find
from tests import forked
from tests.age_key import new_age_key
from tests.attacks.stranger import Stranger, listening
from tests.cli.run import cli, environ
from tests.embedded import Embedded
from tests.leaks.canaries import program
from tests.manifest.branch.build import ENVIRONMENT, MAIN, Branch, make_branch
from tests.trees import clean_environ
from tests.world import World

TOKEN = "the-users-own-vault-token"
HOLDER = {"VAULT_TOKEN": TOKEN}
RULE = """\
  - path_regex: \\.sops\\.yaml$
    encrypted_regex: ^(value|fingerprint_keys)$
    mac_only_encrypted: true
    {kind}: {key}
"""
MAIN_FILE = {
    "secrets": {
        "db": {"value": "theirs"},
        "jwt": {"description": "between the two", "value": "theirs"},
    }
}
SETTINGS = {
    "environment": "production", "account": "123456789012", "region": "us-west-2",
    "prefix": "/test/production", "owner": "test", "fingerprint_keys": ["5f" * 32],
}  # fmt: skip


@pytest.fixture
def stranger() -> Iterator[Stranger]:
    with listening() as server:
        yield server


@pytest.fixture
def victim(tmp_path: Path) -> Branch:
    """A repository, `main` checked out."""
    folder = tmp_path / "repository"
    folder.mkdir()
    return make_branch(folder)


def encrypted_for(branch: Branch, rules: str, folder: str = "", **environment: str) -> None:
    """Replace all of production by files for whom these rules, in ``folder``, name."""
    where = branch.tree.path(folder)
    (where / ".sops.yaml").write_text("creation_rules:\n" + rules)
    sops = Sops(find(), environment={**clean_environ(), **environment})
    for name, content in ((ENVIRONMENT, SETTINGS), (MAIN, MAIN_FILE)):
        path = branch.tree.path(name)
        text = Sensitive(json.dumps(content))
        made = sops.encrypt(text, path=path, config=where / ".sops.yaml", key_types=KEY_TYPES)
        path.write_bytes(made)


def poisoned(branch: Branch, stranger: Stranger, folder: str = "") -> None:
    """A branch whose rules name the stranger's Vault, and whose files are encrypted by it."""
    branch.git("switch", "-q", "-c", "poisoned")
    rules = RULE.format(kind="hc_vault_transit_uri", key=stranger.uri)
    encrypted_for(branch, rules, folder, VAULT_TOKEN="the-attackers-token")
    branch.commit()
    stranger.tokens.clear()


@pytest.mark.parametrize(
    "command",
    [
        ("validate",),
        ("lock", "production"),
        ("export", "production", "--from", "manifests"),
        ("doctor", "production"),
    ],
    ids=" ".join,
)
def test_no_command_sends_a_token_to_an_address_that_a_branch_names(
    victim: Branch, stranger: Stranger, command: tuple[str, ...]
) -> None:
    poisoned(victim, stranger)
    done = cli(*command, cwd=victim.folder, environment=HOLDER)
    assert stranger.tokens == []
    assert TOKEN not in done.stdout + done.stderr
    if command[0] != "doctor":
        assert "[untrusted-key]" in done.stderr
        assert f"hc_vault {stranger.uri}" in done.stderr
        assert "git config --add reconciler.trusted-key" in done.stderr


def test_import_encrypts_for_nobody_whom_a_branch_names(stranger: Stranger, world: World) -> None:
    """New files are encrypted by the rules of the working tree."""
    world.declare({})
    world.client("secretsmanager").create_secret(Name="/test/production/there", SecretString="s")
    for arguments in (("init", "-q", "-b", "main"), ("add", "-A"), ("commit", "-q", "-m", "base")):
        run_git(world.tree.manifests, *arguments)
    rule = RULE.format(kind="hc_vault_transit_uri", key=stranger.uri)
    other = rule.replace("path_regex: ", "path_regex: ^production/there")
    rules = world.tree.read(".sops.yaml").replace("creation_rules:\n", f"creation_rules:\n{other}")
    world.tree.path(".sops.yaml").write_text(rules)
    done = world.cli("import", "production", "--auto-approve", environment=HOLDER)
    assert stranger.tokens == []
    assert done.returncode == 1
    assert f"error[untrusted-key]: sops is not run: main does not name hc_vault {stranger.uri}" in (
        done.stderr
    )
    assert not world.tree.path("production/there.sops.yaml").exists()


def run_git(folder: Path, *arguments: str) -> None:
    """Run git as somebody."""
    identity = ("-c", "user.name=a", "-c", "user.email=a@example.com")
    subprocess.run(["git", *identity, *arguments], cwd=folder, check=True)


def test_set_sends_no_token_to_an_address_that_a_branch_names(
    victim: Branch, stranger: Stranger
) -> None:
    poisoned(victim, stranger)
    done = subprocess.run(
        [str(forked.program()), "set", "production", "db"],
        cwd=victim.folder, env=environ(HOLDER), input="new", capture_output=True, text=True,
        check=False,
    )  # fmt: skip
    assert stranger.tokens == []
    assert done.returncode == 1
    assert "error[untrusted-key]" in done.stderr


def test_what_the_base_names_is_asked(victim: Branch, stranger: Stranger) -> None:
    poisoned(victim, stranger)
    victim.git("switch", "-q", "main")
    victim.git("merge", "-q", "poisoned")
    done = cli("validate", "production", cwd=victim.folder, environment=HOLDER)
    assert done.returncode == 0, done.stderr
    assert set(stranger.tokens) == {TOKEN}


def test_what_the_user_names_is_asked(victim: Branch, stranger: Stranger) -> None:
    """The command of the hint, in a shell."""
    poisoned(victim, stranger)
    done = cli("validate", "production", cwd=victim.folder, environment=HOLDER)
    said = next(line for line in done.stderr.splitlines() if "git config --add" in line)
    command = said[said.index("git config") :]
    subprocess.run(["sh", "-c", command], cwd=victim.folder, check=True)
    assert stranger.tokens == []
    done = cli("validate", "production", cwd=victim.folder, environment=HOLDER)
    assert done.returncode == 0, done.stderr
    assert set(stranger.tokens) == {TOKEN}


def test_the_base_is_what_the_remote_has_and_not_the_branch(
    victim: Branch, stranger: Stranger, tmp_path: Path
) -> None:
    """In a clone nobody's local branch counts, not even one called main."""
    victim.git("clone", "-q", str(victim.folder), str(tmp_path / "clone"))
    clone = Branch(victim.tree.__class__(
        tmp_path / "clone" / "manifests", victim.tree.key, victim.tree.key_file
    ), tmp_path / "clone")  # fmt: skip
    poisoned(clone, stranger)
    clone.git("branch", "-f", "main", "poisoned")
    clone.git("switch", "-q", "main")
    done = cli("validate", cwd=clone.folder, environment=HOLDER)
    assert "origin/main does not name" in done.stderr
    clone.git("update-ref", "-d", "refs/remotes/origin/HEAD")
    clone.git("update-ref", "-d", "refs/remotes/origin/main")
    done = cli("validate", cwd=clone.folder, environment=HOLDER)
    assert "reconciler.trusted-base" in done.stderr
    assert stranger.tokens == []
    # A job that runs on what was merged says so.
    clone.git("config", "reconciler.trusted-base", "HEAD")
    cli("validate", cwd=clone.folder, environment=HOLDER)
    assert set(stranger.tokens) == {TOKEN}


def test_a_repository_that_git_cannot_read_trusts_nobody(
    victim: Branch, stranger: Stranger
) -> None:
    poisoned(victim, stranger)
    (victim.folder / ".git" / "HEAD").unlink()
    done = cli("validate", cwd=victim.folder, environment=HOLDER)
    assert stranger.tokens == []
    assert "git cannot read this repository" in done.stderr


@pytest.mark.parametrize("told", [{}, {"RECONCILER_TRUSTED_BASE": "origin/main"}], ids=["", "told"])
def test_a_tag_is_not_taken_for_the_base_of_its_name(
    victim: Branch, stranger: Stranger, told: dict[str, str]
) -> None:
    victim.git("update-ref", "refs/remotes/origin/main", "main")
    victim.git("config", "reconciler.trusted-base", "origin/main")
    poisoned(victim, stranger)
    victim.git("tag", "origin/main")
    done = cli("validate", cwd=victim.folder, environment=HOLDER | told)
    assert stranger.tokens == []
    assert "origin/main can mean several things here" in done.stderr


@pytest.mark.parametrize("told", [{}, {"RECONCILER_TRUSTED_BASE": "refs/remotes/origin/HEAD"}],
                         ids=["", "told"])  # fmt: skip
def test_nor_for_one_that_this_clone_lacks(
    victim: Branch, stranger: Stranger, told: dict[str, str]
) -> None:
    """Not every clone has `origin/HEAD`, and git looks for a whole name among the tags too."""
    victim.git("remote", "add", "origin", str(victim.folder))
    victim.git("update-ref", "refs/remotes/origin/main", "main")
    poisoned(victim, stranger)
    victim.git("update-ref", "refs/tags/refs/remotes/origin/HEAD", "poisoned")
    done = cli("validate", cwd=victim.folder, environment=HOLDER | told)
    assert stranger.tokens == []
    says = "git knows no commit refs/remotes/origin/HEAD" if told else "origin/main does not name"
    assert says in done.stderr


def repository_inside(branch: Branch, scratch: Path, settings: str) -> None:
    """The branch brings a whole repository along, in the folder of its manifests: git takes that
    for the one that the folder is in, and main is there what the branch says."""
    bare = scratch / "bare"
    branch.git("clone", "-q", "--bare", str(branch.folder), str(bare))
    for place in ("refs/heads/main", "refs/remotes/origin/main"):
        subprocess.run(["git", "update-ref", place, "poisoned"], cwd=bare, check=True)
    for name in ("HEAD", "objects", "packed-refs", "refs"):
        (bare / name).rename(branch.tree.path(name))
    branch.tree.path("refs/kept").write_text("git has no empty folders")
    branch.tree.path("config").write_text(f"[core]\n\tbare = false\n{settings}")
    branch.commit()


@pytest.mark.parametrize("top", [".", ".."])
@pytest.mark.parametrize("base", [None, "origin/main"], ids=["", "named"])
@pytest.mark.parametrize("command", ["validate", "lock", "export"])
def test_a_branch_that_brings_a_repository_along_is_not_asked_whom_it_trusts(
    victim: Branch, stranger: Stranger, tmp_path: Path, top: str, base: str | None, command: str
) -> None:
    poisoned(victim, stranger)
    key = f'[reconciler]\n\ttrusted-key = "hc_vault {stranger.uri}"\n'
    repository_inside(victim, tmp_path, f"\tworktree = {top}\n" + ("" if base else key))
    named = {} if base is None else {"RECONCILER_TRUSTED_BASE": base}
    arguments = [] if command == "validate" else ["production"]
    done = cli(command, *arguments, cwd=victim.folder, environment=HOLDER | named)
    assert stranger.tokens == []
    assert done.returncode == 1
    assert f"error[git-inside]: git takes {victim.tree.manifests} for a repository" in done.stderr


def test_no_value_is_written_where_only_a_repository_of_a_branch_ignores_it(
    victim: Branch, tmp_path: Path
) -> None:
    victim.git("branch", "poisoned")
    repository_inside(victim, tmp_path, "\tworktree = .\n")
    victim.tree.write("info/exclude", "*\n", encrypt=False)
    done = cli(
        "export", "production", "--from", "manifests", "--out", "manifests/values",
        cwd=victim.folder, environment=victim.tree.environ,
    )  # fmt: skip
    assert done.returncode == 1
    assert "error[git-inside]" in done.stderr
    assert not victim.tree.path("values").exists()


@pytest.mark.parametrize("told", [{}, {"RECONCILER_TRUSTED_BASE": "origin/main"}], ids=["", "told"])
def test_a_submodule_is_reviewed_where_it_is_named(
    victim: Branch, stranger: Stranger, tmp_path: Path, told: dict[str, str]
) -> None:
    """A branch has a submodule for its manifests, of a repository where all is as it wants it. Once
    it is merged, that commit of it is what was reviewed, and no later one."""
    theirs = make_branch(tmp_path)
    poisoned(theirs, stranger)
    theirs.git("branch", "-f", "main")
    whole = tmp_path / "whole"
    victim.git("init", "-q", "-b", "main", str(whole))
    outer = Branch(
        victim.tree.__class__(whole / "sub", victim.tree.key, victim.tree.key_file), whole
    )
    outer.commit()
    outer.git("remote", "add", "origin", str(whole))
    outer.git("update-ref", "refs/remotes/origin/main", "main")
    outer.git("switch", "-q", "-c", "branch")
    outer.git(
        "-c", "protocol.file.allow=always", "submodule", "add", "-q", str(theirs.folder), "sub"
    )
    outer.commit()
    stranger.tokens.clear()
    done = cli("-C", "sub/manifests", "validate", cwd=whole, environment=HOLDER | told)
    assert "origin/main has no submodule sub" in done.stderr
    assert stranger.tokens == []
    outer.git("update-ref", "refs/remotes/origin/main", "branch")
    cli("-C", "sub/manifests", "validate", cwd=whole, environment=HOLDER | told)
    assert set(stranger.tokens) == {TOKEN}


def test_what_is_reached_by_a_link_is_in_its_repository(
    victim: Branch, stranger: Stranger, tmp_path: Path
) -> None:
    poisoned(victim, stranger)
    (tmp_path / "link").symlink_to(victim.tree.manifests)
    done = cli("-C", "link", "validate", cwd=tmp_path, environment=HOLDER)
    assert stranger.tokens == []
    assert "main does not name hc_vault" in done.stderr


# Where a block of text ends: in YAML 1.1, which sops reads, the character ends a line.
HIDDEN = """\
      \u2028    hc_vault: [{{vault_address: "{address}", engine_path: transit, key_name: k, \
enc: "vault:v1:AAAA", created_at: "2026-01-01T00:00:00Z"}}]
"""


def hidden(branch: Branch, stranger: Stranger) -> None:
    """Both files of production name the stranger's Vault where only sops sees it, and their own key
    opens nothing, so that sops asks the next one."""
    end = "-----END AGE ENCRYPTED FILE-----\n"
    for name, line in ((MAIN, "description: Login"), (ENVIRONMENT, "owner: test")):
        text = branch.tree.read(name)
        body = text[text.index("-----BEGIN AGE") : text.index(end)].splitlines()[2].strip()
        indented = text[: text.index(line)].rpartition("\n")[2]
        branch.tree.edit(name, body, body[::-1])
        # An address in a flow mapping is YAML 1.2 only.
        branch.tree.edit(name, line, f"{line}\n{indented}tags: {{url: http://example.com}}")
        branch.tree.edit(name, end, end + HIDDEN.format(address=stranger.uri.partition("/v1/")[0]))
    branch.commit()


def test_nothing_is_read_that_sops_reads_in_another_way(
    victim: Branch, stranger: Stranger, tmp_path: Path
) -> None:
    (tmp_path / ".vault-token").write_text(TOKEN)
    hidden(victim, stranger)
    environment = {**victim.tree.environ, **HOLDER, "HOME": str(tmp_path)}
    done = cli("validate", "production", cwd=victim.folder, environment=environment)
    assert stranger.tokens == []
    assert done.returncode == 1
    assert "error[sops-differs]: the character U+2028 ends a line" in done.stderr


def test_sops_finds_no_credentials_for_a_key_that_nobody_saw(
    victim: Branch, stranger: Stranger, tmp_path: Path
) -> None:
    """Should the two ever read a file differently, sops has nothing to give away."""
    (tmp_path / ".vault-token").write_text(TOKEN)
    hidden(victim, stranger)
    environment = {**clean_environ(), **victim.tree.environ, **HOLDER, "HOME": str(tmp_path)}
    with pytest.raises(SopsError):
        Sops(find(), environment=environment).decrypt(victim.tree.path(MAIN).read_bytes())
    assert stranger.tokens == ["none"]


def merged(branch: Branch, *arguments: str) -> subprocess.CompletedProcess[str]:
    """Run git with the driver, as somebody who holds a token."""
    branch.git("config", "merge.reconciler.driver", f"{forked.program()} merge-driver %O %A %B %P")
    return subprocess.run(
        ["git", "-c", "user.name=a", "-c", "user.email=a@example.com", *arguments],
        cwd=branch.folder, env=environ(HOLDER), capture_output=True, text=True, check=False,
    )  # fmt: skip


@pytest.mark.parametrize("folder", ["", "production"], ids=["the root's rules", "nested rules"])
@pytest.mark.parametrize("way", ["merge", "rebase"])
def test_git_merge_sends_no_token_to_an_address_that_a_branch_names(
    victim: Branch, stranger: Stranger, folder: str, way: str
) -> None:
    """Both sides changed a value of a file that is encrypted by the stranger's Vault. With a rebase
    the branch's own rules stand in the working tree by then, and in HEAD."""
    victim.tree.write(".gitattributes", "*.sops.yaml merge=reconciler\n", encrypt=False)
    victim.commit()
    victim.git("tag", "-f", "base")
    poisoned(victim, stranger, folder)
    start = victim.git("rev-parse", "HEAD").strip()
    victim.git("switch", "-q", "-c", "other")
    changed(victim, "db")
    victim.git("switch", "-q", "-c", "third", start)
    changed(victim, "jwt")
    stranger.tokens.clear()
    done = merged(victim, way, *(["--no-edit"] if way == "merge" else []), "other")
    assert done.returncode == 1, done.stdout + done.stderr
    assert stranger.tokens == []
    assert "<<<<<<<" in victim.tree.read(MAIN)
    assert "error[untrusted-key]" in done.stderr or "error[other-rules]" in done.stderr


def changed(branch: Branch, secret: str) -> None:
    """Another value, and so another MAC: with the attacker's own token."""
    sops = Sops(find(), environment={**clean_environ(), "VAULT_TOKEN": "the-attackers-token"})
    path = branch.tree.path(MAIN)
    value = Sensitive('"another"')
    where = ["secrets", secret, "value"]
    path.write_bytes(sops.set(path.read_bytes(), where, value, key_types={"hc_vault"}))
    branch.commit()


def test_the_merge_goes_through_where_the_base_names_the_address(
    victim: Branch, stranger: Stranger
) -> None:
    victim.tree.write(".gitattributes", "*.sops.yaml merge=reconciler\n", encrypt=False)
    rules = RULE.format(kind="hc_vault_transit_uri", key=stranger.uri)
    encrypted_for(victim, rules, VAULT_TOKEN="the-attackers-token")
    start = victim.commit()
    for secret in ("db", "jwt"):
        victim.git("switch", "-q", "-c", secret, start)
        changed(victim, secret)
    stranger.tokens.clear()
    done = merged(victim, "merge", "--no-edit", "db")
    assert done.returncode == 0, done.stdout + done.stderr
    assert set(stranger.tokens) == {TOKEN}


def test_no_role_of_a_branch_is_assumed_and_no_key_of_it_asked(
    victim: Branch, embedded_aws: Embedded
) -> None:
    """KMS: sops would ask it, under a role that the block names."""
    kms = boto3.client(
        "kms", region_name="us-west-2", endpoint_url=embedded_aws.url,
        aws_access_key_id="a", aws_secret_access_key="a",
    )  # fmt: skip
    arn = kms.create_key()["KeyMetadata"]["Arn"]
    credentials = {
        "AWS_ACCESS_KEY_ID": "a", "AWS_SECRET_ACCESS_KEY": "a", "AWS_REGION": "us-west-2",
        "AWS_ENDPOINT_URL": embedded_aws.url,
    }  # fmt: skip
    victim.git("switch", "-q", "-c", "poisoned")
    encrypted_for(victim, RULE.format(kind="kms", key=arn), **credentials)
    victim.commit()
    done = cli("lock", "production", cwd=victim.folder, environment=credentials)
    assert done.returncode == 1
    assert f"error[untrusted-key]: sops is not run: main does not name kms {arn}" in done.stderr
    assert done.stderr.count("error[") == 1  # once, and not for each file
    victim.git("switch", "-q", "main")
    victim.git("merge", "-q", "poisoned")
    done = cli("lock", "production", cwd=victim.folder, environment=credentials)
    assert done.returncode == 0, done.stderr


@pytest.mark.parametrize("files", [(MAIN,), (ENVIRONMENT,), (MAIN, ENVIRONMENT)])
def test_a_file_that_names_a_key_in_vain_does_not_pass_with_that_key(
    victim: Branch, files: tuple[str, ...]
) -> None:
    """The block names the user's key, with a data key that it does not open: to whoever validates
    with the key it is no file of somebody else's."""
    for name in files:
        text = victim.tree.read(name)
        body = text[text.index("-----BEGIN AGE") : text.index("-----END AGE")]
        line = body.splitlines()[2].strip()
        victim.tree.edit(name, line, line[:-6] + ("A" * 6 if line[-6:] != "A" * 6 else "B" * 6))
    done = cli("validate", cwd=victim.folder, environment=victim.tree.environ)
    assert done.returncode == 1
    assert done.stderr.count("error[key-fails]") == len(files)
    # Nobody's key: nothing is wrong that can be told.
    done = cli("validate", cwd=victim.folder, environment={"HOME": "/nonexistent"})
    assert done.returncode == 0, done.stderr


def test_a_file_of_another_key_passes_with_a_key_of_ones_own(
    victim: Branch, tmp_path: Path
) -> None:
    """Who has the key of one environment only can validate all of them."""
    rules = victim.tree.read(".sops.yaml")
    own = rules.removeprefix("creation_rules:\n").replace("path_regex: ", "path_regex: ^staging/.*")
    other = new_age_key()
    theirs = own.replace(victim.tree.key.recipient, other.recipient)
    victim.tree.path(".sops.yaml").write_text("creation_rules:\n" + theirs + rules[16:])
    for name in ("environment", "main"):
        path = victim.tree.path(f"staging/{name}.sops.yaml")
        plain = victim.tree.sops.decrypt(path.read_bytes()).reveal().decode()
        path.write_bytes(
            victim.tree.sops.encrypt(
                Sensitive(plain), path=path, config=victim.tree.path(".sops.yaml")
            )
        )
    done = cli("validate", cwd=victim.folder, environment=victim.tree.environ)
    assert done.returncode == 0, done.stderr


@pytest.mark.parametrize("command", ["apply", "adopt", "check", "validate"])
def test_a_job_trusts_by_its_environment_and_not_by_what_a_checkout_keeps(
    victim: Branch, stranger: Stranger, tmp_path: Path, command: str
) -> None:
    """A runner keeps its checkout: an earlier job, of a branch, has left a base and a key in git's
    configuration. What writes trusts the commit that it runs on, which is main's; the rest trusts
    the remote's default branch. Nothing is left behind for the next job."""
    poisoned(victim, stranger)
    victim.git("update-ref", "refs/remotes/origin/main", "main")
    victim.git("config", "reconciler.trusted-base", "poisoned")
    victim.git("config", "--add", "reconciler.trusted-key", f"hc_vault {stranger.uri}")
    kept = victim.git("config", "--list", "--local")
    program(
        tmp_path / "reconciler",
        f'[ "$1" = github ] || exec {forked.program()} validate production --manifests manifests\n',
    )
    action = Path(__file__).parents[3] / ".github" / "actions" / "reconcile"
    names = ("NAMES", "TAKE", "PLAN_FILE", "AUDIT", "CONFIGURATION", "REVIEWED")
    done = subprocess.run(
        ["bash", str(action / "run.sh")],
        cwd=victim.folder, text=True, check=False, capture_output=True,
        env={
            **environ(HOLDER), **dict.fromkeys(names, ""), "COMMAND": command,
            "PATH": f"{tmp_path}:{environ(HOLDER)['PATH']}",
            "ENVIRONMENT": "production", "MANIFESTS": "manifests", "DIGEST": "d" * 64,
            "BRANCH": "main", "KEYLESS": "false", "RUNNER_TEMP": str(tmp_path),
            "GITHUB_OUTPUT": str(tmp_path / "out"), "GITHUB_STEP_SUMMARY": str(tmp_path / "out"),
            "GITHUB_SHA": victim.git("rev-parse", "main").strip(), "ACTION_PATH": str(action),
        },
    )  # fmt: skip
    assert stranger.tokens == []
    assert "error[untrusted-key]" in done.stdout + done.stderr
    assert "git config" not in done.stdout + done.stderr
    assert victim.git("config", "--list", "--local") == kept


def test_the_base_of_the_environment_is_asked_for_its_keys(
    victim: Branch, stranger: Stranger
) -> None:
    poisoned(victim, stranger)
    named = {**HOLDER, "RECONCILER_TRUSTED_BASE": "poisoned"}
    assert cli("validate", "production", cwd=victim.folder, environment=named).returncode == 0
    assert set(stranger.tokens) == {TOKEN}
    named["RECONCILER_TRUSTED_BASE"] = "nowhere"
    done = cli("validate", cwd=victim.folder, environment=named)
    assert "git knows no commit nowhere, which RECONCILER_TRUSTED_BASE names" in done.stderr
