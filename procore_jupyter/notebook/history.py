"""A guard that removes secrets typed into a cell from IPython's copies of that cell.

IPython copies a cell's text to many places before any of its code runs. For every cell that runs while the guard is
installed, it hooks into:

- ``pre_run_cell``: the text that later hooks and ``last_execution_result`` see, the kernel's copy of the front
  end's request, and the completer's copy of the line that was completed last;
- ``history_manager.store_inputs``: ``In``, ``_i``, ``_ih``, ``%history`` and history.sqlite;
- ``history_manager.store_output``: the outputs that history.sqlite holds where IPython is told to keep them;
- ``logger.log`` and ``logger.log_write``: the file of ``%logstart``, with the outputs that ``%logstart -o`` adds;
- ``compile.cache``: the source lines that tracebacks print, and the debugger's copy of the cell (a file that the kernel
  writes for each cell while JupyterLab's debugger is on).

`notebook.kernel_log` does the same for the kernel's log at level DEBUG. A terminal's up-arrow reads what
``store_inputs`` stored.

The cell that loads the extension and the cells before it are stored already, and so is a cell whose text doesn't tell that
there is a secret in it, before that secret was used: `scrub_past` rewrites them.

Out of reach are the cell itself, what the front ends were sent (``execute_input``), and a terminal's own scroll-back;
a note tells the person so if the cell holds a secret.
"""

from __future__ import annotations

import contextlib
import linecache
import sys
from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from procore_jupyter.errors import without_frames
from procore_jupyter.notebook.redaction.cell_text import found_in
from procore_jupyter.notebook.redaction.known_secrets import KnownSecrets
from procore_jupyter.secret import Secret

if TYPE_CHECKING:
    from IPython.core.interactiveshell import ExecutionInfo, ExecutionResult, InteractiveShell

    from procore_jupyter.settings.settings import Settings


