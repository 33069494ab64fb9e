"""The time and the memory that it takes to write a long list into an Excel workbook.

Claim: 100,000 RFIs of 1.8 KB each go into a workbook in at most a third of the time of pandas with openpyxl, in less than 250 MB
of memory. The file has every row once.

The usual script requests 100 rows a page with `requests`, flattens the rows with `pandas.json_normalize`, and writes them with
`DataFrame.to_excel`. Each of the two is a process of its own, whose whole life is measured, the start of Python and all
imports included; another process reads our file.
"""

from __future__ import annotations

import argparse
import sys
import tempfile
from pathlib import Path

from measuring import Claims, megabytes, ours, print_table, print_title
from rows_contestants import FIRST_ID, pages, table
from rows_server import running
from telling import tell

ROWS = 100_000
"""Rows of the list."""

SHARE = 1 / 3
"""Our time as a part of the usual script's: the claim."""

LIMIT = 250e6
"""Bytes of memory: the claim."""


def write(url: str, path: str) -> None:
    table(url).to_excel(path)
    tell()


def write_usual(url: str, path: str) -> None:
    import pandas

    rows = pandas.json_normalize([row for page in pages(url) for row in page])
    rows.to_excel(path, index=False, engine="openpyxl")
    tell()


def read(path: str) -> None:
    import openpyxl

    book = openpyxl.load_workbook(path, read_only=True)
    first = next(sheet for sheet in book)
    numbers = [row[0] - FIRST_ID for row in first.iter_rows(min_row=2, max_col=1, values_only=True)]
    book.close()
    tell(rows=len(numbers), distinct=len({*numbers}), first=min(numbers), last=max(numbers))


def main() -> int:
    """Measure, print, and return 0 if the claim holds."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    parser.add_argument("--rows", type=int, default=ROWS)
    parser.add_argument("--quick", action="store_true", help="a tenth of the rows")
    wanted = parser.parse_args()
    count = wanted.rows // 10 if wanted.quick else wanted.rows
    lines, runs = [], []
    with tempfile.TemporaryDirectory() as folder, running(count) as (url, size):
        for name, contestant in (("to_excel()", "write"), ("pandas and openpyxl", "write_usual")):
            path = f"{folder}/{contestant}.xlsx"
            one = ours(__file__, contestant, url, path)
            runs.append(one)
            taken = f"{one.seconds / runs[0].seconds:.1f} times"
            file = megabytes(Path(path).stat().st_size)
            lines.append([name, f"{one.seconds:.1f} s", taken, megabytes(one.peak), file])
        told = ours(__file__, "read", f"{folder}/write.xlsx").told
    if (told["rows"], told["distinct"], told["first"], told["last"]) != (count, count, 0, count - 1):
        raise AssertionError(f"not each row once: {told}")
    print_title(f"{count:,} RFIs of {size:,} bytes into an Excel workbook")
    print_table(["", "time", "of ours", "peak memory", "file"], lines)
    mine, usual = runs
    claims = Claims()
    share = mine.seconds / usual.seconds
    claims.check(
        "at most a third of the time of pandas and openpyxl",
        f"{share:.0%}",
        mine.seconds <= SHARE * usual.seconds,
    )
    claims.check(f"less than {megabytes(LIMIT)} of memory", megabytes(mine.peak), mine.peak < LIMIT)
    return claims.status


CONTESTANTS = {one.__name__: one for one in (write, write_usual, read)}


if __name__ == "__main__":
    if sys.argv[1:2] and sys.argv[1] in CONTESTANTS:
        CONTESTANTS[sys.argv[1]](*sys.argv[2:])
    else:
        sys.exit(main())
