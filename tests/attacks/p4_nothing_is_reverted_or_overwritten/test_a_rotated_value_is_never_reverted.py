"""P4: a rotated value is never reverted, and a concurrent change is never overwritten unseen.

Everybody here may write in AWS (values, labels, tags, rotations) and has read the lock; nobody has
a fingerprint key.
"""

from __future__ import annotations

from collections.abc import Callable

import pytest

from reconciler.core.reasons import Reason, Why
from reconciler.render import difference
from reconciler.values.sensitive import public
from tests.attacks import forge
from tests.world import PREFIX, SCHEDULE, World


@pytest.fixture(params=["marked", "written by 0.1"])
def settled(request: pytest.FixtureRequest, world: World) -> Callable[[str], None]:
    """What to do with a secret once it is applied: nothing, or what makes it one of 0.1's."""
    if request.param == "marked":
        return lambda name: None
    return lambda name: forge.as_0_1(world, name)


@pytest.fixture
def written(world: World) -> World:
    """An account with the first value of a secret, then the second."""
    for value in ("one", "two"):
        world.declare({"db": {"value": value}})
        world.converge()
    return world


def seen_as_outside(world: World, value: str) -> None:
    """Drift ends with 2, the plan says what would be overwritten, and nothing was lost yet."""
    drift = world.drift()
    assert drift["secret:db outside"].kind_of.acts
    change = world.changes()["secret:db"]
    assert change.why is not None
    assert change.why.reason is Reason.WRITTEN_OUTSIDE
    assert change.losses
    assert world.secret_value("db") == value


# --- a rotated value, reverted --------------------------------------------------------------------


@pytest.mark.parametrize("dated", [True, False])
def test_a_rotation_under_an_id_of_gits_form(
    world: World, settled: Callable[[str], None], dated: bool
) -> None:
    """Rotate with a ClientRequestToken of the form of git's, then let git drop the rotation. AWS
    may have forgotten the date by then ("if rotation has been disabled, … returns null")."""
    world.deploy()
    world.declare({"db": {"value": "seed", "rotation": SCHEDULE}})
    world.converge()
    settled("db")
    forge.rotate(world, "db")
    world.declare({"db": {"value": "seed", "rotation": "none"}})
    world.apply()
    if not dated:
        world.aws.set_last_rotated(f"{PREFIX}/db", None)
    for value in ("seed", "edited"):
        world.declare({"db": {"value": value, "rotation": "none"}})
        assert world.changes()["secret:db"].code == "rotated-before"
        assert world.apply()["secret:db"].status == "refused"
        assert world.secret_value("db") == "rotated"
    world.declare({"db": {"value": "edited", "rotation": "none", "take": "git"}})
    world.converge()
    assert world.secret_value("db") == "edited"
    # The date of that rotation stays; a mark under a key says that what is live now is git's.
    world.declare({"db": {"value": "again", "rotation": "none"}})
    world.converge()
    assert world.secret_value("db") == "again"


def test_a_rotation_under_such_an_id_that_is_still_on(
    world: World, settled: Callable[[str], None]
) -> None:
    world.deploy()
    world.declare({"db": {"value": "seed", "rotation": SCHEDULE}})
    world.converge()
    settled("db")
    forge.rotate(world, "db")
    assert world.changes() == {}
    world.declare({"db": {"value": "edited", "rotation": SCHEDULE}})
    world.apply()
    assert world.secret_value("db") == "rotated"


def test_the_id_of_a_value_that_was_once_generated(world: World) -> None:
    """A rotation under the id of a generated value, of which AWS has forgotten the version."""
    world.deploy()
    world.declare({"db": {"generate": {}}})
    world.converge()
    generated = world.labels("db")["AWSCURRENT"]
    client = world.client("secretsmanager")
    client.delete_secret(SecretId=f"{PREFIX}/db", ForceDeleteWithoutRecovery=True)
    world.declare({"db": {"value": "seed", "rotation": SCHEDULE}})
    world.converge()
    forge.as_0_1(world, "db")
    assert world.aws.wait_for_rotations()
    client.rotate_secret(SecretId=f"{PREFIX}/db", ClientRequestToken=generated)
    assert world.aws.wait_for_rotations()
    world.declare({"db": {"value": "seed", "rotation": "none"}})
    world.apply()
    world.apply()
    assert world.secret_value("db") == "rotated"


# --- a concurrent change, overwritten unseen ------------------------------------------------------


