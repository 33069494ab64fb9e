"""Fields that hand over what is typed into them, and forget it at once.

ipywidgets would keep a field's text as its value, in the kernel and in the widget state that a notebook may be saved
with, print it in the field's ``repr``, and echo it to every front end. These fields do none of that: the one message
from the field to the kernel is all there is.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import ipywidgets
from traitlets import Unicode

from procore_jupyter.secret import Secret


class OneShotField(ipywidgets.Text):
    """A text field that passes its text to `take` and empties itself.

    Parameters
    ----------
    take : callable
        Called with the text, on whatever thread the front end's message arrives.
    **traits
        The traits of `ipywidgets.Text`.
    """

    # The front end sends the value when the person presses Enter or leaves the field, not at each key.
    value = Unicode("").tag(sync=True, echo_update=False)

    def __init__(self, take: Callable[[Secret], None], **traits: Any) -> None:
        super().__init__(continuous_update=False, **traits)
        self._take = take
        self.observe(self._hand_over, "value")

    def _hand_over(self, change: dict[str, Any]) -> None:
        if change["new"]:
            text = Secret(change["new"])
            change.clear()
            self.value = ""
            self._take(text)

    def __repr__(self) -> str:
        return f"{type(self).__name__}()"


class PasteField(OneShotField):
    """Takes the address that a browser ended on, which holds an authorization code.

    The text is readable: people want to see what they pasted, and password managers would fill a password field.
    """


class SecretField(OneShotField, ipywidgets.Password):
    """Takes a Client Secret, unreadable while it is typed."""
