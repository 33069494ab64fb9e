"""The time and the memory that a table's rows take.

Claims: 100,000 RFIs of 1.8 KB come in at most a quarter of the time of the usual script, in at most 60 % of its memory,
and go into a Parquet file in at most 25 % of it. If each answer takes 100 ms, as over the Internet, they come at least 15
times as fast, and at least 5 times as fast as from the other clients for Procore on PyPI, called as they document it.

The usual script requests 100 rows a page with `requests`, as long as a ``Link`` leads to a next page, and flattens the
rows with `pandas.json_normalize`: page by page, or all at once after the last. Both are measured, and each claim is held
against the better one. All contestants ask the same server, which is a process of its own. Each contestant is a process of
its own too, and its whole life is measured, the start of Python and all imports included. The memory of an idle process
with the same imports stands beside it, and is not subtracted. All must get the same rows.

The other clients are installed from PyPI into environments of their own. They return lists of records and no table; the
step to a table is not measured for them. They are measured as well with the server's largest page, which their
documentation doesn't mention.
"""

from __future__ import annotations

import argparse
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Iterable
from pathlib import Path
from typing import Any

from measuring import Claims, Run, median, megabytes, ours, print_table, print_title, run
from rows_contestants import LARGEST
from rows_server import running

CONTESTANTS = str(Path(__file__).with_name("rows_contestants.py"))
ROWS = 100_000
"""Rows from the server on this machine."""

ROUNDS = 3
"""Runs of each contestant there."""

FAR_ROWS = 30_000
"""Rows from a server that takes its time."""

FAR_LATENCY = 0.100
"""Seconds that each of its answers takes."""

FIGURES = {"time": 1 / 4, "memory": 0.60, "streamed": 0.25, "far": 15, "clients": 5}
"""The claims: parts of the script's time and memory; times as fast as the script, and as the other clients."""

OTHERS = {"ProPyCore": ("ProPyCore", (3, 11)), "pyprocore": ("pyprocore", (3, 12))}
"""Other clients: each one's package, and the oldest Python that it supports."""


# What is measured


def near(claims: Claims, count: int, rounds: int, folder: str) -> None:
    """Measure time and memory with a server that answers at once."""
    names = [
        "script_by_page",
        "script_at_once",
        "script_idle",
        "to_arrow",
        "to_pandas",
        "to_parquet",
        "arrow_idle",
        "pandas_idle",
        "parquet_idle",
    ]
    file = f"{folder}/rfis.parquet"
    runs: dict[str, list[Run]] = {name: [] for name in names}
    with running(count) as (url, size):
        for _ in range(rounds):
            for name in names:
                runs[name].append(ours(CONTESTANTS, name, url, *([file] if name == "to_parquet" else [])))
        written = ours(CONTESTANTS, "in_parquet", url, file).told
    took = {name: median(found) for name, found in runs.items()}
    same(
        count, [took["script_by_page"], took["script_at_once"], took["to_arrow"], took["to_pandas"]], written
    )
    seconds = min(took[name].seconds for name in names[:2])
    peak = min(took[name].peak for name in names[:2])
    print_title(f"{count:,} RFIs of {size:,} bytes, from a server on this machine (medians of {rounds})")

    def line(words: str, name: str, idle: str) -> list[str]:
        one = took[name]
        return [
            words,
            f"{one.seconds:.1f} s",
            f"1/{seconds / one.seconds:.1f}",
            f"{one.cpu:.1f} s",
            megabytes(one.peak),
            f"{one.peak / peak:.0%}",
            megabytes(took[idle].peak),
        ]

    print_table(
        ["", "time", "of theirs", "processor", "peak memory", "of theirs", "idle, imported"],
        [
            line("requests and json_normalize, page by page", "script_by_page", "script_idle"),
            line("requests and json_normalize, at the end", "script_at_once", "script_idle"),
            line("ours, to_arrow()", "to_arrow", "arrow_idle"),
            line("ours, to_pandas()", "to_pandas", "pandas_idle"),
            line("ours, to_parquet()", "to_parquet", "parquet_idle"),
        ],
    )
    slowest = max(took[name].seconds for name in ("to_arrow", "to_pandas", "to_parquet")) / seconds
    claims.check(
        f"at most {FIGURES['time']:.0%} of the script's time", f"{slowest:.0%}", slowest <= FIGURES["time"]
    )
    largest = max(took[name].peak for name in ("to_arrow", "to_pandas")) / peak
    claims.check(
        f"at most {FIGURES['memory']:.0%} of its memory", f"{largest:.0%}", largest <= FIGURES["memory"]
    )
    streamed = took["to_parquet"].peak / peak
    claims.check(
        f"at most {FIGURES['streamed']:.0%} of its memory to Parquet",
        f"{streamed:.0%}",
        streamed <= FIGURES["streamed"],
    )


