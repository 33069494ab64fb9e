"""Draws `docs/demo.md` from the demo's oddities, so that it says what `--odd` takes.

.venv/bin/python -m tools.demo_page            draw it
.venv/bin/python -m tools.demo_page --check    only say whether it is as it would be drawn
"""

from __future__ import annotations

import sys
from pathlib import Path

from procore_jupyter.demo.oddities import ODDITIES

PAGE = Path(__file__).resolve().parent.parent / "docs/demo.md"

_LEFT_OUT = ", ".join(f"`{one.name}`" for one in ODDITIES if one.shuts_out)

HEAD = f"""\
# The demo

<!-- Drawn from procore_jupyter/demo/oddities.py: change it there, then run  python -m tools.demo_page -->

`procore-jupyter demo` starts JupyterLab with a quick start, and beside it a stand-in for Procore with invented people and
projects, on your own computer. No Procore account is needed, and Procore is not contacted. `procore-jupyter demo --help`
lists its options; from a checkout, `make demo DEMO_ARGS="--odd no-total"` passes them on.

The stand-in answers as Procore's documents say, and where others have seen Procore answer otherwise, as they have seen it:
100 rows a page at most below a row of another list and in version 2, 1,000 elsewhere; no daily logs of days to come;
logs that are not yet approved only if `status` asks for them, where the tables' notes say so.

## What you make is kept

Your notebooks, and the files that you write, are in the folder `procore-demo` among your documents; where there is no folder for
documents, it is `procore-demo` among the package's own data. The demo names it when it starts, and comes back to it the next time.
`--fresh` begins with a new folder, and from then on the demo opens that one; the old one stays.

The notebooks that come with the demo are put there. One whose cells you have changed is never written over: if there is a new version
of it, that one stands beside yours, as `01-connect-2.ipynb`, and the demo says so. The stand-in's records are the same on every run.

Jupyter Notebook 7, if it is installed, is served too, from the same folder: the demo prints its address. `make demo` installs it.

## As odd as the real thing

With `--odd` it differs in further ways: those that somebody has seen Procore in, and those in which what this package knows of
Procore may be wrong. `--odd no-total,small-reset` switches two of them on, `--odd all` all but {_LEFT_OUT}, with which
nobody gets in. A notebook should have the same rows then, or say what is missing and why.

| `--odd` | what the stand-in does | seen |
|---|---|---|"""


def page() -> str:
    """Return the whole page."""
    lines = [f"| `{one.name}` | {one.sentence} | {one.seen} |" for one in ODDITIES]
    return "\n".join([HEAD, *lines]) + "\n"


def main(arguments: list[str]) -> int:
    """Draw the page, or say that it is not as it would be drawn."""
    if "--check" not in arguments:
        PAGE.write_text(page(), encoding="utf-8", newline="\n")
    elif PAGE.read_text(encoding="utf-8") != page():
        print("docs/demo.md is not as it would be drawn: run  python -m tools.demo_page")
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
