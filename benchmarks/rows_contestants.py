"""The contestants of `rows`: the usual script, other clients and ours, each in a process of its own.

Each imports what it needs, and this file imports nothing for them: that would be measured with all of them.
"""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator
from typing import Any

from telling import tell

LIST = "/rest/v1.0/projects/4711/rfis"
COMPANY, PROJECT = 1234, 4711
USUAL, LARGEST = 100, 2000
"""Rows a page, if the request names no number; and at most."""

AT_A_TIME = 1000
"""Values of a column that are looked at together."""

FIRST_ID = 562_949_953_421_312
"""The first row's id, as large as Procore's newer ones; the other ids follow it."""


def found(ids: Any, states: Any) -> None:
    """Tell which rows came. It takes next to no memory: what is measured is how they came."""
    rows, total, opened, seen = 0, 0, 0, bytearray()
    for id_, state in zip(values(ids), values(states), strict=True):
        number = id_ - FIRST_ID
        rows, total, opened = rows + 1, total + number, opened + (state == "open")
        seen.extend(bytes(max(0, number + 1 - len(seen))))
        seen[number] = 1
    tell(rows=rows, distinct=sum(seen), sum=total, open=opened)


def values(column: Any) -> Iterator[Any]:
    """Give the values of a list, a series or an Arrow column, some at a time."""
    for start in range(0, len(column), AT_A_TIME):
        part = column[start : start + AT_A_TIME]
        if not isinstance(part, list):
            part = part.tolist() if hasattr(part, "tolist") else part.to_pylist()
        yield from part


def pages(url: str) -> Iterator[list[dict[str, Any]]]:
    """Request page after page, as most scripts do."""
    import requests

    session = requests.Session()
    session.headers["Authorization"] = "Bearer any"
    following = f"{url}{LIST}?per_page={USUAL}"
    while following:
        response = session.get(following, timeout=60)
        response.raise_for_status()
        yield response.json()
        following = response.links.get("next", {}).get("url", "")


def script_by_page(url: str) -> None:
    import pandas

    rows = pandas.concat([pandas.json_normalize(page) for page in pages(url)], ignore_index=True)
    found(rows["id"], rows["status"])


def script_at_once(url: str) -> None:
    import pandas

    rows = pandas.json_normalize([row for page in pages(url) for row in page])
    found(rows["id"], rows["status"])


def script_idle(url: str) -> None:
    import pandas
    import requests

    tell(imported=[pandas.__name__, requests.__name__])


def table(url: str) -> Any:
    import procore_jupyter

    procore = procore_jupyter.connect(
        f"InitiateOAuth=OFF;OAuthAccessToken=any;LoginURL={url};APIURL={url};CompanyId={COMPANY};PageSize={LARGEST}"
    )
    return procore.table("rfis", project_id=PROJECT)


def to_arrow(url: str) -> None:
    rows = table(url).to_arrow()
    found(rows["id"], rows["status"])


def to_pandas(url: str) -> None:
    rows = table(url).to_pandas()
    found(rows["id"], rows["status"])


def to_parquet(url: str, path: str) -> None:
    table(url).to_parquet(path)
    tell()


def in_parquet(url: str, path: str) -> None:
    import pyarrow.parquet

    rows = pyarrow.parquet.read_table(path, columns=["id", "status"])
    found(rows["id"], rows["status"])


def arrow_idle(url: str) -> None:
    import pyarrow.compute
    import pyarrow.json

    import procore_jupyter.tables.library

    table(url)
    tell(imported=[pyarrow.json.__name__, procore_jupyter.tables.library.__name__])


def pandas_idle(url: str) -> None:
    import pandas

    assert pandas
    arrow_idle(url)


def parquet_idle(url: str) -> None:
    import pyarrow.parquet

    assert pyarrow.parquet
    arrow_idle(url)


def propycore(url: str, *size: str) -> None:
    from ProPyCore.procore import Procore  # type: ignore[import-not-found]

    procore = Procore("any", "any", "", url, url)
    sizes = {"per_page": int(size[0])} if size else {}
    rows = procore.rfis.get(company_id=COMPANY, project_id=PROJECT, **sizes)
    found([row["id"] for row in rows], [row["status"] for row in rows])


def pyprocore(url: str, *size: str) -> None:
    import os

    os.environ |= {
        "PROCORE_CLIENT_ID": "any",
        "PROCORE_CLIENT_SECRET": "any",
        "PROCORE_LOGIN_URL": url,
        "PROCORE_API_BASE": url,
        "PROCORE_COMPANY_ID": str(COMPANY),
        "PROCORE_AUTH_MODE": "client_credentials",
        "PROCORE_TOKEN_STORE_BACKEND": "memory",
    }
    from pyprocore import Procore  # type: ignore[import-not-found]

    sizes = {"per_page": int(size[0])} if size else {}
    rows = Procore().rfis.list(project_id=PROJECT, **sizes)
    found([row.id for row in rows], [row.status for row in rows])


CONTESTANTS: dict[str, Callable[..., None]] = {
    one.__name__: one
    for one in (
        script_by_page,
        script_at_once,
        script_idle,
        to_arrow,
        to_pandas,
        to_parquet,
        in_parquet,
        arrow_idle,
        pandas_idle,
        parquet_idle,
        propycore,
        pyprocore,
    )
}


if __name__ == "__main__":
    CONTESTANTS[sys.argv[1]](*sys.argv[2:])
