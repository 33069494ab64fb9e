"""A real kernel, as a notebook's front end sees it: cells, their outputs, and everything else that it sends."""

from __future__ import annotations

import contextlib
import json
import os
import re
import signal
import subprocess
import sys
import tempfile
import threading
import time
import uuid
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import zmq
from jupyter_client.connect import write_connection_file
from jupyter_client.session import Session

PATIENCE = 60.0  # seconds; the machine may be busy
STARTS = 5  # another process may take a port between its choice and the kernel's start

_COLOURS = re.compile("\x1b\\[[0-9;]*m")
WIDGET = "application/vnd.jupyter.widget-view+json"

Message = dict[str, Any]


@dataclass
class Cell:
    """One cell that was run: what came back so far. Outputs change when the kernel updates them.

    Parameters
    ----------
    message_id : str
        Which request it is.
    outputs : list of dict
        As they would stand in the notebook's file.
    status : str
        ``ok``, ``error`` or ``aborted``; empty while it runs.
    """

    message_id: str
    outputs: list[dict[str, Any]] = field(default_factory=list)
    status: str = ""
    idle: threading.Event = field(default_factory=threading.Event)

    @property
    def text(self) -> str:
        """What was printed."""
        return "".join(one["text"] for one in self.outputs if one["output_type"] == "stream")

    @property
    def error(self) -> str:
        """The error as it is drawn, colours taken off; empty where there is none."""
        drawn = [
            _COLOURS.sub("", "\n".join(one["traceback"]))
            for one in self.outputs
            if one["output_type"] == "error"
        ]
        return drawn[0] if drawn else ""

    @property
    def html(self) -> str:
        """All HTML in its outputs."""
        return "\n".join(one["data"].get("text/html", "") for one in self.outputs if "data" in one)

    @property
    def plain(self) -> str:
        """The text form of its outputs."""
        return "\n".join(one["data"].get("text/plain", "") for one in self.outputs if "data" in one)

    @property
    def saved(self) -> str:
        """What a notebook file that is saved now would hold of it."""
        return json.dumps(self.outputs)


