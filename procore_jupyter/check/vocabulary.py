"""Words that are Procore's or ours, and nobody's data: what a report may repeat of what came.

A name or a text is let through word by word, and only words that are known are. What isn't known is counted or left out:
names of people, projects and companies, whatever they look like.
"""

from __future__ import annotations

import functools
import re
from collections.abc import Iterable, Iterator

from procore_jupyter.profiles import built_in_tables
from procore_jupyter.wording import counted, one_line

LONGEST = 200
"""Characters of a text that are repeated."""

SIZES = frozenset(
    [
        "0",
        "1",
        "5",
        "10",
        "20",
        "25",
        "50",
        "90",
        "91",
        "100",
        "150",
        "200",
        "250",
        "300",
        "400",
        "401",
        "403",
        "404",
        "409",
        "410",
        "422",
        "429",
        "500",
        "502",
        "503",
        "504",
        "1000",
        "2000",
        "3600",
    ]
)
"""Numbers that are repeated: sizes of pages, statuses, limits."""

_SENTENCES = """
a about above access action allowed already an and another any app are array at available bad be been before below between blank body
but by call can cannot company companies connected connection contain could current date day days denied deprecated details did do
does end ended enabled endpoint error errors exceed exceeding exceeds expired fail failed field fields filter filters for forbidden
format found from gateway given gone greater had has have header headers hour id ids in inactive include installed internal into invalid is
it item items json key large larger least less limit list longer many matching max maximum may maximal me message minimum missing more most
must name need needs no non not null number of on once one only open or order out page pages paginated pagination parameter parameters
param params past per perform permission permissions permitted please procore project projects query range reached record records refused
remaining request requested requests require required resource resources response retry row rows running same server service sign size
some start string such supported surpassed temporarily than that the their there these this time timed timeout to token too tool tools
try type unauthorized unavailable under unexpected unknown unpermitted unprocessable until unsupported up use used user users valid validation value
values version view views wait was were what when where which will window with within without wrong you your
"""

_WORD = re.compile(r"[A-Za-z]+|\d+")
_API_NAME = re.compile(r"[a-z][a-z0-9_]*", re.ASCII)
_QUOTED = re.compile(r"\"[^\"]*\"|'[^']*'|“[^”]*”|`[^`]*`|«[^»]*»")
_CUSTOM = re.compile(r"custom_field_\d+")


_HEADERS = frozenset(
    [
        "accept-ranges",
        "access-control-allow-origin",
        "access-control-expose-headers",
        "age",
        "alt-svc",
        "cache-control",
        "cf-cache-status",
        "cf-ray",
        "connection",
        "content-disposition",
        "content-encoding",
        "content-language",
        "content-length",
        "content-security-policy",
        "content-type",
        "current-page",
        "date",
        "etag",
        "expires",
        "keep-alive",
        "last-modified",
        "link",
        "location",
        "per-page",
        "pragma",
        "referrer-policy",
        "retry-after",
        "server",
        "server-timing",
        "set-cookie",
        "status",
        "strict-transport-security",
        "total",
        "transfer-encoding",
        "vary",
        "via",
        "www-authenticate",
        "x-cache",
        "x-content-type-options",
        "x-download-options",
        "x-frame-options",
        "x-permitted-cross-domain-policies",
        "x-powered-by",
        "x-rate-limit-limit",
        "x-rate-limit-remaining",
        "x-rate-limit-reset",
        "x-request-id",
        "x-runtime",
        "x-xss-protection",
    ]
)


def known_headers(names: Iterable[str]) -> tuple[list[str], int]:
    """Return those of some headers' names, as they are written, that many servers send, and how many others there are."""
    every = dict.fromkeys(names)
    known = [name for name in every if name.lower() in _HEADERS]
    return known, len(every) - len(known)


@functools.cache
def words() -> frozenset[str]:
    """Return all known words, in small letters."""
    tables, records = built_in_tables.described()
    texts = [_SENTENCES, *tables, *records]
    for table in (*tables.values(), *records.values()):
        texts += _names_in(table)
    for line in built_in_tables.long_tail():
        texts += [line["name"], line["path"], *line.get("filters", {})]
    found = {word.lower() for text in texts for word in re.findall(r"[A-Za-z]+", text)}
    return frozenset(word for word in found if len(word) > 1 or word == "a")


def cleaned(text: str) -> str:
    """Return a sentence of Procore's with nothing in it but known words; ``…`` stands for the others, and for all that is quoted."""
    text = _QUOTED.sub(" … ", one_line(text, LONGEST))

    def known(found: re.Match[str]) -> str:
        word = found[0]
        return word if word.lower() in words() or word in SIZES else "…"

    # Letters of other scripts, and marks that no sentence of Procore's needs, aren't known either.
    marked = re.sub(r"[^\x20-\x7e…]+|[@#$%^&*+=<>|\\~]+", "…", text)
    return re.sub(r"…(?:[\s\-_.,…]*…)+", "…", " ".join(_WORD.sub(known, marked).split()))


def named(names: Iterable[str]) -> str:
    """Return those of some fields' names that are made of known words, and how many others there are."""
    known, others = [], 0
    for name in names:
        name = _CUSTOM.sub("custom_field", name)
        if (
            _API_NAME.fullmatch(name)
            and all(part in words() for part in re.findall(r"[a-z]+", name))
            and not re.search(r"\d", name)
        ):
            known.append(name)
        else:
            others += 1
    more = [f"{counted(others, 'field')} of other words"] if others else []
    return ", ".join([*dict.fromkeys(known), *more]) or "none"


def _names_in(found: object) -> Iterator[str]:
    """Give the names in a description, and not its sentences."""
    if isinstance(found, dict):
        for name, value in found.items():
            yield str(name)
            if name not in ("note", "title", "source"):
                yield from _names_in(value)
    elif isinstance(found, list):
        for one in found:
            yield from _names_in(one)
    elif isinstance(found, str):
        yield found