def test_a_value_under_an_id_of_gits_form(written: World) -> None:
    forge.put(written, "db", "theirs")
    seen_as_outside(written, "theirs")
    shown = written.cli("plan", "production", "--color", "never").stdout
    assert "Destructive" in shown
    assert "lost: what was written outside" in shown
    assert written.cli("drift", "production").returncode == 2


def test_the_same_without_the_key(written: World) -> None:
    """Nobody on the other side holds the key either."""
    assert written.cli("lock", "production").returncode == 0
    forge.put(written, "db", "theirs")
    found = written.cli("drift", "production", "--keyless")
    assert found.returncode == 2
    assert "outside" in found.stdout


def test_a_label_moved_back_to_what_git_once_wrote(written: World) -> None:
    """By one call, or by two, so that AWSPREVIOUS is not where git left it."""
    first = written.labels("db")["AWSPREVIOUS"]
    forge.move_back(written, "db", first)
    seen_as_outside(written, "one")
    written.converge()
    written.put_secret("db", "theirs")
    forge.move_back(written, "db", first)
    seen_as_outside(written, "one")


def names(token: str) -> str:
    """How a mark names a version."""
    return f"version={public(token)[:24]}"


@pytest.mark.parametrize(
    "made",
    [
        lambda world, token: f"{names(token)} by={forge.kid(world)}{'b' * 32}",
        lambda world, token: names(token),
        lambda world, token: forge.mark(world, "db").replace("version=", f"{names(token)} x="),
        lambda world, token: forge.mark(world, "other"),
        lambda world, token: "version by=version version=by from",
    ],
    ids=["invented", "without a key", "mended", "of another secret", "malformed"],
)
def test_a_mark_that_was_written_by_hand(written: World, made: Callable[[World, str], str]) -> None:
    written.declare({"db": {"value": "two"}, "other": {"value": "three"}})
    written.converge()
    token = forge.put(written, "db", "theirs")
    forge.set_mark(written, "db", made(written, token))
    seen_as_outside(written, "theirs")


def test_a_mark_of_an_earlier_time(written: World) -> None:
    """It was true once, and vouches for that version alone."""
    earlier = forge.mark(written, "db")
    written.declare({"db": {"value": "three"}})
    written.converge()
    forge.set_mark(written, "db", earlier)
    assert written.changes()["secret:db"].why == Why(Reason.MARK, names=("value",))
    forge.put(written, "db", "theirs")
    seen_as_outside(written, "theirs")


def told_unknown(world: World) -> None:
    """It could be a secret of 0.1, which had no marks: it is not called outside, and not passed
    over in silence either."""
    assert world.changes()["secret:db"].why == Why(Reason.UNMARKED)
    assert "no mark says" in difference.sentence(world.drift()["secret:db pending"])


def test_a_mark_that_was_taken_away(written: World) -> None:
    forge.set_mark(written, "db", "")
    assert written.changes() == {}
    forge.put(written, "db", "theirs")
    told_unknown(written)


# --- what is outside, made git's by an honest run -------------------------------------------------

NEW = "6a" * 32


def test_a_new_fingerprint_key_vouches_for_nothing_that_is_outside(
    world: World, settled: Callable[[str], None]
) -> None:
    """It binds what the key before it wrote. A generated value that was replaced is no such."""
    world.declare({"db": {"generate": {}}})
    world.converge()
    settled("db")
    token = forge.put(world, "db", "theirs")
    world.settings(fingerprint_keys=[NEW, "5f" * 32])
    world.converge()
    assert token not in world.secret_tags("db").get("reconciler:bound", "")


def test_a_field_that_is_written_vouches_for_no_value(written: World) -> None:
    """An apply of a reviewed description, while the value is somebody else's."""
    written.declare({"db": {"value": "two", "description": "new"}})
    reviewed = written.plan()
    forge.put(written, "db", "theirs")
    outcomes = written.apply(reviewed)
    assert outcomes["secret:db"].status == "done"
    assert written.secret("db")["Description"] == "new"
    seen_as_outside(written, "theirs")


def test_a_rollback_to_what_is_outside_does_not_make_it_gits(written: World) -> None:
    forge.put(written, "db", "theirs")
    written.converge()
    assert written.secret_value("db") == "two"
    done = written.cli("rollback", "production", "db", "--auto-approve")
    assert done.returncode == 0, done.stderr
    written.aws.age_lists(600)
    seen_as_outside(written, "theirs")
