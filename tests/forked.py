"""Work in a forked process, for tests of what parent and child share."""

from __future__ import annotations

import json
import os
import signal
from collections.abc import Callable
from typing import Any

PATIENCE = 30
"""Seconds after which a child that hangs is ended."""


def in_child(work: Callable[[], object]) -> Any:
    """Return what some work returns in a forked process, as JSON has it; fail if it doesn't end."""
    read, write = os.pipe()
    child = os.fork()
    if child == 0:
        try:
            signal.alarm(PATIENCE)
            os.write(write, json.dumps(work(), default=repr).encode())
        except BaseException as error:
            os.write(write, json.dumps(f"{type(error).__name__}: {error}").encode())
        finally:
            os._exit(0)
    os.close(write)
    with os.fdopen(read) as pipe:
        said = pipe.read()
    os.waitpid(child, 0)
    assert said, "the child hung"
    return json.loads(said)
