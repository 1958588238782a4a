"""What was measured, as Markdown."""

from __future__ import annotations

import os
import platform
from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING

from bench import fit, promised
from bench.fleet import EACH, LINK
from bench.promised import UNCHANGED
from bench.rows import Row, floor

if TYPE_CHECKING:
    from bench.run import Bench

SIZES = (100, 1000, 10_000)
_MANY = "## Many environments"


def render(bench: Bench) -> str:
    """All of RESULTS.md."""
    parts = [
        _head(bench),
        _free(bench),
        _calls(bench),
        _paced(bench),
        _pages(bench),
        _growth(bench),
        _naive(bench),
        _against(bench),
        _many(bench),
    ]
    return "\n\n".join("\n".join(part) for part in parts) + "\n"


def with_many(text: str, bench: Bench) -> str:
    """What was written before, with another part on many environments, which is the last."""
    before = text.partition(f"\n{_MANY}\n")[0].rstrip("\n")
    return "\n".join([before, "", *_many(bench)]) + "\n"


def _head(bench: Bench) -> Iterator[str]:
    limits = bench.clock.limits
    assert bench.start is not None
    helped, nothing = bench.start
    yield "# Results"
    yield ""
    yield (
        f"Written by `make bench{' ARGS=--quick' if bench.quick else ''}` in"
        f" {bench.clock.spent / 60:.0f} minutes, on {os.cpu_count()} processors"
        f" ({platform.machine()}, {platform.system()}), Python {platform.python_version()}; load"
        f" average {bench.load:.1f} before, {os.getloadavg()[0]:.1f} at the end, this"
        " benchmark's own included."
    )
    yield ""
    yield (
        "Each figure is of whole processes, as a user starts them: Python's start and sops are"
        f" in it. Medians of up to {limits.runs} runs; where one takes long, of as many as fit"
        f" into {limits.spent:.0f} s, at least one. *Processor* is the time that the"
        " command itself computes, sops included; the rest of *wall* is waiting, for the"
        " embedded AWS above all, which runs on the same processors and serves a few hundred calls"
        " a second. *Memory* is the largest size of the process. A *link* of 20 ms: each call takes"
        " 20 ms more."
    )
    yield ""
    yield (
        "Left out, by rule: a case that would take longer than"
        f" {limits.longest:.0f} s by what a tenth of it took, and what no longer fits into"
        f" {limits.total:.0f} s in all, the most telling cases coming first. Such rows say *left"
        " out*, and how long it would take, extrapolated."
    )
    yield ""
    yield (
        f"`reconciler --help` takes {helped.wall:.2f} s, a Python that does nothing"
        f" {nothing.wall:.2f} s (medians of 10)."
    )


def _free(bench: Bench) -> Iterator[str]:
    yield "## Without quotas"
    yield ""
    yield (
        "`--pace 1000`, and an account that does not throttle. N secrets and N parameters, half of"
        " them SecureStrings."
    )
    yield ""
    yield from _header("what", "N", "link", "runs", "wall (s)", "processor (s)", "memory (MiB)")
    for row in sorted(bench.free.rows, key=_order):
        what, count, link = row.case
        yield _line(what, f"{count:,}", _link(link), *_figures(row))


def _figures(row: Row) -> tuple[str, ...]:
    if row.run is None:
        about = "" if row.expected is None else f", about {row.expected:,.0f}"
        return ("0", f"left out{about}", "", "")
    run = row.run
    return (str(row.runs), f"{run.wall:.2f}", f"{run.cpu:.2f}", f"{run.memory:.0f}")


def _calls(bench: Bench) -> Iterator[str]:
    yield "## Calls"
    yield ""
    yield (
        "The same over every link, in every run. They are compared with what"
        " docs/reference/calls.md promises, and the benchmark fails where they differ: "
        + ("they did not." if not _wrong(bench) else f"**they did**: {'; '.join(_wrong(bench))}.")
    )
    yield ""
    yield from _header("what", "N", "calls", "in all")
    seen = set()
    for row in sorted(bench.free.rows, key=_order):
        key = row.case[:2]
        if row.run is not None and key not in seen:
            seen.add(key)
            yield _line(key[0], f"{key[1]:,}", _told(row.calls), f"{row.calls.total():,}")


def _wrong(bench: Bench) -> list[str]:
    return bench.free.wrong + bench.paced.wrong


