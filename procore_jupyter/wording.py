"""What messages are made of: the nearest known word, what may be shown of a text, a duration, a moment, a wait, a count."""

from __future__ import annotations

import math
import re
import time
from collections.abc import Iterable
from urllib.parse import urlsplit

LONGEST_NAME = 60
"""Characters shown of a name that Procore gave."""

NO_FORMULAS = "tex2jax_ignore mathjax_ignore"
"""Classes of an HTML element in which no front end of Jupyter takes what stands between two dollars for a formula."""

MOST_SLIPS = 2
"""Letters by which a mistyped word may differ from the name it means, if it is to be shown."""

ALIKE = 0.6
"""Share of the letters of two words that they have in common, from which one is suggested for the other."""

_QUOTES = frozenset(('""', "''", "``", "“”", "„“", "””", "‘’", "‚‘", "«»", "»«"))

_PLAIN = re.compile(r"[A-Za-z0-9_ -]{1,40}", re.ASCII)  # a longer word is no mistyped name


def nearest(word: str, candidates: Iterable[str]) -> str | None:
    """Return the candidate that a mistyped word most likely means, or None if no candidate is near.

    Case, blanks, ``_`` and ``-`` don't count. Part of a name (``ClientId``) finds the whole name.
    """
    if _PLAIN.fullmatch(word) is None:
        return None
    wanted = _bare(word)
    bare = {_bare(candidate): candidate for candidate in candidates}
    if wanted in bare:
        return bare[wanted]
    if len(wanted) < 4:
        return None
    holding = [name for name in bare if wanted in name]
    if holding:
        return bare[min(holding, key=len)]
    letters = sorted(wanted)  # two letters that changed places are the likeliest slip
    alike, _, name = max(
        ((_alike(wanted, name), sorted(name) == letters, name) for name in bare), default=(0.0, False, "")
    )
    return bare[name] if alike >= ALIKE else None


def is_near_miss(word: str, candidates: Iterable[str]) -> bool:
    """Tell whether a word is a candidate but for a slip, so that showing the word can't show a secret.

    At most `MOST_SLIPS` letters are wrong, missing or too many, or the word is part of the candidate.
    """
    if _PLAIN.fullmatch(word) is None:
        return False
    wanted = _bare(word)
    if len(wanted) < 4:
        return False
    return any(
        wanted in name or max(len(wanted), len(name)) - _in_common(wanted, name) <= MOST_SLIPS
        for name in map(_bare, candidates)
    )


def one_line(text: object, longest: int = LONGEST_NAME) -> str:
    """Return a text from outside as one printable line of at most `longest` characters, with an ellipsis where it is cut.

    Whatever Procore, a server or a file says passes here when it enters a message, a warning, a note or a drawing.
    Control characters, and those that turn the direction of writing, become blanks; None is an empty line.
    """
    text = "" if text is None else str(text)
    head = text[: longest * 4]
    line = " ".join("".join(c if c.isprintable() else " " for c in head).split())
    if len(line) <= longest and len(head) == len(text):
        return line
    return line[: longest - 1].rstrip() + "…"


def quoted(value: object, longest: int = LONGEST_NAME) -> str:
    """Return a value as Python writes it, on one line of at most `longest` characters."""
    return one_line(repr(value), longest)


def shown_path(value: str) -> str:
    """Return a path as a message may show it. A text that doesn't look like a path is masked: it may be a secret."""
    plain = value.isprintable() and "=" not in value and ";" not in value and len(value) <= 300
    looks = re.search(r"^[~./\\]|^[A-Za-z]:[\\/]|\.(?:toml|pem|crt|cer)$", value)
    return f"'{value}'" if plain and looks else "that was given"


def shown_host(url: str | None) -> str:
    """Return the host and port of an address as a message may show them, without user and password; empty if it has none."""
    try:
        return one_line(urlsplit(url or "").netloc.rpartition("@")[2])
    except ValueError:
        return ""


def wrapping(value: str) -> str:
    """Return what is wrong around a value, as the rest of a sentence that its name begins; empty if nothing is.

    Env files, shells, forms and files add quotes, blanks and line ends that the next program takes for a part of the value.
    """
    inside = value.strip()
    if len(inside) > 1 and inside[0] + inside[-1] in _QUOTES:
        return "is in quotes: remove them where it is set (Docker's env files keep them, a shell doesn't)"
    if inside and inside != value:
        return "has a space or a line break before or after it: remove it where it is set"
    return ""


def is_placeholder(value: str) -> bool:
    """Tell whether a value is still an example's: ``your_client_id``, ``<your-callback-url>``."""
    return (
        re.fullmatch(
            r"<?your[_-](?:oauth[_-])?(?:client|callback|redirect|app)[_-][a-z]{2,6}>?", value, re.IGNORECASE
        )
        is not None
    )


def duration(seconds: float) -> str:
    """Return a time in words: ``1 h 29 min``, ``14 min``, ``40 s``."""
    if seconds < 90:
        return f"{max(0, math.floor(seconds))} s"
    minutes = math.floor(seconds / 60)
    return f"{minutes} min" if minutes < 90 else f"{minutes // 60} h {minutes % 60} min"


def moment(when: float) -> str:
    """Return a time, in seconds since 1970, as the clock of this machine shows it: ``2026-11-29 14:05 UTC``."""
    return time.strftime("%Y-%m-%d %H:%M %Z", time.localtime(when))


def wait_line(words: str, seconds: float) -> str:
    """Return the line that tells a person of a wait and how to end it.

    Parameters
    ----------
    words : str
        What is waited for: "Procore's limit reached: resuming".
    seconds : float
        How long the wait lasts yet.
    """
    return f"{words} in {seconds:.0f} s (interrupt to stop)"


def counted(count: int, what: str) -> str:
    """Return a number with its noun: ``1 row``, ``1,200 rows``."""
    return f"{count:,} {what}{'' if count == 1 else 's'}"


def _bare(word: str) -> str:
    return re.sub(r"[\s_-]", "", word).casefold()


def _in_common(one: str, other: str) -> int:
    """Return how many letters of two words are the same, in the same order."""
    from difflib import SequenceMatcher  # 5 ms that only a mistake pays

    return sum(block.size for block in SequenceMatcher(None, one, other, False).get_matching_blocks())


def _alike(one: str, other: str) -> float:
    return 2 * _in_common(one, other) / (len(one) + len(other))
