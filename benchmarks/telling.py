"""The way in which a measured process tells its findings. It imports little, as that is measured with the process."""

from __future__ import annotations

import json
from typing import Any


def tell(**found: Any) -> None:
    """Print the findings of a measured process, as its last line."""
    print(json.dumps(found), flush=True)