def _paced(bench: Bench) -> Iterator[str]:
    yield "## With AWS's quotas"
    yield ""
    yield (
        "An account that throttles by AWS's quotas, and the reconciler at its own pace. *Floor* is"
        " what the quotas alone ask for (50 secrets and 3 parameters a second written, 10"
        " DescribeParameters, 10 ListTagsForResource), after what a bucket holds at the start."
        " *Throttled* calls were refused and made again. One run each, beside the rest of the"
        " benchmark, since they wait nearly all of the time."
    )
    yield ""
    yield from _header(
        "what", "N", "link", "wall (s)", "floor (s)", "times", "processor (s)", "throttled"
    )
    for row in sorted(bench.paced.rows, key=_order):
        what, count, link = row.case
        if row.run is None:
            yield _line(what, f"{count:,}", _link(link), "left out", "", "", "", "")
            continue
        least = floor(row.calls, writes=what.startswith("apply"))
        times = f"{row.run.wall / least:.2f}" if least > 5 else ""
        yield _line(
            what,
            f"{count:,}",
            _link(link),
            f"{row.run.wall:.2f}",
            f"{least:.1f}",
            times,
            f"{row.run.cpu:.2f}",
            str(row.refused),
        )
    yield ""
    yield "Not measured, and what the quotas alone ask for, over whatever link:"
    yield ""
    yield from _header("what", "N", "floor")
    measured = {row.case[:2] for row in bench.paced.rows if row.run is not None}
    for what, count in ((w, n) for w in promised.PROMISED for n in SIZES):
        if (what, count) in measured or what == UNCHANGED:
            continue
        least = floor(promised.calls(what, count), writes=what.startswith("apply"))
        told = f"{least:.0f} s" if least < 90 else f"{least / 60:.0f} min"
        yield _line(what, f"{count:,}", told)


def _pages(bench: Bench) -> Iterator[str]:
    yield "## Against the bare pages"
    yield ""
    yield (
        "An unchanged plan beside a program that follows the same two chains of pages and makes"
        " nothing of them: no plan can be faster. With quotas the quotas' floor counts where it is"
        " the greater."
    )
    yield ""
    yield from _header("N", "link", "quotas", "wall (s)", "bare pages (s)", "floor (s)", "times")
    for table, word in ((bench.free, "no"), (bench.paced, "yes")):
        for row in sorted(table.rows, key=_order):
            what, count, link = row.case
            chain = bench.chains.get((count, link))
            if what != UNCHANGED or row.run is None or chain is None:
                continue
            asked = floor(row.calls, writes=False) if word == "yes" else 0.0
            least = max(asked, chain.wall)
            yield _line(
                f"{count:,}",
                _link(link),
                word,
                f"{row.run.wall:.2f}",
                f"{chain.wall:.2f}",
                f"{least:.2f}",
                f"{row.run.wall / least:.2f}",
            )


def _growth(bench: Bench) -> Iterator[str]:
    yield "## How it grows"
    yield ""
    yield (
        "k in N^k, fitted by least squares through the logarithms of all sizes that were measured"
        " without quotas, and between the two largest. Start-up is the same for every N, so that"
        " over all sizes time and memory seem to grow less than they do; the two largest tell more."
    )
    yield ""
    if len({row.case[1] for row in bench.free.rows if row.run is not None}) < 2:
        yield "Left out: only one size was measured."
        return
    yield from _header(
        "what",
        "link",
        "N",
        "calls",
        "wall",
        "wall, two largest",
        "processor, two largest",
        "in words",
    )
    for what in promised.PROMISED:
        for link in sorted({row.case[2] for row in bench.free.rows}):
            rows = [
                row
                for row in sorted(bench.free.rows, key=_order)
                if row.case[0] == what and row.case[2] == link and row.run is not None
            ]
            if len(rows) >= 2:
                yield _grown(what, link, rows)
    yield ""
    yield from _memory(bench)


def _grown(what: str, link: float, rows: list[Row]) -> str:
    calls = [(row.case[1], row.calls.total()) for row in rows]
    wall = [(row.case[1], row.run.wall) for row in rows if row.run]
    cpu = [(row.case[1], row.run.cpu) for row in rows if row.run]
    slopes = [fit.slope(points) or 0.0 for points in (calls, wall, wall[-2:], cpu[-2:])]
    said = f"calls: {fit.words(slopes[0])}; time: {fit.words(max(slopes[2:]))}"
    sizes = ", ".join(f"{n:,}" for n, _ in calls)
    return _line(what, _link(link), sizes, *(f"{k:.2f}" for k in slopes), said)


def _memory(bench: Bench) -> Iterator[str]:
    sizes: dict[int, float] = {}
    for row in bench.free.rows:
        if row.case[0] == UNCHANGED and row.run is not None:
            sizes[row.case[1]] = max(sizes.get(row.case[1], 0.0), row.run.memory)
    if len(sizes) >= 2:
        least, most = min(sizes), max(sizes)
        each = (sizes[most] - sizes[least]) / (most - least) * 1000
        told = ", ".join(f"{size:.0f} MiB for {n:,} + {n:,}" for n, size in sorted(sizes.items()))
        yield f"Memory of an unchanged plan: {told}; {each:.1f} MiB for each further 1,000 + 1,000."


