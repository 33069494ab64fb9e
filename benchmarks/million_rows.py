"""The memory that it takes to write a long list into a Parquet file.

Claim: 1,000,000 and 2,000,000 RFIs of 1.8 KB each go into a file in less than 400 MB of memory, the longer list in no
more than 10 % more than the shorter one. The file has every row once.

A process of its own writes each file, and its whole life is measured; another process reads the file.
"""

from __future__ import annotations

import argparse
import sys
import tempfile
from pathlib import Path

from measuring import Claims, Run, megabytes, ours, print_table, print_title
from rows_contestants import COMPANY, FIRST_ID, PROJECT
from rows_server import running
from telling import tell

ROWS = (1_000_000, 2_000_000)
"""Rows of the two lists."""

LIMIT = 400e6
"""Bytes of memory: the claim."""

GROWTH = 1.10
"""The longer list's memory as a part of the shorter one's: the claim."""


def write(url: str, path: str) -> None:
    import procore_jupyter

    procore = procore_jupyter.connect(
        f"InitiateOAuth=OFF;OAuthAccessToken=any;LoginURL={url};APIURL={url};CompanyId={COMPANY}"
    )
    procore.table("rfis", project_id=PROJECT).to_parquet(path)
    tell()


def read(path: str) -> None:
    import numpy
    import pyarrow.parquet

    file = pyarrow.parquet.ParquetFile(path)
    ids = numpy.sort(file.read(["id"])["id"].to_numpy()) - FIRST_ID
    tell(
        rows=file.metadata.num_rows,
        distinct=int((numpy.diff(ids) > 0).sum()) + 1,
        first=int(ids[0]),
        last=int(ids[-1]),
        groups=file.metadata.num_row_groups,
    )


def main() -> int:
    """Measure, print, and return 0 if the claim holds."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    parser.add_argument("--rows", type=int, nargs="+", default=ROWS)
    parser.add_argument("--quick", action="store_true", help="a tenth of the rows")
    wanted = parser.parse_args()
    counts = [count // 10 if wanted.quick else count for count in wanted.rows]
    runs: list[Run] = []
    lines = []
    for count in counts:
        with tempfile.TemporaryDirectory() as folder:
            path = f"{folder}/rfis.parquet"
            with running(count) as (url, size):
                one = ours(__file__, "write", url, path)
            told = ours(__file__, "read", path).told
            whole = (told["rows"], told["distinct"], told["first"], told["last"])
            if whole != (count, count, 0, count - 1):
                raise AssertionError(f"not each row once: {told}")
            runs.append(one)
            lines.append(
                [
                    f"{count:,}",
                    megabytes(count * size),
                    f"{one.seconds:.0f} s",
                    megabytes(one.peak),
                    megabytes(Path(path).stat().st_size),
                    f"{told['groups']:,}",
                ]
            )
    print_title("to_parquet() of a long list")
    print_table(["rows", "JSON", "time", "peak memory", "file", "row groups"], lines)
    claims = Claims()
    peaks = [one.peak for one in runs]
    claims.check(f"less than {megabytes(LIMIT)} of memory", megabytes(max(peaks)), max(peaks) < LIMIT)
    claims.check(
        f"no more than {GROWTH - 1:.0%} more for the longer list",
        f"{peaks[-1] / peaks[0] - 1:+.0%}",
        peaks[-1] <= GROWTH * peaks[0],
    )
    return claims.status


if __name__ == "__main__":
    if sys.argv[1:2] == ["write"]:
        write(*sys.argv[2:])
    elif sys.argv[1:2] == ["read"]:
        read(*sys.argv[2:])
    else:
        sys.exit(main())
