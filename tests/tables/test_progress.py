"""The line that says how far a reading is."""

from __future__ import annotations

from procore_jupyter.tables.progress import Progress


def test_a_wait_is_counted_down_whatever_its_words_are() -> None:
    now = [100.0]
    progress = Progress("rfis", clock=lambda: now[0])
    progress.waits("Stuck in traffic: going on", 9.0)
    now[0] += 4
    assert progress.waiting == "Stuck in traffic: going on in 5 s (interrupt to stop)"
    now[0] += 5
    assert progress.waiting == ""
