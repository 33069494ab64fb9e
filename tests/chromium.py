"""A real Chromium."""

from __future__ import annotations

import os
import shutil

from playwright.sync_api import Browser, Playwright

# Nothing but this machine is ever looked up or asked.
QUIET = [
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--no-first-run",
    "--host-resolver-rules=MAP * ~NOTFOUND, EXCLUDE localhost, EXCLUDE 127.0.0.1",
]


def launch_chromium(playwright: Playwright) -> Browser:
    """Start a Chromium: the system's where there is one, else Playwright's own."""
    found = shutil.which("chromium") or shutil.which("chromium-browser")
    alone = ["--no-sandbox"] if hasattr(os, "geteuid") and os.geteuid() == 0 else []
    return playwright.chromium.launch(executable_path=found, args=[*QUIET, *alone])
