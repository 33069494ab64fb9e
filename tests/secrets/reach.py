"""What can be seen of an object: what draws it, and what draws all that it leads to."""

from __future__ import annotations

import types
from collections.abc import Callable, Iterable

from procore_jupyter.secret import Secret


def leaks(root: object, secrets: Iterable[str], *, passed_over: Iterable[str] = ()) -> list[str]:
    """Return where ``repr``, ``str`` or ``format`` of something reachable shows a secret.

    Followed: attributes (``__dict__``, slots, our own properties), containers, closures and bound methods. Not
    followed: classes, modules, and what a `Secret` keeps.

    Parameters
    ----------
    root : object
        Where to begin.
    secrets : iterable of str
        What must not be seen.
    passed_over : iterable of str
        Names of attributes not to look into.
    """
    wanted, skipped = [one for one in secrets if one], {*passed_over}
    seen: dict[int, object] = {}
    waiting: list[tuple[str, object]] = [("", root)]
    found: list[str] = []
    draw: list[Callable[[object], str]] = [repr, str, lambda one: f"{one}"]
    while waiting:
        path, one = waiting.pop()
        if id(one) in seen or isinstance(one, types.ModuleType | type):
            continue
        seen[id(one)] = one
        for how in draw:
            try:
                drawn = how(one)
            except Exception as error:
                drawn = repr(error)
            if any(secret in drawn for secret in wanted):
                found.append(f"{path or 'itself'} ({type(one).__name__})")
                break
        waiting += [(f"{path}.{name}", part) for name, part in _parts(one) if name not in skipped]
    assert len(seen) > 1
    return found


def _parts(one: object) -> Iterable[tuple[str, object]]:
    if isinstance(one, Secret | str | bytes | int | float | None):
        return
    if isinstance(one, dict):
        for key, value in list(one.items()):
            yield "key", key
            yield str(key)[:20], value
        return
    if isinstance(one, list | tuple | set | frozenset):
        for value in list(one):
            yield "item", value
        return
    yield from list(getattr(one, "__dict__", {}).items())
    for kind in type(one).__mro__:
        slots = kind.__dict__.get("__slots__", ())
        for name in (slots,) if isinstance(slots, str) else slots:
            try:
                yield name, getattr(one, name)
            except AttributeError:
                continue
        if kind.__module__.startswith("procore_jupyter"):
            for name, what in vars(kind).items():
                if isinstance(what, property):
                    try:
                        yield name, getattr(one, name)
                    except Exception as error:
                        yield name, error
    if isinstance(one, types.MethodType):
        yield "self", one.__self__
    if isinstance(one, types.FunctionType):
        for name, cell in zip(one.__code__.co_freevars, one.__closure__ or (), strict=False):
            try:
                yield name, cell.cell_contents
            except ValueError:
                continue
    if isinstance(one, BaseException):
        yield "args", one.args
        yield "cause", one.__cause__
        yield "context", one.__context__
