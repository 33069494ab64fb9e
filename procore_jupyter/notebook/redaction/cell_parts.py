"""Parts a cell into connection strings, code and shell lines, and finds the secrets in each."""

from __future__ import annotations

import re
from collections.abc import Iterator

from procore_jupyter.notebook.options import CONNECT_OPTIONS, options_after, skip_options
from procore_jupyter.notebook.redaction.connection_text import references_in_string, secrets_in_part
from procore_jupyter.notebook.redaction.findings import Found, SecretSpan
from procore_jupyter.notebook.redaction.hints import HINT
from procore_jupyter.notebook.redaction.lexemes import is_spoken_of
from procore_jupyter.notebook.redaction.plain_text import named_values, secrets_by_look

# The magics that take a connection string: with percent signs, or without them at the line's start (automagic).
_MAGIC = re.compile(
    r"%%?procore_(?:connect|check)\b|^[ \t]*procore_(?:connect|check)\b(?=[ \t])", re.MULTILINE
)
_CELL_MAGIC = re.compile(r"\s*%%(?P<name>[\w!]+)(?P<line>[^\n]*)")
_LINE = re.compile(
    r"^[ \t]*(?:[\w.,*\[\]'\" ]+=[ \t]*)?(?:%(?!=)|!(?!=)|(?:set_)?env[ \t]+[A-Za-z])(?:[^\n]*\\\n)*[^\n]*",
    re.MULTILINE,
)
_SHELLS = frozenset(
    [
        "!",
        "bash",
        "cmd",
        "dash",
        "env",
        "file",
        "fish",
        "html",
        "ksh",
        "latex",
        "markdown",
        "powershell",
        "pwsh",
        "script",
        "sh",
        "ssh",
        "svg",
        "sx",
        "system",
        "writefile",
        "zsh",
    ]
)
_CODE_FILE = re.compile(r"\.(?:py|pyi|ipynb|js|ts|r|jl|rb|sql)\b", re.IGNORECASE)


def found_in_parts(cell: str) -> Found:
    """Find the secrets in a cell's raw text, and the variables whose values are secrets."""
    secrets: list[SecretSpan] = []
    names: set[str] = set()
    at = 0
    for start, end, lines in _connection_strings(cell):
        _outside(cell, at, start, secrets, names)
        secrets += secrets_in_part(cell, start, end, lines=lines)
        if not lines and (behind := _behind_options(cell, start, end)) < end:
            # A string that goes on behind an option is a mistake, and what stands there is looked through all the same.
            secrets += secrets_in_part(cell, behind, end, lines=False)
        names |= {*references_in_string(cell, start, end, lines=lines)}
        at = end
    _outside(cell, at, len(cell), secrets, names)
    if HINT.search(cell):
        secrets += secrets_by_look(cell)
    return Found(tuple(secrets), frozenset(names))


def _connection_strings(cell: str) -> Iterator[tuple[int, int, bool]]:
    """Give where connection strings stand behind the magic, and whether they are in the cell form."""
    at = read = 0
    for magic in _MAGIC.finditer(cell):
        if magic.start() < max(at, read):
            continue
        spoken_of, read = is_spoken_of(cell, read, magic.start())
        if spoken_of:
            continue
        line_start = cell.rfind("\n", 0, magic.start()) + 1
        whole_cell = magic.group().startswith("%%") and not cell[line_start : magic.start()].strip()
        at = read = len(cell) if whole_cell else _logical_line_end(cell, magic.end())
        yield skip_options(cell, magic.end(), CONNECT_OPTIONS), at, whole_cell


def _behind_options(cell: str, start: int, end: int) -> int:
    """Return where the options behind a connection string end; `end` if there are none."""
    at = start + options_after(cell[start:end], CONNECT_OPTIONS)
    return min(end, skip_options(cell, at, CONNECT_OPTIONS)) if at < end else end


def _outside(cell: str, start: int, end: int, secrets: list[SecretSpan], names: set[str]) -> None:
    """Look through a part of a cell that is no connection string."""
    if HINT.search(cell, start, end) is None:
        return
    # Late: a cell that only connects holds no code.
    from procore_jupyter.notebook.redaction.code_text import secrets_in_code

    found = secrets_in_code(cell, start, end)
    secrets += found.secrets
    names |= found.names
    for begin, stop in _shell_parts(cell, start, end):
        secrets += (
            SecretSpan(one.start, one.end, one.name)
            for one in named_values(cell, begin, stop, shell=True)
            if one.secret
        )


def _shell_parts(cell: str, start: int, end: int) -> Iterator[tuple[int, int]]:
    """Give the parts that are read by a shell, by a magic, or that become a file."""
    magic = _CELL_MAGIC.match(cell)
    code = magic is not None and magic["name"] in ("file", "writefile") and _CODE_FILE.search(magic["line"])
    if magic is not None and magic["name"] in _SHELLS and not code:
        yield start, end
        return
    for line in _LINE.finditer(cell, start, end):
        yield line.span()


def _logical_line_end(text: str, at: int) -> int:
    """Return where the line at `at` ends, including the lines that backslashes join to it."""
    while True:
        end = text.find("\n", at)
        if end < 0:
            return len(text)
        if not text[at:end].endswith("\\"):
            return end
        at = end + 1