class HistoryGuard:
    """Removes secrets from one shell's history, between `install` and `remove`.

    Parameters
    ----------
    shell : InteractiveShell
        The notebook's shell.
    """

    def __init__(self, shell: InteractiveShell) -> None:
        self._shell: Any = shell
        #: The secrets that this notebook has used.
        self.known = KnownSecrets()
        self._learned = False
        self._undo: list[Callable[[], None]] = []
        self._on = False
        self._held_a_secret = False
        #: Sentences for the person, one for each place that could not be rewritten.
        self.left_over: tuple[str, ...] = ()

    def install(self) -> None:
        """Start to guard, and rewrite what the shell has stored already."""
        shell = self._shell
        self._on = True
        if shell.history_manager is not None:
            self._wrap(shell.history_manager, "store_inputs", self._store_inputs)
            self._wrap(shell.history_manager, "store_output", self._store_output)
        self._wrap(shell.logger, "log", self._log)
        self._wrap(shell.logger, "log_write", self._log_write)
        self._wrap(shell.compile, "cache", self._cache)
        shell.events.register("pre_run_cell", self._before)
        shell.events.register("post_run_cell", self._after)
        self._undo.append(lambda: shell.events.unregister("pre_run_cell", self._before))
        self._undo.append(lambda: shell.events.unregister("post_run_cell", self._after))
        self.scrub_past()

    def remove(self) -> None:
        """Stop, and restore the functions that were wrapped."""
        self._on = False
        while self._undo:
            with contextlib.suppress(ValueError):  # somebody else has unregistered the callback
                self._undo.pop()()

    def heed(self, settings: Settings) -> None:
        """Take note of the secrets of a connection; cells that hold one are rewritten when the running cell ends."""
        for secret in settings.secrets:
            self._learned |= self.known.learn(secret)

    def _wrap(self, owner: Any, name: str, around: Callable[..., Any]) -> None:
        before = getattr(owner, name)

        def wrapped(*args: Any, **kwargs: Any) -> Any:
            return around(before, *args, **kwargs) if self._on else before(*args, **kwargs)

        def undo() -> None:
            # If somebody else wrapped the function later, our wrapper stays inside theirs and only forwards calls.
            if vars(owner).get(name) is wrapped:
                delattr(owner, name)
                if getattr(owner, name) != before:
                    setattr(owner, name, before)

        setattr(owner, name, wrapped)
        self._undo.append(undo)

    # -- cells to come ---------------------------------------------------------------------------------

    def _before(self, info: ExecutionInfo) -> None:
        self._clean_completer()
        raw = info.raw_cell
        if isinstance(raw, str):
            for span in found_in(raw).secrets:
                self.known.learn(Secret(raw[span.start : span.end]))  # its outputs may hold it too
        self._held_a_secret = isinstance(raw, str) and self.known.redact(raw) != raw
        if self._held_a_secret:
            self._clean_info(info)
            self._clean_request()

    def _store_inputs(
        self, store: Callable[..., Any], line_num: int, source: str, source_raw: str | None = None
    ) -> None:
        raw = source if source_raw is None else source_raw
        store(line_num, self._clean_source(source, raw), self.known.redact(raw))

    def _store_output(self, store: Callable[..., Any], line_num: int) -> None:
        reprs = self._shell.history_manager.output_hist_reprs
        if isinstance(drawn := reprs.get(line_num), str):
            reprs[line_num] = self.known.redact_values(drawn)
        store(line_num)

    def _log(self, log: Callable[..., Any], line_mod: str, line_ori: str) -> None:
        log(self._clean_source(line_mod, line_ori), self.known.redact(line_ori))

    def _log_write(self, write: Callable[..., Any], data: str, kind: str = "input") -> None:
        write(self.known.redact_values(data) if isinstance(data, str) else data, kind)

    def _cache(
        self, cache: Callable[..., str], transformed_code: str, number: int = 0, raw_code: str | None = None
    ) -> str:
        name = cache(transformed_code, number, raw_code=raw_code)
        raw = transformed_code if raw_code is None else raw_code
        clean = self._clean_source(transformed_code, raw)
        if clean != transformed_code:
            _rewrite_lines(name, clean)
        self._rewrite_dump(name, raw)
        return name

    def _clean_source(self, source: str, raw: str) -> str:
        """Return a cell's transformed Python, made anew from the cell's redacted text."""
        clean = self.known.redact(raw)
        if clean == raw:
            return source
        if source in (raw, raw.rstrip("\n")):
            return clean
        try:
            transformed: str = self._shell.transform_cell(clean)
        except Exception:  # another extension's transformer failed, which is no reason to fail here
            return clean
        return transformed

    # -- the cell that is running, and those before ----------------------------------------------------

    def _after(self, result: ExecutionResult) -> None:
        raw = getattr(result.info, "raw_cell", None)
        if isinstance(raw, str) and self.known.redact(raw) != raw:
            self._held_a_secret = True  # the cell that loaded the extension
            self._clean_info(result.info)
        if isinstance(raw, str):
            self._learn_variables(raw)
        if self._learned:
            self._learned = False
            self.scrub_past()
        error = result.error_in_exec or result.error_before_exec
        if self._held_a_secret and error is not None:
            # The frames hold the cell's code, and IPython's own frames the magic's line, for %debug and %tb to find.
            # The error is printed already, so the person loses nothing.
            without_frames(error)
            if getattr(sys, "last_value", None) is error:
                sys.last_traceback = None
            self._shell.InteractiveTB.tb = None
        self._held_a_secret = False

    def _learn_variables(self, raw: str) -> None:
        """Take note of the values of variables that a cell has used as secrets."""
        for name in found_in(raw).names:
            value = self._shell.user_ns.get(name)
            if isinstance(value, bytes):
                value = value.decode(errors="ignore")
            if isinstance(value, str):
                self._learned |= self.known.learn(Secret(value[:]), name)

    def scrub_past(self) -> None:
        """Rewrite what this IPython session has stored so far."""
        manager = self._shell.history_manager
        self._clean_request()
        self._clean_completer()
        if self._shell.last_execution_result is not None:
            self._clean_info(self._shell.last_execution_result.info)
        if manager is None:
            return
        changed = {
            number: (self._clean_source(parsed, raw), self.known.redact(raw))
            for number, (parsed, raw) in enumerate(
                zip(manager.input_hist_parsed, manager.input_hist_raw, strict=False)
            )
            if self.known.redact(raw) != raw
        }
        if not changed:
            return
        for name, number in dict(getattr(self._shell.compile, "_filename_map", {})).items():
            if number in changed:
                self._rewrite_dump(name, manager.input_hist_raw[number])
            if (
                number in changed
                and "".join(linecache.getlines(name)).rstrip("\n") == manager.input_hist_parsed[number]
            ):
                _rewrite_lines(name, changed[number][0])
        olds = {manager.input_hist_raw[number]: raw for number, (_, raw) in changed.items()}
        logged = olds | {manager.input_hist_parsed[number]: parsed for number, (parsed, _) in changed.items()}
        for number, (parsed, raw) in changed.items():
            manager.input_hist_parsed[number] = parsed  # `In` and `_ih` are this very list
            manager.input_hist_raw[number] = raw
        for name in ("_i00", "_i", "_ii", "_iii"):
            with contextlib.suppress(AttributeError):
                setattr(manager, name, self.known.redact(getattr(manager, name)))
        # `_i1` and the like; `user_ns_hidden` holds the variables that %who does not list.
        for names in (self._shell.user_ns, self._shell.user_ns_hidden):
            for name, value in list(names.items()):
                if name.startswith("_i") and isinstance(value, str) and value in olds:
                    names[name] = olds[value]
        self._rewrite_database(manager, changed)
        self._rewrite_log(logged)

    def _clean_info(self, info: Any) -> None:
        raw = info.raw_cell
        clean = self.known.redact(raw) if isinstance(raw, str) else raw
        if clean != raw:
            transformed = getattr(info, "transformed_cell", None)
            if isinstance(transformed, str):
                info.transformed_cell = self._clean_source(transformed, raw)
            info.raw_cell = clean

    def _clean_completer(self) -> None:
        """Remove secrets from the text that was completed last."""
        completer = getattr(self._shell, "Completer", None)
        for name in ("line_buffer", "text_until_cursor"):
            if isinstance(text := getattr(completer, name, None), str) and self.known.redact(text) != text:
                setattr(completer, name, self.known.redact(text))

    def _clean_request(self) -> None:
        """Remove secrets from the kernel's copy of the request that it is working on."""
        for holder in (self._shell, getattr(self._shell, "kernel", None)):
            request: Any = getattr(holder, "get_parent", dict)()
            content = request.get("content") if isinstance(request, dict) else None
            if isinstance(content, dict) and isinstance(content.get("code"), str):
                content["code"] = self.known.redact(content["code"])

    def _rewrite_database(self, manager: Any, changed: dict[int, tuple[str, str]]) -> None:
        """Rewrite lines of this IPython session in history.sqlite, and leave none of the old bytes there."""
        if not getattr(manager, "enabled", False):
            return
        try:
            with manager.db_input_cache_lock:  # the saving thread holds it while it writes
                manager.db_input_cache = [
                    (line, *changed.get(line, (source, raw))) for line, source, raw in manager.db_input_cache
                ]
                with manager.db:
                    manager.db.execute("PRAGMA secure_delete=ON")
                    manager.db.executemany(
                        "UPDATE history SET source=?, source_raw=? WHERE session=? AND line=?",
                        [
                            (parsed, raw, manager.session_number, line)
                            for line, (parsed, raw) in changed.items()
                        ],
                    )
                    outputs = manager.db.execute(
                        "SELECT line, output FROM output_history WHERE session=?", (manager.session_number,)
                    ).fetchall()
                    manager.db.executemany(
                        "UPDATE output_history SET output=? WHERE session=? AND line=?",
                        [
                            (clean, manager.session_number, line)
                            for line, output in outputs
                            if output and (clean := self.known.redact_values(output)) != output
                        ],
                    )
        except Exception as error:
            told = (
                f"A secret is still in IPython's history file {manager.hist_file}, which could not be rewritten "
                f"({type(error).__name__}): delete that file."
            )
            self.left_over = (told,)

    def _rewrite_log(self, cells: dict[str, str]) -> None:
        """Rewrite the file of ``%logstart``: cells, and outputs that hold a known value."""
        file = getattr(self._shell.logger, "logfile", None)
        if file is None:
            return
        with contextlib.suppress(OSError, UnicodeError, ValueError):
            file.flush()
            with open(file.name, "r+", encoding="utf-8") as again:
                text = clean = again.read()
                for cell, redacted in cells.items():
                    clean = clean.replace(cell, redacted)
                clean = self.known.redact_cells(clean)
                if clean != text:
                    again.seek(0)
                    again.write(clean)
                    again.truncate()
                    again.flush()
                    file.seek(0, 2)  # the logger goes on at the end

    def _rewrite_dump(self, name: str, raw: str) -> None:
        """Remove secrets from the file that the debugger's copy of a cell stands in, if there is one."""
        clean = self.known.redact(raw)
        if clean == raw:
            return
        # Nearly always there is no such file.
        with (
            contextlib.suppress(OSError, UnicodeError),
            open(name, "r+", encoding="utf-8", newline="") as file,
        ):
            if file.read() == raw:
                file.seek(0)
                file.write(clean)
                file.truncate()


def _rewrite_lines(name: str, source: str) -> None:
    linecache.cache[name] = (len(source), None, source.splitlines(keepends=True), name)
