"""A person at a sign-in panel, as the widgets of a kernel show it."""

from __future__ import annotations

import html
import re

from tests.kernels import Kernel
from tests.people import new_browser, sign_in_at


def link(kernel: Kernel) -> str:
    """Return the link that the newest panel shows."""
    found = [
        url
        for state in list(kernel.widgets.values())
        for url in re.findall(r'href="([^"]*/oauth/authorize[^"]*)"', str(state.get("value", "")))
    ]
    assert found, "no panel shows a link"
    return html.unescape(found[-1])


def field(kernel: Kernel) -> str:
    """Return the newest panel's paste field."""
    return kernel.widget(_view_name="TextView")


def come_back(kernel: Kernel, *, allow: bool = True) -> str:
    """Click the panel's link and sign in; return the address that the browser is sent back to, and don't go there."""
    return sign_in_at(link(kernel), allow=allow)


def sign_in(kernel: Kernel, *, allow: bool = True) -> str:
    """Click the panel's link, sign in, come back; return the address that the browser came back to."""
    back = come_back(kernel, allow=allow)
    with new_browser() as browser:
        assert browser.get(back, timeout=20).status_code == 200
    return back
