"""Tells quickly of most cells that they hold no secret, so that the patterns of the other modules aren't compiled for them."""

from __future__ import annotations

import re

HINT = re.compile(
    r"secret|token|verifier|pass|pwd|pw\b|pw_|bearer|basic |auth|credential|api.?key|eyj|:\S*@|curl|code=",
    re.IGNORECASE,
)
"""What a text holds at least, if there is a secret's name, a bearer or a password of an address in it."""

_MAGICS = "procore_connect", "procore_check"
"""One of these a cell holds at least, if there is a connection string behind a magic in it."""


def may_hold_a_secret(cell: str) -> bool:
    """Tell whether a cell has to be looked through."""
    return any(magic in cell for magic in _MAGICS) or HINT.search(cell) is not None
