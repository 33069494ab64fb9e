"""What an error answer says, as one short line, whatever the shape of its body.

Procore's errors come in many shapes: ``{"errors": "text"}``, a list, fields with lists, ``{"error":
{"code", "message", "details"}}``, ``{"error", "reason"}``, ``{"message", "exception"}``, plain text and HTML; those of
storages are XML. A line shows the beginning of such an error, without anything that looks like a token.
"""

from __future__ import annotations

import html
import json
import re
from collections.abc import Iterator
from typing import Any

import requests

from procore_jupyter.session.bodies import read_beginning
from procore_jupyter.wording import one_line

LONGEST = 300
"""Characters shown of what Procore said."""

_READ = 64 * 1024
"""Bytes of an error's body that are read."""

_READ_OF_PAGE = 4_000
"""Characters of an HTML page that are read: taking the tags out of a hostile page costs the square of its length."""

_DEEPEST = 7
"""Levels of an error's JSON that are read."""

_WIDEST = 20
"""Items of each list and object in an error's JSON that are read."""

_SECRETS = re.compile(r"(?i)\b(bearer\s+)[^\s\"',]+|\beyJ[\w.~+/=-]{10,}|[A-Za-z0-9_~+/-]{40,}={0,2}")
_TITLE = re.compile(r"(?is)<(title|h1)\b[^>]*>(.*?)</\1>")
_OF_A_STORAGE = re.compile(r"<(Code|Message|Details|AuthenticationErrorDetail)>([^<]*)</\1>")
_HIDDEN = re.compile(r"(?is)<(script|style|head)\b.*?</\1>|<!--.*?-->")
_TAG = re.compile(r"(?s)<[^>]*>")


def said_by(response: requests.Response) -> str:
    """Return what an error answer says, as one short line; empty if it says nothing."""
    text = beginning(response)
    try:
        return said_in(json.loads(text))
    except (ValueError, RecursionError):
        return clean(_plain(text), LONGEST)


def beginning(response: requests.Response) -> str:
    """Return the beginning of a body as text."""
    try:
        read_beginning(response, _READ)
        body = bytes(response.content[:_READ])
    except Exception:  # a body that breaks off takes nothing away from the status
        return ""
    return body.decode("utf-8", errors="replace").strip()


def said_in(found: Any) -> str:
    """Return what an error's JSON says, as one short line."""
    parts: list[str] = []
    for part in _sentences(found):
        if part not in parts:
            parts.append(part)
        if sum(map(len, parts)) > LONGEST:
            break
    return clean("; ".join(parts), LONGEST)


def _sentences(found: Any, depth: int = 0, under: str = "") -> Iterator[str]:
    """Yield the sentences in an error body of any shape.

    Parameters
    ----------
    found : object
        What JSON gave.
    depth : int
        Levels above it.
    under : str
        The field that the sentences are about.
    """
    if depth > _DEEPEST:
        return
    if isinstance(found, str):
        text = found.strip()
        if text:
            yield f"{under}: {text}" if under else text
    elif isinstance(found, list):
        for item in found[:_WIDEST]:
            yield from _sentences(item, depth + 1, under)
    elif isinstance(found, dict):
        known = [
            name
            for name in ("errors", "error", "message", "reason", "error_description", "details")
            if name in found
        ]
        if known:
            for name in known:
                # OAuth's errors have a code word beside the sentence: the sentence is enough.
                if name == "error" and isinstance(found[name], str) and "error_description" in found:
                    continue
                yield from _sentences(found[name], depth + 1, under)
        elif depth:
            # {"errors": {"name": ["can't be blank"]}}: each sentence after the name of its field.
            for name, value in list(found.items())[:_WIDEST]:
                if name not in ("code", "reason_code", "source"):
                    yield from _sentences(value, depth + 1, "" if name == "base" else str(name))


def _plain(text: str) -> str:
    """Return what a storage's XML or an HTML page says (its title or first heading), or the text itself."""
    if "<" not in text[:1000]:
        return text
    text = text[:_READ_OF_PAGE]
    if parts := _OF_A_STORAGE.findall(text):
        return html.unescape("; ".join(part for _, part in parts))
    title = _TITLE.search(text)
    return html.unescape(_TAG.sub(" ", title[2] if title else _HIDDEN.sub(" ", text)))


def clean(text: str, longest: int) -> str:
    """Return a text as one line of at most `longest` characters, with what looks like a token masked."""
    line = one_line(text, longest * 20)
    return one_line(_SECRETS.sub(lambda found: (found[1] or "") + "***", line), longest)
