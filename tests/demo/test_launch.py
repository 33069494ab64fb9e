"""``procore-jupyter demo``: from the command to a JupyterLab that answers, and to nothing left of it."""

from __future__ import annotations

import json
import os
import signal
import socket
import subprocess
import sys
import threading
from collections.abc import Iterator
from pathlib import Path
from urllib.parse import urlsplit

import psutil
import pytest
import requests

from procore_jupyter.demo import launch, notebooks
from procore_jupyter.demo.jupyterlab import JupyterLab, free_port, port_is_free
from procore_jupyter.demo.launch import run_demo
from procore_jupyter.demo.web_pages import MARK
from procore_jupyter.files import private
from procore_jupyter.oauth.stores import open_store
from procore_jupyter.oauth.token import Token
from procore_jupyter.oauth.token_store import TokenKey
from procore_jupyter.secret import Secret

COMMAND = "import sys; from procore_jupyter.demo.launch import run_demo; sys.exit(run_demo(sys.argv[1:]))"
PATIENCE = 120

posix = pytest.mark.skipif(os.name != "posix", reason="signals")


def unused_port() -> int:
    with socket.create_server(("127.0.0.1", 0)) as probe:
        return int(probe.getsockname()[1])


class Demo:
    """The command as a person starts it, with all its processes."""

    def __init__(self, temporary: Path, *options: str) -> None:
        self.port = unused_port()
        self.temporary = temporary
        self._errors = temporary.parent / "stderr"
        with self._errors.open("wb") as errors:
            self.process = subprocess.Popen(
                [sys.executable, "-c", COMMAND, "--no-browser", "--port", str(self.port), *options],
                stdout=subprocess.PIPE,
                stderr=errors,
                text=True,
                env={**os.environ, "TMPDIR": str(temporary)},
            )
        assert self.process.stdout is not None
        self.lines: list[str] = []
        while not (self.lines and self.lines[-1].startswith(f"http://localhost:{self.port}/")):
            line = self.process.stdout.readline()
            assert line, f"it ended: {self.lines} {self.errors}"
            self.lines.append(line.strip())
        self.url = self.lines[-1]
        self.token = self.url.rpartition("token=")[2]
        self.family = [self.process, *psutil.Process(self.process.pid).children(recursive=True)]

    @property
    def errors(self) -> str:
        return self._errors.read_text()

    def jupyter(self, method: str, path: str) -> requests.Response:
        return requests.request(
            method,
            f"http://localhost:{self.port}{path}",
            headers={"Authorization": f"token {self.token}"},
            timeout=PATIENCE,
        )

    def start_kernel(self) -> None:
        before = psutil.Process(self.process.pid).children(recursive=True)
        assert self.jupyter("POST", "/api/kernels").status_code == 201
        family = psutil.Process(self.process.pid).children(recursive=True)
        assert len(family) > len(before)
        self.family += family

    def ended(self) -> int:
        """Wait for the end of all, and return the exit code."""
        assert self.process.stdout is not None
        code = self.process.wait(PATIENCE)
        self.process.stdout.close()
        others = [one for one in self.family if isinstance(one, psutil.Process)]
        _, left = psutil.wait_procs(others, timeout=PATIENCE)
        assert left == []
        assert [*self.temporary.iterdir()] == []
        assert not (private.runtime_folder() / "demo.json").exists()
        assert port_is_free(self.port)
        return code


@pytest.fixture
def demo(tmp_path: Path) -> Iterator[Demo]:
    """Start the command with a folder for temporary files of its own."""
    temporary = tmp_path / "tmp"
    temporary.mkdir()
    one = Demo(temporary)
    yield one
    if one.process.poll() is None:
        one.process.terminate()
        one.process.wait(PATIENCE)