def far(claims: Claims, count: int, folder: str) -> None:
    """Measure the time, beside other clients, with a server whose answers take a while."""
    pythons = {name: installed(name, folder) for name in OTHERS}
    rows: list[tuple[str, Run]] = []
    others: list[Run] = []
    with running(count, latency=FAR_LATENCY) as (url, size):
        for words, name in (
            ("requests and json_normalize, page by page", "script_by_page"),
            ("ours, to_arrow()", "to_arrow"),
            ("ours, to_pandas()", "to_pandas"),
        ):
            rows.append((words, ours(CONTESTANTS, name, url)))
        for name, python in pythons.items():
            if python is None:
                continue
            call = {"ProPyCore": "rfis.get()", "pyprocore": "rfis.list()"}[name]
            for more in ([], [str(LARGEST)]):
                one = run(python, CONTESTANTS, name.lower(), url, *more, folder=folder)
                words = f"{name} {version(python, name)}, {call}"
                rows.append((f"{words} with per_page={LARGEST}" if more else words, one))
                if not more:
                    others.append(one)
    same(count, [one for _, one in rows])
    print_title(
        f"{count:,} RFIs of {size:,} bytes, each answer after {FAR_LATENCY * 1000:.0f} ms (one run each)"
    )
    mine = max(one.seconds for words, one in rows if words.startswith("ours"))
    print_table(
        ["", "time", "beside our slower"],
        [[words, f"{one.seconds:.1f} s", f"{one.seconds / mine:.1f} times"] for words, one in rows],
    )
    times = rows[0][1].seconds / mine
    claims.check(
        f"at least {FIGURES['far']} times as fast as the script", f"{times:.1f}", times >= FIGURES["far"]
    )
    if others:
        times = min(one.seconds for one in others) / mine
        claims.check(
            f"at least {FIGURES['clients']} times as fast as the other clients, called as they document it",
            f"{times:.1f}",
            times >= FIGURES["clients"],
        )


def same(count: int, runs: Iterable[Run], *others: dict[str, Any]) -> None:
    """Raise AssertionError unless all got the same rows, each once."""
    told = [*(one.told for one in runs), *others]
    if any(one != told[0] for one in told) or (told[0]["rows"], told[0]["distinct"]) != (count, count):
        raise AssertionError(f"not the same {count:,} rows: {told}")


def installed(name: str, folder: str) -> str | None:
    """Return a Python with another client installed; None, after printing why, if there can't be one."""
    package, oldest = OTHERS[name]
    for python in pythons(oldest):
        place = Path(folder, name)
        made = subprocess.run(
            [python, "-m", "venv", "--clear", str(place)], capture_output=True, text=True, check=False
        )
        if made.returncode:
            continue
        inside = str(place / "bin" / "python")
        got = subprocess.run(
            [inside, "-m", "pip", "install", "--quiet", package], capture_output=True, text=True, check=False
        )
        if not got.returncode:
            return inside
        print(f"  {name} can't be installed: {(got.stderr.strip().splitlines() or ['?'])[-1]}")
        return None
    print(
        f"  {name} is left out: it needs Python {'.'.join(map(str, oldest))} or newer, and there is none here"
    )
    return None


def pythons(oldest: tuple[int, int]) -> list[str]:
    """Return the Pythons of this machine that are new enough: this one, those on the path, and pyenv's."""
    names = [sys.executable, *(shutil.which(f"python3.{minor}") or "" for minor in range(oldest[1], 16))]
    names += [*map(str, sorted(Path.home().glob(".pyenv/versions/*/bin/python3")))]
    good = []
    for name in dict.fromkeys(filter(None, names)):
        asked = subprocess.run(
            [name, "-c", "import sys; print(*sys.version_info[:2])"],
            capture_output=True,
            text=True,
            check=False,
        )
        if not asked.returncode and tuple(map(int, asked.stdout.split())) >= oldest:
            good.append(name)
    return good


def version(python: str, name: str) -> str:
    """Return the version of an installed client."""
    code = f"import importlib.metadata as m; print(m.version({OTHERS[name][0]!r}))"
    return subprocess.run([python, "-c", code], capture_output=True, text=True, check=True).stdout.strip()


def main() -> int:
    """Measure, print, and return 0 if all claims hold."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    parser.add_argument("--rows", type=int, default=ROWS)
    parser.add_argument("--far-rows", type=int, default=FAR_ROWS, help="rows where answers take a while")
    parser.add_argument("--rounds", type=int, default=ROUNDS)
    parser.add_argument("--quick", action="store_true", help="a tenth of the rows, once: claims may not hold")
    wanted = parser.parse_args()
    if wanted.quick:
        wanted.rows, wanted.far_rows, wanted.rounds = wanted.rows // 10, wanted.far_rows // 10, 1
    claims = Claims()
    with tempfile.TemporaryDirectory() as folder:
        near(claims, wanted.rows, wanted.rounds, folder)
        far(claims, wanted.far_rows, folder)
    return claims.status


if __name__ == "__main__":
    sys.exit(main())
