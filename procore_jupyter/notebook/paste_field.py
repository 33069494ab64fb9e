"""The field that takes the address a browser ended on, and forgets it at once.

The address holds an authorization code. ipywidgets would keep it as the field's value, print it in the
field's ``repr``, and send it back to every front end as an echo; here it does none of the three. A password
field would hide it from the person who wants to see what they pasted, and password managers would fill it.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import ipywidgets
from traitlets import Unicode


class PasteField(ipywidgets.Text):
    """A text field whose content goes to one listener and is gone."""

    # The front end sends it when the person presses Enter or leaves the field, not at each key.
    value = Unicode("").tag(sync=True, echo_update=False)

    def __init__(self, **traits: Any) -> None:
        super().__init__(continuous_update=False, **traits)
        self._listener: Callable[[str], None] | None = None
        self.observe(self._take, "value")

    def on_paste(self, listener: Callable[[str], None]) -> None:
        """Tell `listener` of what is pasted, on whatever thread the front end's message comes."""
        self._listener = listener

    def _take(self, change: dict[str, Any]) -> None:
        text = change["new"]
        if text:
            self.value = ""
            if self._listener is not None:
                self._listener(text)

    def __repr__(self) -> str:
        return "PasteField()"
