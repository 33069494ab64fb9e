"""Prints a benchmark's table, and whether the claim held."""

from __future__ import annotations

import platform
import statistics
from collections.abc import Sequence


def milliseconds(seconds: Sequence[float]) -> str:
    """Return the median and the range of durations as text, in milliseconds."""
    found = sorted(one * 1000 for one in seconds)
    return f"{statistics.median(found):8.2f} ms   ({found[0]:.2f} to {found[-1]:.2f}, n={len(found)})"


def show(title: str, rows: Sequence[tuple[str, str]], claim: str, held: bool) -> None:
    """Print a title, one line a row, and the claim with its outcome."""
    width = max(len(name) for name, _ in rows)
    print(f"\n{title}   [Python {platform.python_version()}, {platform.machine()}]")
    for name, value in rows:
        print(f"  {name:<{width}}  {value}")
    print(f"  {'holds' if held else 'DOES NOT HOLD'}: {claim}")
