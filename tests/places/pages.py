"""A notebook's page, without a browser: cells go to a kernel through whatever stands before the Jupyter server.

Everything passes over HTTP and a websocket, with a browser's own cookies, as a notebook's page does it.
`tests.kernels` speaks to a kernel directly instead.
"""

from __future__ import annotations

import html
import json
import re
import time
import uuid
from typing import Any, Self

import requests
import websocket

from tests.kernels import Cell

PATIENCE = 60.0  # seconds; the machine may be busy


class Page:
    """One notebook with a kernel, open in one browser.

    Parameters
    ----------
    browser : requests.Session
        A browser with its cookies; signed in at whatever guards the server.
    url : str
        The base URL of the Jupyter server as that browser reaches it; ends with a slash.
    name : str
        The notebook's path on the server.
    token : str
        The server's token, where no cookie is enough.
    """

    def __init__(
        self, browser: requests.Session, url: str, name: str = "notebook.ipynb", token: str = ""
    ) -> None:
        self.browser = browser
        self.url = url
        self._headers = {"Authorization": f"token {token}"} if token else {}
        # Opening any page signs in at the server itself: on a Hub, the OAuth dance between the two.
        entry = browser.get(f"{url}procore-jupyter/paste", headers=self._headers, timeout=PATIENCE)
        assert entry.ok, f"{entry.status_code} {entry.text[:500]}"
        session = self.ask(
            "POST", "api/sessions", path=name, type="notebook", name=name, kernel={"name": "python3"}
        )
        assert session.status_code == 201, session.text
        kernel = session.json()["kernel"]["id"]
        self._session = uuid.uuid4().hex
        self._socket = websocket.create_connection(
            f"ws{url.removeprefix('http')}api/kernels/{kernel}/channels?session_id={self._session}",
            cookie=self._cookies(),
            header=[f"{key}: {value}" for key, value in self._headers.items()],
            timeout=PATIENCE,
        )
        self._cells: dict[str, Cell] = {}
        self._displays: dict[str, list[dict[str, Any]]] = {}

    def ask(self, method: str, where: str, /, **content: object) -> requests.Response:
        """Send one of the page's own requests."""
        headers = dict(self._headers)
        if xsrf := self._xsrf():
            headers["X-XSRFToken"] = xsrf
        return self.browser.request(
            method, f"{self.url}{where}", json=content or None, headers=headers, timeout=PATIENCE
        )

    def run(self, code: str) -> Cell:
        """Run a cell to its end."""
        message_id = uuid.uuid4().hex
        cell = self._cells[message_id] = Cell(message_id)
        header = {
            "msg_id": message_id,
            "msg_type": "execute_request",
            "username": "",
            "session": self._session,
            "version": "5.3",
        }
        content = {
            "code": code,
            "silent": False,
            "store_history": True,
            "allow_stdin": True,
            "stop_on_error": True,
        }
        self._socket.send(
            json.dumps(
                {
                    "header": header,
                    "parent_header": {},
                    "metadata": {},
                    "content": content,
                    "channel": "shell",
                }
            )
        )
        self._until(lambda: bool(cell.status) and cell.idle.is_set())
        return cell

    def wait_for(self, cell: Cell, words: str) -> None:
        """Wait until a cell's output, which the kernel changes, has these words."""
        self._until(lambda: words in cell.html + cell.plain + cell.text)

    def close(self) -> None:
        """Close the page. The kernel runs on."""
        self._socket.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def _until(self, true: Any) -> None:
        latest = time.monotonic() + PATIENCE
        while not true():
            assert time.monotonic() < latest, "the kernel never said it"
            self._take(json.loads(self._socket.recv()))

    def _take(self, message: dict[str, Any]) -> None:
        kind, content = message["header"]["msg_type"], message["content"]
        cell = self._cells.get(message["parent_header"].get("msg_id", ""))
        if kind == "update_display_data":
            for output in self._displays.get(content["transient"]["display_id"], []):
                output["data"] = content["data"]
        elif cell is None:
            return
        elif kind == "execute_reply":
            cell.status = content["status"]
        elif kind == "status" and content["execution_state"] == "idle":
            cell.idle.set()
        elif kind in ("display_data", "execute_result", "error", "stream"):
            output = {"output_type": kind, **content}
            shown_as = output.pop("transient", {}).get("display_id")
            if shown_as:
                self._displays.setdefault(shown_as, []).append(output)
            cell.outputs.append(output)

    def _cookies(self) -> str:
        request = requests.Request("GET", f"{self.url}api/status", cookies=self.browser.cookies)
        return str(self.browser.prepare_request(request).headers.get("Cookie", ""))

    def _xsrf(self) -> str:
        found = re.search(r"(?:^|;\s*)_xsrf=([^;]+)", self._cookies())
        return found[1] if found else ""


def link_of(cell: Cell) -> str:
    """Return the plain link to sign in with, which stands in a cell's output."""
    found = re.search(r'href="([^"]*procore-jupyter/start[^"]*)"', cell.html)
    assert found is not None, f"no link in {cell.html}\n{cell.error}"
    return html.unescape(found[1])
