"""What somebody who may push and has no key cannot make a keyless plan say, or apply do.

SECURITY.md names each of these. Whoever knows a public age recipient can encrypt a whole file with
values of their own choice, so the ciphertext in git may be theirs.
"""

from __future__ import annotations

import json
import re

import pytest

from reconciler import manifest
from tests.manifest.lock.test_commands import FILE, HEAD, NO_KEY, lie, locked, one
from tests.world import World


def plan(world: World) -> str:
    done = world.cli("plan", "production", "--keyless", "--out", "p.json", environment=NO_KEY)
    assert done.returncode == 0, done.stderr
    return done.stdout


def ciphertexts(world: World) -> dict[str, str]:
    """The digests of what stands in git, which anybody can compute."""
    declared = manifest.read(world.tree.manifests, "production")
    return {f"{key.kind}:{key.name}": digest for key, digest in declared.ciphertexts().items()}


def forge(world: World) -> None:
    """Let the lock's lines be of the present ciphertexts, with the fingerprints that they had."""
    current = ciphertexts(world)
    path = world.tree.path(FILE)

    def renew(match: re.Match[str]) -> str:
        return f"{match[1]} {match[2]}\nct:{current[f'{match[1]}:{match[2]}']}"

    path.write_text(re.sub(r"(secret|parameter) (\S+)\nct:[0-9a-f]{64}", renew, path.read_text()))


@pytest.fixture
def applied(world: World) -> World:
    """Live, locked and unchanged."""
    one(world)
    world.converge()
    locked(world)
    return world


def test_a_replaced_value_does_not_pass_for_the_old_one(applied: World) -> None:
    one(applied, "theirs")
    assert "unknown until apply" in plan(applied)


def test_a_forged_lock_hides_it_from_the_plan_and_apply_refuses(applied: World) -> None:
    one(applied, "theirs")
    forge(applied)
    assert "Nothing to do" in plan(applied)
    for way in (("--plan", "p.json"), ("--auto-approve",)):
        done = applied.cli("apply", "production", *way)
        assert done.returncode == 1
        assert "error[lock-lie]" in done.stderr
    assert applied.secret_value("db") == "one"


def test_a_lie_is_refused_under_a_head_that_was_edited_too(applied: World) -> None:
    """The head says then that the fingerprint keys were others, and they are those in git."""
    one(applied, "theirs")
    forge(applied)
    path = applied.tree.path(HEAD)
    path.write_text(re.sub("keys-ct: .*", f"keys-ct: {'0' * 64}", path.read_text()))
    for command in (("validate", "production"), ("apply", "production", "--auto-approve")):
        done = applied.cli(*command)
        assert done.returncode == 1, command
        assert "error[lock-lie]" in done.stderr
    assert applied.secret_value("db") == "one"


def test_even_without_the_lock_nothing_is_written_that_the_plan_did_not_show(
    applied: World,
) -> None:
    one(applied, "theirs")
    forge(applied)
    plan(applied)
    for name in (FILE, HEAD):
        applied.tree.path(name).unlink()
    done = applied.cli("apply", "production", "--plan", "p.json")
    assert done.returncode == 0
    assert "not reviewed and not written: update secret" in done.stderr
    assert applied.secret_value("db") == "one"


def test_an_invented_change_is_never_applied(applied: World) -> None:
    path = applied.tree.path(FILE)
    good = path.read_text()
    path.write_text(lie(good))
    assert "(value changed)" in plan(applied)
    assert applied.cli("apply", "production", "--plan", "p.json").returncode == 1
    path.write_text(good)
    done = applied.cli("apply", "production", "--plan", "p.json")
    assert done.returncode == 3
    assert applied.secret_value("db") == "one"


def test_an_approved_unknown_value_cannot_be_exchanged_afterwards(applied: World) -> None:
    one(applied, "approved")
    plan(applied)
    one(applied, "theirs")
    done = applied.cli("apply", "production", "--plan", "p.json", "--allow-unknown-values")
    assert done.returncode == 3
    assert "the value in git changed" in done.stderr
    assert applied.secret_value("db") == "one"


def test_a_digest_lets_no_value_through_that_the_lock_does_not_know(applied: World) -> None:
    """A digest does not say whether the plan that was read could tell what the value is."""
    one(applied, "theirs")
    digest = json.loads(applied.cli("plan", "production", "-o", "json").stdout)["digest"]
    done = applied.cli("apply", "production", "--digest", digest)
    assert done.returncode == 4
    assert "error[unknown-values]: the lock does not know the value of" in done.stderr
    assert applied.secret_value("db") == "one"
    done = applied.cli("apply", "production", "--digest", digest, "--allow-unknown-values")
    assert done.returncode == 0, done.stderr
    assert applied.secret_value("db") == "theirs"


def test_the_digest_of_what_the_lock_knows_is_enough(applied: World) -> None:
    one(applied, "known")
    locked(applied)
    digest = json.loads(applied.cli("plan", "production", "-o", "json").stdout)["digest"]
    assert applied.cli("apply", "production", "--digest", digest).returncode == 0
    assert applied.secret_value("db") == "known"


