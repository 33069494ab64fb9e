"""Lists all texts that a person may see, as the code has them, to be read from top to bottom by fresh eyes.

.venv/bin/python -m tools.texts              print them, each with its module and line
.venv/bin/python -m tools.texts notebook     print those of the modules whose path holds the word
"""

from __future__ import annotations

import ast
import re
import sys
import tomllib
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

ROOT = Path(__file__).resolve().parent.parent
PACKAGE = ROOT / "procore_jupyter"

NOT_READ = ("demo/company", "profiles/long_tail")
"""Where texts stand that are data: what the demo's people wrote, and addresses."""

HELP = ("notebook/magics.py", "connection/procore.py", "tables/table.py", "tables/library.py")
"""Modules whose docstrings a person reads, with ``?`` behind a name."""

_SEEN = frozenset(("add_argument", "add_parser", "print", "warn", "notice", "ArgumentParser"))
_DRAWN = frozenset(("description", "tooltip", "placeholder", "help", "title"))
_WORDS = re.compile(r"[^\W\d_]{2,}[ ,.:;!?…’\"')\]}]*\s+\S*[^\W\d_]")
_LABEL = re.compile(r"[A-Z][a-z]{2,}")
_MACHINE = re.compile(r"\A\s*(?:[.#@:][\w-]+[^{}]*\{|<style|<svg|SELECT |\(\?|var\(--|[\w-]+: *[\w(-]+;)")
_SLOT = "{…}"


class Text(NamedTuple):
    """One text, and where it stands."""

    where: str
    line: int
    words: str


def in_module(source: str, where: str) -> Iterator[Text]:
    """Give the texts of a module: what it raises, prints and draws. Docstrings are none but in `HELP`, nor are patterns and styles.

    What is put into a text while the program runs is shown as ``{…}``.

    Parameters
    ----------
    source : str
        The module's source.
    where : str
        Its path, as the list names it.
    """
    tree = ast.parse(source)
    skipped = {id(node) for node in _docstrings(tree)}
    for node in ast.walk(tree):
        if (
            isinstance(node, ast.Call)
            and isinstance(node.func, ast.Attribute)
            and node.func.attr == "compile"
        ):
            skipped |= {id(one) for one in ast.walk(node)}  # a pattern
    found: list[Text] = []
    _gather(tree, where, skipped, found, seen=False)
    if where in HELP:
        found += [Text(where, line, words) for line, words in _help(tree)]
    yield from sorted(found, key=lambda text: text.line)


def _help(tree: ast.AST) -> Iterator[tuple[int, str]]:
    """Give the docstrings of what people call, with their lines."""
    for node in ast.walk(tree):
        if isinstance(node, ast.FunctionDef | ast.ClassDef) and not node.name.startswith("_"):
            words = ast.get_docstring(node)
            if words:
                yield node.lineno, words


def _docstrings(tree: ast.AST) -> Iterator[ast.AST]:
    """Give every expression that is a text alone: docstrings of modules, classes, functions and constants."""
    for node in ast.walk(tree):
        if isinstance(node, ast.Expr) and isinstance(node.value, ast.Constant):
            yield node.value


def _gather(node: ast.AST, where: str, skipped: set[int], found: list[Text], *, seen: bool) -> None:
    """Add the texts below a node. `seen` says that a person sees even a single word of them."""
    if id(node) in skipped:
        return
    words = _text_of(node)
    if words is not None:
        words = re.sub(r"[ \t]*\n[ \t]*", "\n", words).strip()
        reads = re.search(r"[^\W\d_]{2}", words.replace(_SLOT, "")) and not _MACHINE.search(words)
        if reads and (seen or _LABEL.fullmatch(words) or _WORDS.search(words.replace(_SLOT, "it"))):
            found.append(Text(where, node.lineno, words))  # type: ignore[attr-defined]
        for slot in _slots(node):
            _gather(slot, where, skipped, found, seen=seen)
        return
    seen = (
        seen
        or isinstance(node, ast.Raise)
        or (isinstance(node, ast.Call) and _name(node) in _SEEN)
        or (isinstance(node, ast.keyword) and node.arg in _DRAWN)
    )
    for child in ast.iter_child_nodes(node):
        _gather(child, where, skipped, found, seen=seen)


def _name(call: ast.Call) -> str:
    function = call.func
    return function.attr if isinstance(function, ast.Attribute) else getattr(function, "id", "")


def _text_of(node: ast.AST) -> str | None:
    """Return a literal, an f-string, or such pieces added up, as one text; None if the node is none of these."""
    if isinstance(node, ast.Constant):
        return node.value if isinstance(node.value, str) else None
    if isinstance(node, ast.JoinedStr):
        return "".join(str(one.value) if isinstance(one, ast.Constant) else _SLOT for one in node.values)
    if isinstance(node, ast.BinOp) and isinstance(node.op, ast.Add):
        left, right = _text_of(node.left), _text_of(node.right)
        if left is None and right is None:
            return None
        return (_SLOT if left is None else left) + (_SLOT if right is None else right)
    return None


def _slots(node: ast.AST) -> Iterator[ast.AST]:
    """Give the expressions that a text is filled with: they may hold texts of their own."""
    if isinstance(node, ast.JoinedStr):
        yield from (one.value for one in node.values if isinstance(one, ast.FormattedValue))
    elif isinstance(node, ast.BinOp):
        for side in (node.left, node.right):
            if _text_of(side) is None:
                yield side
            else:
                yield from _slots(side)


def in_profile(source: str, where: str) -> Iterator[Text]:
    """Give the texts of a profile: those of its values that are sentences.

    Parameters
    ----------
    source : str
        The TOML.
    where : str
        Its path, as the list names it.
    """
    lines = source.splitlines()

    def below(value: object) -> Iterator[str]:
        if isinstance(value, str):
            yield value
        elif isinstance(value, list | dict):
            for one in value.values() if isinstance(value, dict) else value:
                yield from below(one)

    for words in dict.fromkeys(below(tomllib.loads(source))):
        if _WORDS.search(words):
            start = words.split("\n")[0][:40]
            number = next((n for n, line in enumerate(lines, 1) if start in line), 0)
            yield Text(where, number, " ".join(words.split()))


def every_text(package: Path = PACKAGE) -> Iterator[Text]:
    """Give the texts of all modules and profiles."""
    for file in sorted(package.rglob("*")):
        where = file.relative_to(package).as_posix()
        if where.startswith(NOT_READ) or file.suffix not in (".py", ".toml"):
            continue
        source = file.read_text(encoding="utf-8")
        yield from (in_module if file.suffix == ".py" else in_profile)(source, where)


def main(arguments: list[str]) -> int:
    """Print the list."""
    for text in every_text():
        if not arguments or any(word in text.where for word in arguments):
            print(f"{text.where}:{text.line}: {text.words}")
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
