"""Two environments side by side, as people read them, and as JSON."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from reconciler.render.escape import terminal

if TYPE_CHECKING:
    from reconciler.operations.compare import Compared, Pair

FORMAT_VERSION = "1.0"
_EQUAL = {True: "equal", False: "different", None: "unknown"}


def text(compared: Compared) -> str:
    """What only one declares, what differs, and which values are equal."""
    one, other = compared.names
    lines: list[str] = []
    for name, only in zip(compared.names, compared.only, strict=True):
        if only:
            lines += [f"Only in {name}", *(f"  {terminal(' '.join(path))}" for path in only), ""]
    differing = [pair for pair in compared.pairs if pair.fields or any(pair.only)]
    if differing:
        lines += [
            "Declared differently",
            *(f"  {_said(pair, one, other)}" for pair in differing),
            "",
        ]
    equal = [pair for pair in compared.pairs if pair.equal]
    if equal:
        named = (f"  {terminal(f'{pair.section} {pair.name}')}" for pair in equal)
        lines += ["Equal values", *named, ""]
    counts = [
        sum(1 for pair in compared.pairs if pair.equal is kind) for kind in (True, False, None)
    ]
    lines.append(
        f"{one} and {other}: {len(compared.pairs)} declared in both; values: {counts[0]} equal,"
        f" {counts[1]} different, {counts[2]} unknown (generated, external, or without the key)."
    )
    return "\n".join(lines)


def data(compared: Compared) -> dict[str, Any]:
    """The same as plain data."""
    return {
        "format_version": FORMAT_VERSION,
        "environments": list(compared.names),
        "only": {
            name: [{"section": section, "name": key} for section, key in only]
            for name, only in zip(compared.names, compared.only, strict=True)
        },
        "both": [
            {
                "section": pair.section,
                "name": pair.name,
                "fields": list(pair.fields),
                "keys": dict(zip(compared.names, map(list, pair.only), strict=True)),
                "values": _EQUAL[pair.equal],
            }
            for pair in compared.pairs
        ],
    }


def _said(pair: Pair, one: str, other: str) -> str:
    parts = [", ".join(pair.fields)] if pair.fields else []
    for name, keys in ((one, pair.only[0]), (other, pair.only[1])):
        if keys:
            parts.append(f"value has {', '.join(keys)} in {name} only")
    return terminal(f"{pair.section} {pair.name}: {'; '.join(parts)}")