@posix
def test_from_the_command_to_a_page_and_to_nothing_left_at_sigterm(home: Path, tmp_path: Path) -> None:
    # A configuration that would break any JupyterLab that reads it.
    (home / ".jupyter").mkdir()
    config = home / ".jupyter" / "jupyter_server_config.py"
    config.write_text("c.ServerApp.base_url = '/elsewhere'\nc.ServerApp.port = 1\nraise SystemExit(9)\n")
    kernels = home / ".local" / "share" / "jupyter" / "kernels" / "python3"
    kernels.mkdir(parents=True)
    (kernels / "kernel.json").write_text(
        '{"argv": ["/bin/false"], "display_name": "broken", "language": "python"}'
    )
    (home / "Documents").mkdir()
    before = sorted(home.rglob("*"))
    temporary = tmp_path / "tmp"
    temporary.mkdir()
    demo = Demo(temporary)

    assert demo.lines[0] == MARK
    page = requests.get(demo.url, timeout=PATIENCE)
    assert page.status_code == 200
    assert "JupyterLab" in page.text
    assert requests.get(demo.url.partition("?")[0], timeout=PATIENCE).url.partition("?")[0].endswith("/login")
    notebook = demo.jupyter("GET", "/api/contents/01-connect.ipynb").json()
    assert notebook["type"] == "notebook"

    address = json.loads((private.runtime_folder() / "demo.json").read_text())
    assert address["pid"] == demo.process.pid
    assert address["redirect_uris"] == [
        f"http://localhost:{demo.port}/procore-jupyter/callback",
        "http://localhost",
        "urn:ietf:wg:oauth:2.0:oob",
    ]
    assert MARK in requests.get(address["url"], timeout=PATIENCE).text

    (line,) = (line for line in demo.lines if line.startswith("Jupyter Notebook is at"))
    tree = requests.get(line.split()[-1], timeout=PATIENCE)
    assert tree.status_code == 200
    assert "<title>Home" in tree.text

    # It asks nobody outside.
    assert demo.jupyter("GET", "/lab/api/update").json()["notification"] is None
    assert demo.jupyter("GET", "/lab/api/news").json()["news"] == []
    assert '"name": "read-only"' in page.text
    assert '"news": {"disabled": true}' in page.text
    settings = demo.jupyter("GET", "/lab/api/settings/@jupyterlab/apputils-extension:notification").json()
    assert '"fetchNews": "false"' in settings["raw"]

    demo.start_kernel()
    demo.process.send_signal(signal.SIGTERM)
    assert demo.ended() == 0
    assert demo.errors == ""
    left = {path for path in home.rglob("*") if path.is_file()} - set(before)
    folder, trust = home / "Documents" / "procore-demo", home / ".local/share/procore-jupyter/demo-trust"
    assert {path for path in left if path.parent != trust} == {*folder.iterdir()}
    assert {"01-connect.ipynb", "02-tables.ipynb"} <= {path.name for path in left}


@posix
def test_ctrl_c_stops_it_too_and_its_sign_in_is_forgotten(demo: Demo) -> None:
    address = json.loads((private.runtime_folder() / "demo.json").read_text())
    store, token = open_store(None), Token(Secret("a"), Secret("r"), 1.0, 1.0, 0.0, 0.0)
    host = urlsplit(address["url"]).netloc
    key = TokenKey(host, address["client_id"], api_host=host)
    other = TokenKey("login.procore.com", "mine")
    for one in (key, other):
        store.save(one, token)

    demo.process.send_signal(signal.SIGINT)
    assert demo.ended() == 0
    assert demo.errors == ""
    assert store.load(key) is None
    assert store.load(other) is not None


@posix
def test_it_ends_when_jupyterlab_dies_and_says_so(demo: Demo) -> None:
    for process in demo.family[1:]:
        assert isinstance(process, psutil.Process)
        process.kill()
    assert demo.ended() == 1
    assert demo.errors.startswith("JupyterLab stopped unexpectedly.")


@posix
def test_it_ends_when_jupyterlab_is_shut_down_from_its_menu(demo: Demo) -> None:
    demo.jupyter("POST", "/api/shutdown")
    assert demo.ended() == 0


@posix
def test_told_twice_it_does_not_wait_for_jupyterlab(demo: Demo) -> None:
    demo.start_kernel()
    lab = demo.family[1]
    assert isinstance(lab, psutil.Process)
    lab.suspend()  # as if it hung: only by force does it end
    demo.process.send_signal(signal.SIGTERM)
    assert demo.process.stdout is not None
    while demo.process.stdout.readline().strip() != "Stopping.":
        pass
    demo.process.send_signal(signal.SIGTERM)
    assert demo.ended() == 0


# One line for what goes wrong


def one_line(capsys: pytest.CaptureFixture[str]) -> str:
    error = capsys.readouterr().err
    assert error.count("\n") == 1
    return error


def test_a_taken_port_is_said_in_one_line(capsys: pytest.CaptureFixture[str]) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        assert run_demo(["--no-browser", "--port", str(port)]) == 1
    assert f"Port {port} is taken" in one_line(capsys)


