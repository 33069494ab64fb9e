"""The field that takes a Client Secret, and forgets it at once.

A password field of ipywidgets keeps what was typed as its value, in the kernel and in the widget state that a
notebook may be saved with, and sends it back to every front end as an echo. Here it does none of the three:
the one message from the field to the kernel is all there is.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import ipywidgets
from traitlets import Unicode

from procore_jupyter.secret import Secret


class SecretField(ipywidgets.Password):
    """A password field whose content goes to one listener and is gone."""

    # The front end sends it when the person presses Enter or leaves the field, not at each key.
    value = Unicode("").tag(sync=True, echo_update=False)

    def __init__(self, **traits: Any) -> None:
        super().__init__(continuous_update=False, **traits)
        self._listener: Callable[[Secret], None] | None = None
        self.observe(self._take, "value")

    def on_secret(self, listener: Callable[[Secret], None]) -> None:
        """Tell `listener` of what is typed, on whatever thread the front end's message comes."""
        self._listener = listener

    def _take(self, change: dict[str, Any]) -> None:
        text = change["new"]
        if text:
            change.clear()
            self.value = ""
            if self._listener is not None:
                self._listener(Secret(text))

    def __repr__(self) -> str:
        return "SecretField()"
