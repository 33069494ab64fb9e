"""What the filter of the kernel's log takes out, and that it goes away again."""

from __future__ import annotations

import logging
from types import SimpleNamespace
from typing import Any

import pytest

from procore_jupyter.notebook import kernel_log
from procore_jupyter.notebook.redaction.known_secrets import KnownSecrets

SECRET = "zqS3cretzq"
CELL = f"%procore_connect OAuthClientSecret={SECRET};"

# As ipykernel and comm log them: the format, and what is given to it.
RECORDS: dict[str, tuple[str, tuple[Any, ...]]] = {
    "a cell": ("   Content: %s\n   --->\n   ", ({"code": CELL, "silent": False},)),
    "a whole message": ("%s: %s", ("execute_request", {"header": {}, "content": {"code": CELL}})),
    "a debugger's request": ("Control received: %s", ({"content": {"arguments": {"code": CELL}}},)),
    "a widget's change": ("   Content: %s", ({"comm_id": "1", "data": {"method": "update", "state": {"value": SECRET}}},)),
    "a comm's": ("handle_msg[%s](%s)", ("1", {"content": {"data": {"state": {"value": SECRET}}, "buffers": []}})),
    "deep inside": ("%s", ({"a": [{"b": {"c": [{"d": {"value": SECRET}}]}}]},)),
}  # fmt: skip


@pytest.mark.parametrize("name", RECORDS)
def test_what_was_typed_is_taken_out_of_the_record_and_left_in_the_message(
    name: str, caplog: pytest.LogCaptureFixture
) -> None:
    log = logging.getLogger("a kernel's own")
    shell: Any = SimpleNamespace(kernel=SimpleNamespace(log=log))
    form, arguments = RECORDS[name]
    before = repr(arguments)
    made = kernel_log.install(shell, KnownSecrets())
    with caplog.at_level(logging.DEBUG):
        log.debug(form, *arguments)
        logging.getLogger("Comm").debug(form, *arguments)
        log.debug("nothing in it")
    assert len(caplog.records) == 3
    assert "***" in caplog.text
    assert SECRET not in caplog.text
    assert SECRET not in str([vars(one) for one in caplog.records])
    assert repr(arguments) == before
    kernel_log.remove(shell, made)
    assert log.filters == [] and made not in logging.getLogger("Comm").filters
    caplog.clear()
    with caplog.at_level(logging.DEBUG):
        log.debug(form, *arguments)
    assert SECRET in caplog.text


def test_what_is_nested_without_end_is_cut_off(caplog: pytest.LogCaptureFixture) -> None:
    endless: dict[str, Any] = {"value": SECRET}
    endless["again"] = endless
    log = logging.getLogger("a kernel's own")
    shell: Any = SimpleNamespace(kernel=SimpleNamespace(log=log))
    made = kernel_log.install(shell, KnownSecrets())
    with caplog.at_level(logging.DEBUG):
        log.debug("%s", endless)
    kernel_log.remove(shell, made)
    assert SECRET not in caplog.text


def test_a_terminal_has_no_such_log() -> None:
    shell: Any = SimpleNamespace()
    made = kernel_log.install(shell, KnownSecrets())
    kernel_log.remove(shell, made)
    assert made not in logging.getLogger("Comm").filters