def test_a_taken_provider_port_is_said_in_one_line(capsys: pytest.CaptureFixture[str]) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        assert run_demo(["--no-browser", "--provider-port", str(taken.getsockname()[1])]) == 1
    assert "--provider-port" in one_line(capsys)


def test_a_missing_jupyterlab_is_said_in_one_line(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(launch, "installed", lambda: False)
    assert run_demo(["--no-browser"]) == 1
    assert "-m pip install jupyterlab" in one_line(capsys)


def test_missing_notebooks_are_said_in_one_line(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(notebooks, "FIRST_NOTEBOOK", "no-such.ipynb")
    assert run_demo(["--no-browser"]) == 1
    assert "no-such.ipynb is missing" in one_line(capsys)
    assert not (private.runtime_folder() / "demo.json").exists()


@posix
def test_what_jupyterlab_said_is_shown_where_it_does_not_start(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    broken = tmp_path / "python"
    broken.write_text("#!/bin/sh\necho no such thing\nexit 3\n")
    broken.chmod(0o700)
    monkeypatch.setattr(sys, "executable", str(broken))
    assert run_demo(["--no-browser"]) == 1
    assert capsys.readouterr().err == "JupyterLab did not start. It said:\nno such thing\n"
    assert not (private.runtime_folder() / "demo.json").exists()


def test_signals_are_as_before_afterwards(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(notebooks, "FIRST_NOTEBOOK", "no-such.ipynb")
    before = [signal.getsignal(number) for number in (signal.SIGINT, signal.SIGTERM)]
    run_demo(["--no-browser"])
    assert [signal.getsignal(number) for number in (signal.SIGINT, signal.SIGTERM)] == before


@pytest.mark.parametrize(
    "options",
    [
        ["--port", "x"],
        ["--port", "70000"],
        ["--token-lifetime", "0"],
        ["--token-lifetime", "nan"],
        ["--projects", "0"],
        ["--projects", "1001"],
        ["--projects", "1.5"],
        ["--scale", "0"],
        ["--scale", "-1"],
        ["--scale", "nan"],
        ["--scale", "1001"],
        ["more"],
    ],
)
def test_nonsense_options_are_refused(options: list[str], capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as stopped:
        run_demo(options)
    assert stopped.value.code == 2
    assert "usage: procore-jupyter demo" in capsys.readouterr().err


def test_a_free_port_is_found_past_taken_ones() -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        assert not port_is_free(port)
        found = free_port(port)
        assert found is not None
        assert found > port


@pytest.mark.skipif(not socket.has_ipv6, reason="no IPv6")
def test_a_port_taken_on_another_address_of_localhost_is_taken() -> None:
    port = unused_port()
    with socket.create_server(("0.0.0.0", port)):
        assert not port_is_free(port)
    try:
        six = socket.create_server(("::1", port), family=socket.AF_INET6)
    except OSError:
        pytest.skip("no IPv6 here")
    with six:
        assert not port_is_free(port)
    assert port_is_free(port)


def test_what_would_change_jupyter_is_kept_from_it(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    seen: dict[str, str] = {}

    class Nothing:
        pid, returncode = 0, 0

        def __init__(self, command: list[str], *, env: dict[str, str], **more: object) -> None:
            assert not [word for word in command if "token" in word]
            seen.update(env)

        def poll(self) -> int:
            return 0

    monkeypatch.setattr(subprocess, "Popen", Nothing)
    lab = JupyterLab(tmp_path, 8888, open_browser=False)
    given = {
        "PATH": "/bin",
        "JUPYTER_TOKEN": "x",
        "JUPYTER_CONFIG_PATH": "x",
        "JUPYTERHUB_API_TOKEN": "x",
        "JPY_PARENT_PID": "1",
        "JUPYTER_RUNTIME_DIR": "/run/mine",
        "JUPYTER_PATH": "/mine",
        "IPYTHONDIR": "/mine",
        "PROCORE_CLIENT_SECRET": "x",
        "NO_PROXY": "intranet",
    }
    lab.start(given)
    lab.stop(threading.Event())
    assert "x" not in seen.values()
    assert (seen["PATH"], seen["JUPYTER_RUNTIME_DIR"]) == ("/bin", "/run/mine")
    assert seen["JUPYTER_PATH"].endswith(os.pathsep + "/mine")
    assert seen["NO_PROXY"] == "intranet,localhost,127.0.0.1,::1"
