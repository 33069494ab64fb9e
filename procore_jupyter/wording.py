"""What a message may say of a word that a person wrote: what it may have meant, and whether it can be shown."""

from __future__ import annotations

import re
from collections.abc import Iterable

_PLAIN = re.compile(r"[A-Za-z0-9_ -]{1,40}", re.ASCII)  # what is longer is no mistyped name


def nearest(word: str, candidates: Iterable[str]) -> str | None:
    """Return the candidate that a mistyped word most likely means, None where none is near.

    Case, blanks, ``_`` and ``-`` don't count; a part of a name (``ClientId``) finds the whole.
    """
    if _PLAIN.fullmatch(word) is None:
        return None
    wanted = _bare(word)
    bare = {_bare(candidate): candidate for candidate in candidates}
    if wanted in bare:
        return bare[wanted]
    if len(wanted) < 4:
        return None
    holding = sorted((name for name in bare if wanted in name), key=len)
    if holding:
        return bare[holding[0]]
    import difflib  # 5 ms that only a mistake pays

    close = difflib.get_close_matches(wanted, bare, n=1, cutoff=0.6)
    return bare[close[0]] if close else None


def is_near_miss(word: str, candidates: Iterable[str]) -> bool:
    """Tell whether a word is a candidate but for a slip, so that showing it can't show a secret.

    A slip is at most two letters too many, missing or wrong, or a part of the candidate alone.
    """
    if _PLAIN.fullmatch(word) is None:
        return False
    wanted = _bare(word)
    if len(wanted) < 4:
        return False
    return any(wanted in name or _distance(wanted, name) <= 2 for name in map(_bare, candidates))


def shown_path(value: str) -> str:
    """Return a path as a message may show it: masked where it doesn't look like one, as it may be a secret."""
    plain = value.isprintable() and "=" not in value and ";" not in value and len(value) <= 300
    looks = re.search(r"^[~./\\]|^[A-Za-z]:[\\/]|\.(?:toml|pem|crt|cer)$", value)
    return f"'{value}'" if plain and looks else "that was given"


def is_placeholder(value: str) -> bool:
    """Tell whether a value is still an example's: ``your_client_id``, ``<your-callback-url>``."""
    return (
        re.fullmatch(
            r"<?your[_-](?:oauth[_-])?(?:client|callback|redirect|app)[_-][a-z]{2,6}>?", value, re.IGNORECASE
        )
        is not None
    )


def _bare(word: str) -> str:
    return re.sub(r"[\s_-]", "", word).casefold()


def _distance(one: str, other: str) -> int:
    """Return how many letters must be put in, left out or replaced (Levenshtein)."""
    if abs(len(one) - len(other)) > 2:
        return 3
    row = list(range(len(other) + 1))
    for i, letter in enumerate(one, 1):
        above, row = row, [i]
        for j, wanted in enumerate(other, 1):
            row.append(min(above[j] + 1, row[-1] + 1, above[j - 1] + (letter != wanted)))
    return row[-1]
