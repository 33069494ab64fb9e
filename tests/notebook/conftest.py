"""Kernels that know a running demo, and people who sign in at it."""

from __future__ import annotations

import atexit
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from IPython.core.interactiveshell import InteractiveShell
from traitlets.config import Config

from procore_jupyter import load_ipython_extension, unload_ipython_extension
from procore_jupyter.demo.app import DemoProcore
from tests.kernels import Kernel
from tests.servers import free_port

StartKernel = Callable[..., Kernel]
ShellRun = Callable[[str], str]


@pytest.fixture
def shell(tmp_path: Path) -> Iterator[InteractiveShell]:
    """Give an IPython shell in this process, with the extension loaded and a history file of its own."""
    config = Config()
    config.HistoryManager.hist_file = str(tmp_path / "history.sqlite")
    hook = sys.displayhook
    InteractiveShell.clear_instance()
    made = InteractiveShell.instance(config=config)
    try:
        load_ipython_extension(made)
        yield made
    finally:
        unload_ipython_extension(made)
        manager = made.history_manager
        made.atexit_operations()
        atexit.unregister(made.atexit_operations)
        if manager is not None:
            # Older versions of IPython close the database alone.
            getattr(manager, "close", manager.db.close)()
        InteractiveShell.clear_instance()
        sys.displayhook = hook


@pytest.fixture
def shell_run(shell: InteractiveShell, capsys: pytest.CaptureFixture[str]) -> ShellRun:
    """Run a cell in `shell`; return what was printed, errors too."""

    def run(cell: str) -> str:
        shell.run_cell(cell, store_history=True)
        printed = capsys.readouterr()
        return printed.out + printed.err

    return run


@pytest.fixture
def start_kernel() -> Iterator[StartKernel]:
    """Start kernels that end with the test."""
    started: list[Kernel] = []

    def start(**how: object) -> Kernel:
        started.append(Kernel(**how))  # type: ignore[arg-type]
        return started[-1]

    yield start
    for kernel in started:
        kernel.close()


@pytest.fixture
def kernel(start_kernel: StartKernel) -> Kernel:
    """Give a kernel with the extension loaded."""
    started = start_kernel()
    assert started.run("%load_ext procore_jupyter").status == "ok"
    return started


@pytest.fixture
def line(demo: DemoProcore) -> str:
    """Give a connection string for the demo, whose answers come back to a port of the kernel's."""
    callback = f"http://localhost:{free_port()}/callback"
    demo.add_redirect_uri(callback)
    demo.write_address()
    return f"Profile=Demo;CallbackURL={callback};"
