"""A panel in a cell's output: widgets, what stands in for them where none are drawn, and a thread that keeps both true.

A panel has two outputs, because neither works everywhere:

1. the plain output: HTML for front ends that draw no widgets. The saved notebook holds it.
2. the view: core ipywidgets, whose content travels by comm and is not saved. Once the view is drawn the plain output
   disappears, by a style rule; when the front end reports the view, it becomes a line that a saved notebook shows.

A front end's reports may arrive on any thread (ipykernel's subshells), and not at all while a cell runs. So handlers of
widgets only put a word into the panel's inbox, and the panel's own thread acts on it. That thread carries the context
of the cell that the panel was made in, which is where ipykernel looks up the cell that an output belongs to.
"""

from __future__ import annotations

import contextlib
import contextvars
import logging
import queue
import threading
import uuid
from collections.abc import Callable, Iterable, Iterator
from typing import Any, Literal
from weakref import WeakValueDictionary

from IPython.display import display

from procore_jupyter.notebook.kernel import draws_outputs_once
from procore_jupyter.notebook.panels.panel_html import in_saved_notebook, lost, nothing
from procore_jupyter.notebook.panels.status_card import MimeBundle, message
from procore_jupyter.secret import Secret

log = logging.getLogger(__name__)

STOPPED = "This panel has stopped. Run `%procore_connect` again."

WIDE = {"width": "auto", "margin": "0"}
"""The layout of a widget that takes a panel's whole width."""

# By the id of its subject: a panel keeps its subject alive, so no id is used again while the panel stands here.
_shown: WeakValueDictionary[int, Panel] = WeakValueDictionary()


class Panel:
    """Two outputs of the running cell, and the thread that owns them.

    Parameters
    ----------
    subject : object
        What the panel is about. A panel of the same subject in another cell's output retires when this one is shown.
    title : str
        What the panel is called in the log: ``sign-in panel``.
    place : str
        Product and environment, which the panel is headed with.
    look : str
        The CSS class of the view.
    saved : str
        What a notebook keeps that is saved while the view is shown: a ``line`` that says what it was, or the ``plain`` output.
    """

    def __init__(
        self,
        subject: object,
        title: str,
        place: str,
        *,
        look: str = "procore-panel",
        saved: Literal["line", "plain"] = "line",
    ) -> None:
        self.id = uuid.uuid4().hex
        self._subject = subject
        self._title = title
        self._place = place
        self._look = look
        self._saved = saved
        self._inbox: queue.SimpleQueue[tuple[str, Secret | None]] = queue.SimpleQueue()
        self._box: Any = None
        self._open: Iterable[Any] = ()  # the widgets to close at the end

    @property
    def has_widgets(self) -> bool:
        """Whether the view was made; otherwise the plain output is all there is."""
        return self._box is not None

    def show(
        self, plain: MimeBundle, text: str, build: Callable[[], Any], follow: Callable[[], MimeBundle]
    ) -> None:
        """Draw the panel in the output of the running cell, start its thread, and return at once.

        Parameters
        ----------
        plain : dict
            The plain output, by MIME type. It may be saved, so it holds no secret.
        text : str
            The view's text form, which may be saved too.
        build : callable
            Makes the widgets, and returns the box that holds them.
        follow : callable
            Runs in the panel's thread: acts on `words`, and returns the output that takes the panel's place.
        """
        if (before := _shown.get(id(self._subject))) is not None:
            before.put("retire")
        _shown[id(self._subject)] = self
        self._display("plain", plain)
        try:
            box = build()
            box.children += (_line_without_kernel(),)
            box.add_class(self._look)
            box.add_class(f"procore-panel-{self.id}")
            # From 0 on the front end counts the views that it draws, and reports the count.
            box._view_count = 0
            box.observe(lambda change: self.put("viewed") if change["new"] else None, "_view_count")
        except Exception as error:  # no ipywidgets, or no front end that knows comms: the plain output stands
            log.debug("the %s can't be drawn (%s)", self._title, type(error).__name__)
        else:
            self._box, self._open = box, (box,)
            view = {"version_major": 2, "version_minor": 0, "model_id": box.model_id}
            # Without the widgets' `repr`, which would show what is in them.
            self._display("view", {"application/vnd.jupyter.widget-view+json": view, "text/plain": text})
        run = contextvars.copy_context().run
        threading.Thread(
            target=run, args=(self._run, follow), name=f"procore {self._title}", daemon=True
        ).start()

    def put(self, word: str, text: Secret | None = None, *, after: float = 0.0) -> None:
        """Put a word into the inbox, from any thread; `after` delays it by so many seconds."""
        if after:
            timer = threading.Timer(after, self.put, (word, text))
            timer.daemon = True
            timer.start()
        else:
            self._inbox.put((word, text))

    def words(self, every: float | None = None) -> Iterator[tuple[str, Secret | None]]:
        """Yield the words of the inbox, with their texts, until the panel retires.

        Parameters
        ----------
        every : float or None
            Seconds after which an empty word is yielded if no other came.
        """
        while True:
            try:
                word, text = self._inbox.get(timeout=every)
            except queue.Empty:
                word, text = "", None
            if word == "retire":
                return
            if word == "viewed":
                if self._saved == "line":
                    self._display("plain", in_saved_notebook(self.id, self._place), update=True)
            else:
                yield word, text

    def _run(self, follow: Callable[[], MimeBundle]) -> None:
        try:
            self._end(follow())
        except Exception as error:
            # The kernel is shutting down, or a front end's own hook failed: what the panel is about goes on without it.
            log.warning("the %s stopped (%s)", self._title, type(error).__name__)
            with contextlib.suppress(Exception):
                self._end(message(STOPPED, error=True))
        finally:
            with contextlib.suppress(Exception):
                _close(self._open)

    def _end(self, last: MimeBundle) -> None:
        """Put the last output in the panel's place; nothing of what the panel held stays."""
        if not self.has_widgets:
            self._display("plain", last, update=True)
            return
        if draws_outputs_once():
            import ipywidgets

            self._open = self._box.children
            self._box.children = (ipywidgets.HTML(last["text/html"], layout=WIDE),)
        # A front end that counts views would tell a closed widget that its last one is gone.
        self._box._view_count = None
        self._display("view", last, update=True)
        self._display("plain", nothing(self.id), update=True)

    def _display(self, which: str, bundle: dict[str, Any], *, update: bool = False) -> None:
        display(bundle, raw=True, display_id=f"procore-{which}-{self.id}", update=update)


def _line_without_kernel() -> Any:
    """Make the widget that stands alone in a panel once the front end has lost the kernel."""
    import ipywidgets

    line = ipywidgets.HTML(lost(), layout=WIDE)
    line.add_class("procore-lost")
    return line


def _close(widgets: Iterable[Any]) -> None:
    """Remove widgets, and all that is in them, from the kernel and from every front end."""
    import ipywidgets

    waiting = [*widgets]
    while waiting:
        one = waiting.pop()
        waiting += getattr(one, "children", ())
        for part in ("layout", "style"):
            if isinstance(made := getattr(one, part, None), ipywidgets.Widget):
                made.close()
        one.close()
