"""Another user of this machine: a process of its own under another user number. It takes root, to be two people."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from typing import Any, Self

import pytest

UID = 65534

needs_two_people = pytest.mark.skipif(
    sys.platform != "linux" or os.geteuid() != 0, reason="takes root on Linux, to be two people"
)

# Everything is imported before: afterwards Python's own folders may be out of reach.
_PROGRAM = """
import http.client, json, os, socket, sys, threading, urllib.parse
import encodings.idna
os.setgroups([]); os.setgid(UID); os.setuid(UID); os.chdir("/")
held, heard = [], []

def answer(listener):
    while True:
        try:
            connection, _ = listener.accept()
        except OSError:
            return
        with connection:
            connection.settimeout(5)
            try:
                asked = connection.recv(65536).decode("latin-1")
                if asked:
                    heard.append(asked)
                connection.sendall(b"HTTP/1.1 200 OK\\r\\nContent-Length: 8\\r\\nConnection: close\\r\\n\\r\\nstranger")
            except OSError:
                pass

def listen(ip, port, v6only=None, listening=True):
    s = socket.socket(socket.AF_INET6 if ":" in ip else socket.AF_INET)
    s.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, listening)  # held alone, nobody else may bind it
    if v6only is not None:
        s.setsockopt(socket.IPPROTO_IPV6, socket.IPV6_V6ONLY, v6only)
    try:
        s.bind((ip, port))
        if listening:
            s.listen(8)
    except OSError as error:
        s.close()
        return str(error)
    held.append(s)
    if listening:
        threading.Thread(target=answer, args=(s,), daemon=True).start()

def let_go():
    for s in held:
        try:
            s.shutdown(socket.SHUT_RDWR)
        except OSError:
            pass
        s.close()
    held.clear()

def get(url, headers={}):
    place = urllib.parse.urlsplit(url)
    c = http.client.HTTPConnection(place.hostname, place.port, timeout=20)
    c.request("GET", place.path + "?" + place.query, headers=headers)
    r = c.getresponse()
    return [r.status, r.getheader("Location"), r.read().decode()]

def connect(ip, port):
    held.append(socket.create_connection((ip, port), timeout=20))
    return held[-1].getsockname()[1]

def connect_unix(path):
    s = socket.socket(socket.AF_UNIX)
    s.connect(path)
    held.append(s)

def told():
    return list(heard)

print(json.dumps(os.getuid()), flush=True)
for line in sys.stdin:
    name, args = json.loads(line)
    try:
        result = globals()[name](*args)
    except Exception as error:
        result = {"error": repr(error)}
    print(json.dumps(result), flush=True)
"""


class Stranger:
    """Another user of this machine, who does what the test says."""

    def __init__(self) -> None:
        program = _PROGRAM.replace("UID", str(UID))
        self._process = subprocess.Popen(
            [sys.executable, "-c", program], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
        )
        assert self._said() == UID

    def listen(self, ip: str, port: int, *, v6only: bool | None = None, listening: bool = True) -> str | None:
        """Listen, and answer everybody with the word ``stranger``; return why that can't be."""
        problem: str | None = self._do("listen", ip, port, v6only, listening)
        return problem

    def let_go(self) -> None:
        """Close everything."""
        self._do("let_go")

    def get(self, url: str, headers: dict[str, str] | None = None) -> tuple[int, str | None, str]:
        """Ask for an address; return the status, where it leads, and the page."""
        status, location, page = self._do("get", url, headers or {})
        return status, location, page

    def connect(self, ip: str, port: int) -> int:
        """Connect and say nothing; return the port that this leaves from."""
        return int(self._do("connect", ip, port))

    def connect_unix(self, path: str) -> None:
        """Connect to a unix socket and say nothing."""
        self._do("connect_unix", path)

    @property
    def heard(self) -> list[str]:
        """What programs sent that took the stranger's listeners for somebody else's."""
        heard: list[str] = self._do("told")
        return heard

    def _do(self, name: str, *args: object) -> Any:
        assert self._process.stdin is not None
        self._process.stdin.write(json.dumps([name, args]) + "\n")
        self._process.stdin.flush()
        said = self._said()
        assert not (isinstance(said, dict) and "error" in said), said
        return said

    def _said(self) -> Any:
        assert self._process.stdout is not None
        return json.loads(self._process.stdout.readline())

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        for pipe in (self._process.stdin, self._process.stdout):
            assert pipe is not None
            pipe.close()
        self._process.wait(20)