def _naive(bench: Bench) -> Iterator[str]:
    count = bench.compared
    yield "## Against the naive way"
    yield ""
    yield (
        "A Describe and a Get for each, one after the other, in boto3: it reads every value."
        f" Measured on {count} of each, and **extrapolated** from there: start-up once,"
        " the rest as often as N asks for, since it is a plain loop."
    )
    yield ""
    yield from _header("N", "link", "naive (s)", "its calls", "plan (s)", "its calls", "times")
    for row in sorted(bench.free.rows, key=_order):
        what, size, link = row.case
        if what != UNCHANGED or row.run is None or link not in bench.naive:
            continue
        run, calls = bench.naive[link]
        wall = bench.naive_start + (run.wall - bench.naive_start) * size / count
        yield _line(
            f"{size:,}",
            _link(link),
            f"{wall:,.1f}",
            f"{calls.total() * size // count:,}",
            f"{row.run.wall:.2f}",
            f"{row.calls.total():,}",
            f"{wall / row.run.wall:.0f}",
        )


def _against(bench: Bench) -> Iterator[str]:
    count = bench.compared
    yield "## Against Ansible"
    yield ""
    if not bench.against:
        yield "Left out: there was no time."
        return
    yield (
        f"{count} secrets and {count} parameters that are as declared, over 20 ms, on one server,"
        " one after the other. Ansible with `community.aws.secretsmanager_secret` and"
        " `community.aws.ssm_parameter`, looping within two tasks; neither wrote anything."
    )
    yield ""
    yield from _header("", "wall (s)", "processor (s)", "calls", "in all")
    for name, run, calls in bench.against:
        yield _line(name, f"{run.wall:.2f}", f"{run.cpu:.2f}", _told(calls), f"{calls.total():,}")
    if len(bench.against) == 2:
        (_, ours, our_calls), (_, theirs, their_calls) = bench.against
        yield ""
        yield (
            f"Ansible takes {theirs.wall / ours.wall:.0f} times as long and"
            f" {their_calls.total() / our_calls.total():.0f} times as many calls, and reads every"
            " value."
        )


def _many(bench: Bench) -> Iterator[str]:
    yield _MANY
    yield ""
    fleet = bench.fleet
    if fleet is None or fleet.single is None:
        yield "Left out: there was no time."
        return
    most, one = max(fleet.together), fleet.single
    yield (
        f"`reconciler drift` of environments with {EACH} secrets and {EACH} parameters each, in one"
        f" repository and one account, over {_link(LINK)} a call, eight side by side; nothing"
        f" differs. Load average {fleet.load[0]:.1f} before, {fleet.load[1]:.1f} at the end, on"
        f" {os.cpu_count()} processors, this benchmark's own included. *One after the other* is"
        f" the median of {fleet.sample} single runs, **multiplied**."
    )
    yield ""
    yield from _header(
        "environments",
        *("wall (s)", "processor (s)", "memory (MiB)"),
        *("one after the other: wall (s)", "times", "processor (s)", "times"),
    )
    rest = ("", "", "", "")
    yield _line("1", f"{one.wall:.2f}", f"{one.cpu:.2f}", f"{one.memory:.0f}", *rest)
    for size, run in sorted(fleet.together.items()):
        wall, cpu = one.wall * size, one.cpu * size
        yield _line(
            str(size),
            *(f"{run.wall:.2f}", f"{run.cpu:.2f}", f"{run.memory:.0f}"),
            *(f"{wall:.1f}", f"{wall / run.wall:.1f}", f"{cpu:.1f}", f"{cpu / run.cpu:.1f}"),
        )
    if fleet.plan is not None:
        yield ""
        yield (
            f"`reconciler plan` of the {most}, whose plans are kept until the end:"
            f" {fleet.plan.wall:.2f}"
            f" s, {fleet.plan.cpu:.2f} s of processor, {fleet.plan.memory:.0f} MiB."
        )
    if fleet.completion is not None and fleet.nothing is not None:
        did, nothing = fleet.completion, fleet.nothing
        yield ""
        yield (
            f"Completing a name among {most} environments takes {did.wall:.3f} s and"
            f" {did.cpu:.3f} s of processor, a Python that does nothing {nothing.wall:.3f} s and"
            f" {nothing.cpu:.3f} s: {(did.wall - nothing.wall) * 1000:.0f} ms of work,"
            f" {(did.cpu - nothing.cpu) * 1000:.0f} ms of it of the processor."
        )


def _header(*names: str) -> Iterator[str]:
    yield _line(*names)
    yield "|" + "---|" * len(names)


def _line(*cells: str) -> str:
    return "| " + " | ".join(cells) + " |"


def _link(seconds: float) -> str:
    return f"{seconds * 1000:.0f} ms"


def _told(calls: Mapping[str, int]) -> str:
    return ", ".join(f"{n:,} {name}" for name, n in sorted(calls.items()))


def _order(row: Row) -> tuple[int, str, int, float]:
    what, count, link = row.case
    known = list(promised.PROMISED)
    return (known.index(what) if what in known else len(known), what, count, link)
