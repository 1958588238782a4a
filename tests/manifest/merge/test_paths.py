"""A text is merged by path, and says what a merge of the three contents says, or nothing."""

from __future__ import annotations

import random
from copy import deepcopy
from pathlib import Path
from typing import Any

import pytest

from reconciler.manifest.document import parse
from reconciler.manifest.merge import paths
from reconciler.manifest.merge.text import Unmerged

BLOCK = "|\n{pad}# no comment\n{pad}k: v\n"
WORDS = ["plain", "'a: b'", '"x # y"', BLOCK, "ENC[AES256_GCM,data:x]"]
Tree = dict[str, Any]


def grown(chance: random.Random, depth: int = 0) -> Tree:
    """Some fields, some of which hold others."""
    made: Tree = {}
    for name in chance.sample("abcdefgh", chance.randint(1, 4)):
        deep = depth < 3 and chance.random() < 0.45
        made[name] = grown(chance, depth + 1) if deep else leaf(chance)
    return made


def leaf(chance: random.Random) -> str:
    return chance.choice(WORDS) if chance.random() < 0.7 else f"v{chance.randint(0, 999)}"


def text(tree: Tree, depth: int = 0) -> str:
    """As sops lays it out, a comment above some fields."""
    pad = " " * 4 * depth
    lines = []
    for name, inner in tree.items():
        if name in "ceg":
            lines.append(f"{pad}# of {name}\n")
        if isinstance(inner, dict):
            lines.append(f"{pad}{name}:\n{text(inner, depth + 1)}")
        else:
            value = inner.replace("{pad}", pad + "    ").rstrip("\n")
            lines.append(f"{pad}{name}: {value}\n")
    return "".join(lines)


def changed(chance: random.Random, tree: Tree, below: set[str]) -> Tree:
    """Another version: what is within these fields of the top, and nothing else, is another."""
    made = deepcopy(tree)
    for name in below:
        act = chance.random()
        if act < 0.2:
            made.pop(name, None)
        elif act < 0.6 and isinstance(made.get(name), dict):
            made[name] = changed(chance, made[name], set(chance.sample("abcdefgh", 3)))
        else:
            made[name] = grown(chance, 2) if chance.random() < 0.3 else leaf(chance)
        if made.get(name) == {}:
            del made[name]
    return made


def said(raw: bytes) -> Any:
    document = parse(Path("f"), "f", raw)
    assert document.problems == [], raw.decode()
    return document.data


def test_fields_that_only_one_side_changed_are_taken_from_it() -> None:
    chance = random.Random(13)
    for _ in range(150):
        base = grown(chance)
        names = chance.sample("abcdefgh", 8)
        ours, theirs = changed(chance, base, set(names[:3])), changed(chance, base, set(names[3:6]))
        both = {name: ours[name] for name in ours if name in base or name not in theirs}
        both = {n: v for n, v in both.items() if n in names[:3] or n in theirs}
        both |= {n: v for n, v in theirs.items() if n not in names[:3]}
        # Without comments, which may have been of a field that is gone.
        raws = [text(tree).encode() for tree in (base, ours, theirs)]
        if not both or not all(raws):
            continue
        merged = paths.merge(*raws, "f")
        assert said(merged.raw) == said(text(both).encode())
        assert not merged.unsealed
        back = paths.merge(raws[0], raws[2], raws[1], "f")
        assert said(back.raw) == said(merged.raw)


FILE = """\
# of all
secrets:
    # of db
    db:
        value:
            user: ENC[1]
            password: ENC[2]
    jwt:
        value: ENC[3]
sops:
    lastmodified: "1"
    mac: ENC[m]
"""


def edited(*edits: tuple[str, str]) -> bytes:
    made = FILE
    for old, new in edits:
        assert old in made
        made = made.replace(old, new)
    return made.encode()


SEALED = (('"1"', '"2"'), ("ENC[m]", "ENC[n]"))
SEALED_TOO = (('"1"', '"3"'), ("ENC[m]", "ENC[o]"))


def test_only_the_seal_is_left_to_make() -> None:
    ours = edited(("ENC[1]", "ENC[ours]"), *SEALED)
    theirs = edited(("ENC[2]", "ENC[theirs]"), *SEALED_TOO)
    merged = paths.merge(FILE.encode(), ours, theirs, "f")
    assert merged.unsealed
    assert merged.raw == edited(("ENC[1]", "ENC[ours]"), ("ENC[2]", "ENC[theirs]"), *SEALED)
    # One that only one side made is that of the file.
    merged = paths.merge(FILE.encode(), ours, edited(("# of db", "# of the database")), "f")
    assert not merged.unsealed
    assert b"ENC[n]" in merged.raw
    assert b"# of the database" in merged.raw


def test_what_both_added_stands_with_its_neighbours_and_comments() -> None:
    before, port = "            password:", "            # new\n            port: ENC[5]\n"
    ours = edited(("    jwt:\n", "    # of api\n    api:\n        value: ENC[4]\n    jwt:\n"))
    theirs = edited((before, port + before), ("sops:", "    web:\n        value: ENC[6]\nsops:"))
    merged = paths.merge(FILE.encode(), ours, theirs, "f").raw.decode()
    assert merged == edited(
        (before, port + before),
        ("    jwt:\n", "    # of api\n    api:\n        value: ENC[4]\n    jwt:\n"),
        ("sops:", "    web:\n        value: ENC[6]\nsops:"),
    ).decode()  # fmt: skip


@pytest.mark.parametrize(
    ("ours", "theirs", "told"),
    [
        ((("ENC[1]", "a"),), (("ENC[1]", "b"),), "both sides changed secrets: db: value: user"),
        ((("            user: ENC[1]\n", ""),), (("ENC[1]", "b"),),
         "both sides changed secrets: db: value: user"),
        ((("ENC[m]", "ENC[n]"), ("ENC[3]", "a")), (("ENC[m]", "ENC[o]"), ("ENC[3]", "b")),
         "both sides changed secrets: jwt: value"),
        ((("        value: ENC[3]", "        value: {a: b}"),), (("ENC[3]", "b"),),
         "both sides changed secrets: jwt: value"),
        ((("    jwt:\n        value: ENC[3]\n", ""),), (("ENC[3]", "ENC[3]\n        tags: x"),),
         "what both sides changed does not fit together"),
        ((("jwt:", "jwt: &a"),), (("ENC[1]", "b"),), "one side is not in order"),
        ((("ENC[3]", "ENC[3]\n<<<<<<< x"),), (("ENC[1]", "b"),), "one side is not in order"),
    ],
)  # fmt: skip
def test_what_cannot_be_chosen_is_named(
    ours: tuple[tuple[str, str], ...], theirs: tuple[tuple[str, str], ...], told: str
) -> None:
    with pytest.raises(Unmerged) as raised:
        paths.merge(FILE.encode(), edited(*ours), edited(*theirs), "f")
    assert told in raised.value.message
