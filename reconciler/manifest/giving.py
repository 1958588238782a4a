"""New values in the place of old ones: through sops, with everything else left as it is."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from reconciler.core.errors import ManifestError
from reconciler.core.model import Key
from reconciler.manifest.changes import Changes
from reconciler.manifest.cleartext import Cleartext
from reconciler.manifest.document import Document
from reconciler.manifest.edit import WrongEdit, entry_of
from reconciler.manifest.encrypted import VALUE
from reconciler.manifest.entries import PLAINTEXT, Entry
from reconciler.values.sensitive import Sensitive
from reconciler.values.sops import Sops


@dataclass(frozen=True)
class Edit:
    """A new value for a resource, as JSON; ``inner`` leads to one field of a mapping."""

    key: Key
    value: Sensitive[str]
    inner: Sequence[str] = ()


def holder_of(entry: Entry) -> Document:
    """The document with a declaration's encrypted value. Raises WrongEdit where it has none."""
    if entry.holder is not None:
        return entry.holder
    if entry.shown is not None:
        raise WrongEdit(
            f"{entry.key}: its value is in clear text: change `{PLAINTEXT}` in the manifest",
            hint="`aws ssm get-parameter` shows the live value; then lock, commit, and adopt",
            place=entry.place(PLAINTEXT),
        )
    raise WrongEdit(
        f"{entry.key} has no `value` in a manifest",
        hint="declare one with: sops --config manifests/.sops.yaml edit FILE",
        place=entry.place(),
    )


def give(declared: Cleartext, edits: Iterable[Edit], sops: Sops) -> Changes:
    """The manifests with these values, encrypted; nothing is written yet.

    Raises WrongEdit where git gives no value to change; ManifestError where sops may not ask a
    file's keys.
    """
    edits = list(edits)
    changes = Changes(declared.document.file.parent.parent)
    holders = [entry_of(declared, edit.key).holder for edit in edits]
    refused = declared.trust.refuse(dict.fromkeys(h for h in holders if h is not None))
    if refused:
        raise ManifestError([problem for found in refused.values() for problem in found])
    for edit in edits:
        entry = entry_of(declared, edit.key)
        document = holder_of(entry)
        content = sops.set(
            changes.now(document.file) or document.raw,
            (*entry.path, VALUE, *edit.inner),
            edit.value,
            key_types=document.key_types,
        )
        changes.put(document.file, document.raw, content)
    return changes