class Kernel:
    """A kernel in a process of its own, and a front end that keeps all that it says.

    Parameters
    ----------
    env : mapping
        The kernel's environment, on top of this process's.
    allow_stdin : bool
        Whether there is somebody: what nbclient and papermill say no to.
    log : Path or None
        Where all goes that the process logs, at level DEBUG, or prints past the front end.
    """

    def __init__(
        self,
        env: Mapping[str, str] | None = None,
        *,
        allow_stdin: bool = True,
        log: Path | None = None,
    ) -> None:
        self.allow_stdin = allow_stdin
        self.messages: list[Message] = []
        self.widgets: dict[str, dict[str, Any]] = {}
        self.cells: dict[str, Cell] = {}
        self._displays: dict[str, list[dict[str, Any]]] = {}
        self._changed = threading.Condition()
        self._folder = tempfile.TemporaryDirectory()
        for _ in range(STARTS):
            if self._start(env, log):
                break
            self._stop_listening()
        else:
            raise AssertionError(
                f"the kernel didn't start: {STARTS} times a port was taken, or it has a fault"
            )

    def _start(self, env: Mapping[str, str] | None, log: Path | None) -> bool:
        """Start a process with ports of its own; return whether it answers, and not whether it ended at once."""
        file = Path(self._folder.name, f"{new_id()}.json")
        _, connection = write_connection_file(str(file), key=uuid.uuid4().hex.encode())
        level = "ERROR" if log is None else "DEBUG"
        with contextlib.ExitStack() as files:
            logged = None if log is None else files.enter_context(log.open("ab"))
            self._process = subprocess.Popen(
                [sys.executable, "-m", "ipykernel_launcher", "-f", str(file), f"--log-level={level}"],
                env={**os.environ, "JPY_PARENT_PID": str(os.getpid()), **(env or {})},
                stdout=logged,
                stderr=logged,
            )
        # zmq by hand: jupyter_client's blocking client leaves event loops open behind it.
        self._context: zmq.Context[Any] = zmq.Context()
        self._session = Session(key=connection["key"].encode())
        self._shell = self._connect(zmq.DEALER, connection["shell_port"])
        self._control = self._connect(zmq.DEALER, connection["control_port"])
        self._iopub = self._connect(zmq.SUB, connection["iopub_port"])
        self._iopub.setsockopt(zmq.SUBSCRIBE, b"")
        self._stop = threading.Event()
        self._listener = threading.Thread(target=self._listen, daemon=True)
        self._listener.start()
        until = time.monotonic() + PATIENCE
        while not (self.messages and self._reply(0.2)):
            if self._process.poll() is not None:
                return False
            assert time.monotonic() < until, "the kernel didn't start"
            self._session.send(self._shell, "kernel_info_request", {})
            time.sleep(0.05)
        return True

    def _connect(self, kind: int, port: int) -> zmq.Socket[Any]:
        made: zmq.Socket[Any] = self._context.socket(kind)
        made.linger = 0
        made.connect(f"tcp://127.0.0.1:{port}")
        return made

    def close(self) -> None:
        """End the kernel."""
        self._process.kill()
        self._process.wait(PATIENCE)
        self._stop_listening()
        self._folder.cleanup()

    def _stop_listening(self) -> None:
        self._stop.set()
        self._listener.join(PATIENCE)
        self._shell.close()
        self._control.close()
        self._iopub.close()
        self._context.term()

    def submit(self, code: str) -> Cell:
        """Send a cell, and return at once."""
        content = {
            "code": code,
            "silent": False,
            "store_history": True,
            "user_expressions": {},
            "allow_stdin": self.allow_stdin,
            "stop_on_error": True,
        }
        message = self._session.msg("execute_request", content)
        cell = self.cells[message["header"]["msg_id"]] = Cell(message["header"]["msg_id"])
        self._session.send(self._shell, message)
        return cell

    def finish(self, cell: Cell, timeout: float = PATIENCE) -> Cell:
        """Wait for a cell's end."""
        until = time.monotonic() + timeout
        while not cell.status:
            assert time.monotonic() < until, "the cell never ended"
            reply = self._reply(0.5)
            if reply and (found := self.cells.get(reply["parent_header"].get("msg_id", ""))) is not None:
                found.status = reply["content"]["status"]
        assert cell.status == "aborted" or cell.idle.wait(timeout)
        return cell

    def complete(self, code: str) -> list[str]:
        """Press Tab at the end of a text; return the texts that would stand there then, as the front end lists them."""
        message = self._session.msg("complete_request", {"code": code, "cursor_pos": len(code)})
        self._session.send(self._shell, message)
        until = time.monotonic() + PATIENCE
        while time.monotonic() < until:
            reply = self._reply(0.5)
            if reply and reply["parent_header"].get("msg_id") == message["header"]["msg_id"]:
                found = reply["content"]
                assert found["status"] == "ok", found
                before, after = code[: found["cursor_start"]], code[found["cursor_end"] :]
                return [f"{before}{match}{after}" for match in found["matches"]]
        raise AssertionError("the kernel never completed it")

    def run(self, code: str, timeout: float = PATIENCE) -> Cell:
        """Run a cell to its end."""
        return self.finish(self.submit(code), timeout)

    def new_subshell(self) -> str:
        """Make a subshell, which answers while a cell runs; return its id."""
        self._session.send(self._control, "create_subshell_request", {})
        assert self._control.poll(int(PATIENCE * 1000)), "the kernel made no subshell"
        reply = self._session.recv(self._control)[1]
        assert reply is not None
        made: str = reply["content"]["subshell_id"]
        return made

    def evaluate(self, expression: str, subshell: str | None = None, timeout: float = PATIENCE) -> Message:
        """Evaluate an expression silently, as JupyterLab's extension does; return what the kernel says of it.

        Parameters
        ----------
        expression : str
            The expression.
        subshell : str or None
            The subshell that evaluates it; None for the shell that runs the cells.
        timeout : float
            Seconds that the kernel has.
        """
        content = {
            "code": "",
            "silent": True,
            "store_history": False,
            "user_expressions": {"it": expression},
            "allow_stdin": False,
            "stop_on_error": False,
        }
        message = self._session.msg("execute_request", content)
        if subshell is not None:
            message["header"]["subshell_id"] = subshell
        self._session.send(self._shell, message)
        until = time.monotonic() + timeout
        while time.monotonic() < until:
            reply = self._reply(0.5)
            if reply is None:
                continue
            parent = reply["parent_header"].get("msg_id", "")
            if parent == message["header"]["msg_id"]:
                found: Message = reply["content"]["user_expressions"]["it"]
                return found
            if (cell := self.cells.get(parent)) is not None:
                cell.status = reply["content"]["status"]
        raise AssertionError("the kernel never answered")

    def interrupt(self) -> None:
        """Press the stop button."""
        self._process.send_signal(signal.SIGINT)

    def until(self, condition: Callable[[], bool], timeout: float = PATIENCE) -> None:
        """Wait until something that the kernel says makes `condition` true."""
        with self._changed:
            assert self._changed.wait_for(condition, timeout), "the kernel never said it"

    def send_state(self, model_id: str, **state: Any) -> None:
        """Change a widget as a person at the front end does; what they typed stays there until the kernel changes it."""
        self.widgets[model_id].update(state)
        self._comm(model_id, {"method": "update", "state": state, "buffer_paths": []})

    def click(self, model_id: str) -> None:
        """Press a button."""
        self._comm(model_id, {"method": "custom", "content": {"event": "click"}})

    @property
    def panels(self) -> set[str]:
        """The ids of all widgets but those of a choice of companies, which stays below a card."""
        states = {**self.widgets}
        others = [one for one, state in states.items() if "procore-choice" in state.get("_dom_classes", ())]
        choice: set[str] = set()
        while others:
            one = others.pop()
            choice.add(one)
            others += set(re.findall(r"IPY_MODEL_(\w+)", str(states.get(one)))) - choice
        return {*states} - choice

    def widget(self, **wanted: Any) -> str:
        """Return the newest open widget whose state holds these values."""
        for model_id in [*self.widgets][::-1]:
            state = self.widgets[model_id]
            if all(state.get(name) == value for name, value in wanted.items()):
                return model_id
        raise AssertionError(f"no widget with {wanted}")

    @property
    def said(self) -> str:
        """Everything that the kernel has published, but for what it repeats of the cells themselves."""
        with self._changed:
            kept = [one for one in self.messages if one["msg_type"] != "execute_input"]
        said: str = json.dumps(
            [[one["msg_type"], one["content"], one["metadata"]] for one in kept], default=str
        )
        return said

    def _comm(self, model_id: str, data: dict[str, Any]) -> None:
        self._session.send(self._shell, "comm_msg", {"comm_id": model_id, "data": data})

    def _reply(self, seconds: float) -> Message | None:
        if not self._shell.poll(int(seconds * 1000)):
            return None
        return self._session.recv(self._shell)[1]

    def _listen(self) -> None:
        while not self._stop.is_set():
            if not self._iopub.poll(100):
                continue
            message = self._session.recv(self._iopub)[1]
            if message is None:
                continue
            with self._changed:
                self.messages.append(message)
                self._take(
                    message["msg_type"], message["content"], message["parent_header"].get("msg_id", "")
                )
                self._changed.notify_all()

    def _take(self, kind: str, content: dict[str, Any], parent: str) -> None:
        cell = self.cells.get(parent)
        if kind == "comm_open":
            self.widgets[content["comm_id"]] = dict(content["data"].get("state", {}))
        elif kind == "comm_msg" and content["data"].get("method") == "update":
            self.widgets.setdefault(content["comm_id"], {}).update(content["data"]["state"])
        elif kind == "comm_close":
            self.widgets.pop(content["comm_id"], None)
        elif kind == "update_display_data":
            for output in self._displays.get(content["transient"]["display_id"], []):
                output["data"], output["metadata"] = content["data"], content["metadata"]
        elif cell is None:
            return
        elif kind in ("display_data", "execute_result", "error", "stream"):
            output = {"output_type": kind, **content}
            shown_as = output.pop("transient", {}).get("display_id")
            if shown_as:
                self._displays.setdefault(shown_as, []).append(output)
            cell.outputs.append(output)
        elif kind == "status" and content["execution_state"] == "idle":
            cell.idle.set()


def new_id() -> str:
    """Return a text that stands nowhere else: to look for where it must not be."""
    return f"zq{uuid.uuid4().hex}"
