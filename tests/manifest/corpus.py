r"""Two hundred ways to write YAML: what people, editors, templates and other programs make of it.

Each is the field `x` of a manifest. Where `REFUSED` names its code, the reader refuses what sops
reads: DESIGN of manifests says why. All else has to be read as sops reads it.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from itertools import product

CONTENTS: tuple[object, ...] = (
    "plain",
    "with spaces in it",
    "https://user:pw@host.example:8443/path?a=b&c=d#fragment",
    "key: value",
    "# no comment",
    "it's",
    'say "no"',
    "back\\slash",
    "ünïcode ☃ 漢字",
    "-dash",
    "*star &and !bang %per @at `tick",
    "trailing colon:",
    "two\nlines",
    "two\nlines, and an end\n",
    "  leading and trailing  ",
    "yes",
    "012",
    "1.10",
    "null",
    "~",
    "2026-01-02",
    "0x1F",
    "",
    {"a": "b", "c": {"d": "e"}},
    {"url": "http://a.example/b:c", "list": ["1", "2 3"]},
    ["a", "b: c", "d # e"],
    [{"a": "b"}, {"c": ["d"]}],
    {"a/b.c-d_e": "f", "with space": "g"},
)


def _double(content: object) -> str:
    return json.dumps(content, ensure_ascii=False)


def _escaped(content: object) -> str:
    return json.dumps(content)


def _spread(content: object) -> str:
    return json.dumps(content, indent=4, ensure_ascii=False).replace("\n", "\n  ")


def _single(content: object) -> str | None:
    if not isinstance(content, str) or "\n" in content:
        return None
    return "'" + content.replace("'", "''") + "'"


def _literal(content: object) -> str | None:
    if not isinstance(content, str) or not content.strip() or content[0] == " ":
        return None
    keep = "" if content.endswith("\n") else "-"
    return f"|{keep}\n" + "".join(f"    {line}\n" for line in content.splitlines()).rstrip("\n")


def _indented(content: object) -> str | None:
    if not isinstance(content, str) or not content.strip():
        return None
    keep = "" if content.endswith("\n") else "-"
    return f"|2{keep}\n" + "".join(f"  {line}\n" for line in content.splitlines()).rstrip("\n")


STYLES = (_double, _escaped, _spread, _single, _literal, _indented)

BY_HAND: tuple[str, ...] = (
    # Flow.
    "x: {a: b}",
    "x: {a: b, }",
    "x: { a: b , c: d }",
    "x: {a: http://b.example/c, d: e}",
    "x: {url: http://b.example:80/c?d=e}",
    "x: [http://a.example, 'http://b.example']",
    "x: [a, b, ]",
    "x: [[a, b], [c]]",
    "x: [{a: b}, {c: d}]",
    "x: {a: [b, c], d: {e: f}}",
    'x: {"a":"b","c":"d"}',
    "x: {'a': 'b'}",
    "x: {a: b,\n    c: d}",
    "x: {\n    a: b,\n    c: d,\n  }",
    "x: [\n    a,\n    b\n  ]",
    "x: {a: 'it''s', b: \"c\\td\"}",
    "x: {a: plain words here, b: more words}",
    "x: {a b: c d}",
    "x: {a: b-c, d: e_f, g: h.i}",
    "x: {arn: arn:aws:kms:us-west-2:123456789012:alias/a}",
    "x: {a: b #c\n  }",
    "x: {a: b} # c",
    "x: []",
    "x: {}",
    # Block.
    "x:\n  a: b",
    "x:\n    a: b\n    c:\n        d: e",
    "x:\n - a\n - b",
    "x:\n- a\n- b",
    "x:\n  - a\n  - b",
    "x:\n  -   a\n  -   b",
    "x:\n  - a: b\n    c: d\n  - e: f",
    "x:\n  -\n    a: b",
    "x:\n  - - a\n    - b\n  - - c",
    "x:\n  - [a, b]\n  - {c: d}",
    "x:     wide",
    "x :\n  a : b",
    "x: a  ",
    "x: a\t",
    "x:\n\n\n  a: b\n\n\n  c: d",
    "'x':\n  'a': 'b'",
    '"x":\n  "a": "b"',
    "? x\n: a",
    "? x\n: - a\n  - b",
    "x:\n  ? a\n  : b",
    # Plain scalars.
    "x: a plain text\n  that goes on\n  on other lines",
    "x:\n  a plain text\n  below its name",
    "x: a:b",
    "x: a#b",
    "x: a?b",
    "x: -a",
    "x: :a",
    "x: a, b [c] {d}",
    "x: c'est",
    'x: 5" disk',
    "x: C:\\windows\\path",
    "x: a - b",
    "x: cron(0 4 1 * ? *)",
    "x: rate(30 days)",
    "x: $HOME/${VAR}",
    "x: {{ template }}",
    "x: <placeholder>",
    "x: a=b;c=d",
    "x: ${a:-b}",
    "x: user@example.com",
    "x: 10.0.0.1",
    "x: 1.2.3",
    "x: 12 apples",
    "x: 1e",
    "x: a\n\n  b",
    # Quoted scalars.
    "x: 'a b'",
    "x: 'a\n\n  b'",
    "x: 'a\n  b'",
    'x: "a\n  b"',
    'x: "a \\\n  b"',
    'x: "\\x41\\u263a\\U0001F600"',
    'x: "\\ta\\nb\\\\c\\/d\\"e"',
    'x: "a\\_b\\Nc\\Ld\\Pe"',
    'x: "\\0end"',
    "x: ''",
    'x: ""',
    "x: '''quoted'''",
    'x: "# a: {b} [c]"',
    # Block scalars.
    "x: |\n  a\n  b\n",
    "x: |-\n  a\n  b",
    "x: |+\n  a\n  b\n\n",
    "x: >\n  a\n  b\n",
    "x: >-\n  a\n  b\n\n  c",
    "x: >+\n  a\n\n",
    "x: |\n    a\n      b\n    c\n",
    "x: |2\n    a\n   b\n",
    "x: |-2\n    a",
    "x: >\n  a\n    b\n  c\n",
    "x: | # said\n  a\n",
    "x: |\n  # no comment\n  a: b\n",
    "x: |\n\n  a\n",
    "x: |\n  a\n  \n  b\n",
    "x: >-\n  a\n  # no comment\n",
    "x: |-\n  -----BEGIN KEY-----\n  AAAA\n  -----END KEY-----",
    'x: |\n  {"json": true}\n',
    "x:\n  a: |\n    b\n  c: >-\n    d",
    "x:\n- |\n  a\n- >-\n  b",
    # Comments.
    "# before\nx: a",
    "x: a # after",
    "x:\n  # inside\n  a: b",
    "x:\n  a: b\n  # at the end",
    "x:\n  - a # one\n  # two\n  - b",
    "x: a\n# below",
    "x: # said\n  a: b",
    "x: 'a' # said",
    "x: {a: b, # said\n    c: d}",
    # Types.
    "x: true",
    "x: 5",
    "x: -5",
    "x: 1.5",
    "x: 0",
    "x: 'true'",
    "x: '5'",
    "x: yes",
    "x: No",
    "x: on",
    "x: True",
    "x: 012",
    "x: 0o14",
    "x: 0x1f",
    "x: 1_000",
    "x: 1e3",
    "x: .5",
    "x: 1.10",
    "x: .inf",
    "x: 2026-01-02",
    "x: 12:30:45",
    "x: null",
    "x: ~",
    "x:",
    "x:\n  a:\n  b: c",
    "x: Null",
    "x: y",
    "x: n",
    "x: =",
    # What is refused.
    "x: &a b",
    "x: &a {b: c}\ny: *a",
    "x: &a {b: c}\ny:\n  <<: *a",
    "x: !!str 5",
    "x: !custom a",
    "x: !!binary aGk=",
    "x: a\nx: b",
    "x: {a: b, a: c}",
    "x:\n  1: a",
    "x:\n  true: a",
    "x:\n  ? [a]\n  : b",
)

# The codes with which what sops reads is refused, each on purpose.
REFUSED = frozenset(
    {"anchor", "merge-key", "tag-not-read", "duplicate-field", "field-name", "unquoted"}
)


def documents() -> Iterator[str]:
    """The field `x` in every style."""
    yield from BY_HAND
    for content, style in product(CONTENTS, STYLES):
        text = style(content)
        if text is not None:
            yield f"x: {text}"
