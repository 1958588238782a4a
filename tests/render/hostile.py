"""Strings that somebody chose to do harm with, and plans made of them."""

from __future__ import annotations

from hypothesis import HealthCheck, settings
from hypothesis import strategies as st

from reconciler.core.access import Declared, Opened, Opening
from reconciler.core.drift import Drift, DriftClass, Moved
from reconciler.core.model import (
    JSON,
    Action,
    Change,
    FieldChange,
    Key,
    Note,
    Place,
    Plan,
    Policy,
    Scope,
    ValueChange,
    Write,
)
from reconciler.core.reasons import Loss, Lost, Notable, Reason, Why
from reconciler.core.what import What
from reconciler.manifest.branch import Difference, Group
from reconciler.manifest.branch.difference import MemberChange

# A plan takes its time to make, and on a busy machine longer than any deadline.
patient = settings(deadline=None, suppress_health_check=[HealthCheck.too_slow])

FRAGMENTS = (
    "\x1b[2J", "\x1b]0;title\x07", "\x9b31m", "\r", "\n", "\t", "\x00", "\x7f", "\x08", "\x85",
    "\u2028", "\u2029", "\u202e", "\u2066", "\u200b", "\u200d", "\ufeff", "\u00ad", "\u3164",
    "\u115f", "\u2800", "\ufe0f", "\U000e0041", "\U000e0101", "\u00a0", "\ue000",
    "::error::", "\n::set-env name=A::b", "  ::add-mask::x", "##[error]", "##[", ":", "::",
    "`", "``", "```", "````", "\n```\n", "|", "<script>", "</details>", "<!--", "&lt;", "&#64;",
    "@everyone", "@org/team", "#1", "GH-1", "org/repo#2", "https://example.com", "www.example.com",
    "[a](b)", "![a](b)", "**", "__", "~~", "$x$", "- ", "# ", "> ", "\\", '"', "'", "\n+ create x",
    "x.yaml:3:5: error[bad]: it", ":3:5: warning[",
    "name", "/app/production/", "é", "日本", "x" * 50,
)  # fmt: skip

text = st.one_of(
    st.lists(st.sampled_from(FRAGMENTS), min_size=1, max_size=4).map("".join),
    st.text(st.characters(exclude_categories=["Cs"]), min_size=1, max_size=12),
)
names = st.one_of(text, text.map(lambda rest: f"/app/production/{rest}"))
scalars = st.one_of(st.none(), st.booleans(), st.integers(-5, 5), text)
contents: st.SearchStrategy[JSON] = st.recursive(
    scalars,
    lambda inner: st.one_of(st.lists(inner, max_size=3), st.dictionaries(text, inner, max_size=3)),
    max_leaves=6,
)
keys = st.builds(Key, st.sampled_from(["secret", "parameter", "rotation"]), names)
fields = st.builds(FieldChange, name=text, before=contents, after=contents, known=st.booleans())
values = st.builds(
    ValueChange,
    write=st.sampled_from(Write),
    fingerprint=st.none() | text,
    plaintext=st.none() | text,
    ciphertext=st.none() | text,
    keys=st.none() | st.lists(fields, max_size=2).map(tuple),
)
places = st.builds(Place, path=text, line=st.integers(0, 99), column=st.integers(0, 99))
mappings = st.dictionaries(text, contents, max_size=2)
whys = st.builds(
    Why,
    reason=st.sampled_from(Reason),
    who=st.none() | text,
    names=st.lists(text, max_size=2).map(tuple),
    on=st.none() | st.dates(),
)
losses = st.builds(
    Lost,
    loss=st.sampled_from(Loss),
    name=st.none() | text,
    days=st.none() | st.integers(0, 99),
)
opened = st.builds(
    Opened, opening=st.sampled_from(Opening), name=st.none() | text, account=st.none() | text
)
changes = st.builds(
    Change,
    key=keys,
    action=st.sampled_from(Action),
    fields=st.lists(fields, max_size=3).map(tuple),
    value=st.none() | values,
    settings=mappings,
    precondition=mappings,
    why=st.none() | whys,
    losses=st.lists(losses, max_size=2).map(tuple),
    place=st.none() | places,
    access=st.lists(opened, max_size=2).map(tuple),
)
notes = st.builds(
    Note,
    key=keys,
    code=st.sampled_from(Notable),
    on=st.none() | st.dates(),
    names=st.lists(text, max_size=2).map(tuple),
)
scopes = st.builds(
    Scope,
    environment=text,
    account=text,
    region=text,
    prefix=st.just("/app/production") | text,
    owner=text,
)
policies = st.builds(
    Policy,
    prune=st.booleans(),
    recovery_window=st.integers(7, 30),
    max_prunes=st.integers(0, 2),
    max_change_ratio=st.floats(0, 1),
)
plans = st.builds(
    Plan,
    scope=scopes,
    policy=policies,
    changes=st.lists(changes, max_size=4, unique_by=lambda change: change.key).map(tuple),
    notes=st.lists(notes, max_size=2).map(tuple),
    owned=st.integers(0, 20),
    revision=st.none() | text,
    opened=st.lists(st.builds(Declared, subject=text, opened=opened), max_size=2).map(tuple),
    base=st.none() | text,
)
drifts = st.lists(
    st.builds(
        Drift,
        key=keys,
        kind_of=st.sampled_from(DriftClass),
        text=text,
        place=st.none() | places,
        what=st.none() | st.sampled_from(sorted(set(What) - {What.REFUSED})),
        names=st.lists(text, max_size=2).map(tuple),
        fields=st.lists(
            st.builds(
                Moved,
                name=text,
                was=contents,
                now=contents,
                declared=contents,
                known=st.booleans(),
            ),
            max_size=2,
        ).map(tuple),
        by=st.none() | text,
    ),
    max_size=4,
)
branches = st.lists(
    st.builds(
        Difference,
        group=st.sampled_from(Group),
        code=st.sampled_from(
            ["setting-changed", "resource-added", "value-changed", "recipient-added", "file-added"]
        ),
        subject=text,
        path=text,
        environment=st.none() | text,
        symbol=st.sampled_from(["+", "-", "~"]),
        before=st.none() | st.dictionaries(text, contents, max_size=2),
        after=st.none() | st.dictionaries(text, contents, max_size=2),
        keys=st.lists(
            st.builds(MemberChange, st.sampled_from(["+", "-", "~"]), text), max_size=2
        ).map(tuple),
    ),
    max_size=4,
)