def test_a_line_cannot_be_moved_to_another_value(applied: World) -> None:
    applied.declare({"db": {"value": "one"}, "other": {"value": "two"}})
    text = locked(applied).read_text()
    lines = re.findall(r"secret (\S+)\n(ct:.*)", text)
    (first, one_), (second, two) = lines
    swapped = text.replace(f"{first}\n{one_}", f"{first}\n{two}")
    swapped = swapped.replace(f"{second}\n{two}", f"{second}\n{one_}")
    applied.tree.path(FILE).write_text(swapped)
    assert plan(applied).count("unknown until apply") == 2


def test_ciphertext_moved_to_another_name_is_unknown(applied: World) -> None:
    applied.declare({"db": {"value": "one"}, "other": {"value": "two"}})
    locked(applied)
    applied.tree.edit("production/main.sops.yaml", "db:", "swap:")
    applied.tree.edit("production/main.sops.yaml", "other:", "db:")
    applied.tree.edit("production/main.sops.yaml", "swap:", "other:")
    assert plan(applied).count("unknown until apply") == 2


@pytest.mark.parametrize("section", ["secrets", "parameters"])
def test_a_line_cannot_be_left_out(applied: World, section: str) -> None:
    path = applied.tree.path(FILE)
    text = path.read_text()
    path.write_text(re.sub(rf"{section[:-1]} .*\n.*\n\n", "", text, count=1))
    done = applied.cli("plan", "production", "--keyless", environment=NO_KEY)
    assert done.returncode == 1
    assert "error[lock-missing]" in done.stderr


def test_a_lock_of_elsewhere_is_refused(applied: World) -> None:
    path = applied.tree.path(HEAD)
    path.write_text(path.read_text().replace("account: 123456789012", "account: 210987654321"))
    done = applied.cli("plan", "production", "--keyless", environment=NO_KEY)
    assert done.returncode == 1
    assert "error[lock-head]" in done.stderr


def test_fingerprint_keys_of_their_own_are_refused(applied: World) -> None:
    """Keys that the lock was not made with: what is ours could not be told from what is not."""
    applied.settings(fingerprint_keys=["aa" * 32])
    done = applied.cli("plan", "production", "--keyless", environment=NO_KEY)
    assert done.returncode == 1
    assert "error[lock-keys]" in done.stderr


def test_key_ids_of_their_own_are_a_lie(applied: World) -> None:
    (kid,) = re.findall(r"keys: (\S+)", applied.tree.read(HEAD))
    for name in (FILE, HEAD):
        path = applied.tree.path(name)
        path.write_text(path.read_text().replace(kid, "abcdef"))
    done = applied.cli("plan", "production", "--keyless", environment=NO_KEY)
    assert done.returncode == 1, "nothing seems to be owned"
    assert "error[keys-lost]" in done.stderr
    done = applied.cli("apply", "production", "--auto-approve")
    assert done.returncode == 1
    assert "error[lock-lie]" in done.stderr


def test_the_lock_holds_nothing_that_claims_a_version(world: World) -> None:
    one(world)
    text = locked(world).read_text()
    world.converge()
    for version in world.secret("db")["VersionIdsToStages"]:
        assert version not in text
        assert version[8:] not in text


def test_equal_values_do_not_show_as_equal(world: World) -> None:
    """A fingerprint is keyed, and of one name: it says nothing about a guess or about another."""
    world.declare({"a": {"value": "same"}, "b": {"value": "same"}})
    rows = re.findall(r"secret \S+\n(ct:\S+) (\S+)", locked(world).read_text())
    assert len({ct for ct, _ in rows}) == len({fp for _, fp in rows}) == 2


def test_other_keys_give_other_fingerprints(world: World) -> None:
    one(world)
    first = locked(world).read_text()
    world.settings(fingerprint_keys=["aa" * 32])
    second = locked(world).read_text()
    rows = [re.findall(r" [0-9a-f]{6}:([0-9a-f]{64})", text) for text in (first, second)]
    assert rows[0]
    assert not set(rows[0]) & set(rows[1])


@pytest.mark.parametrize(
    ("file", "old", "new", "of"),
    [
        ("main", "db:", "renamed:", "db"),
        ("main", "db:", "db:\n        binary: true", "db"),
        ("main", "pool:", "pool:\n        type: String", "pool"),
        ("environment", "123456789012", "210987654321", ""),
        ("environment", "us-west-2", "eu-west-1", ""),
    ],
)
def test_the_same_ciphertext_elsewhere_is_another(
    applied: World, file: str, old: str, new: str, of: str
) -> None:
    """A line moved along with its ciphertext would vouch for a value under another name, in
    another account or Region, of another type or encoding."""
    before = {digest for key, digest in ciphertexts(applied).items() if key.endswith(of)}
    assert before
    applied.tree.edit(f"production/{file}.sops.yaml", old, new)
    assert not before & set(ciphertexts(applied).values())
