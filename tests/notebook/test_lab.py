"""What JupyterLab's sidebar asks a kernel: in a real kernel, on a subshell while a cell runs, and without subshells."""

from __future__ import annotations

import ast
import json
import time
from pathlib import Path
from typing import Any

import pytest

from procore_jupyter.demo.app import DemoProcore
from procore_jupyter.errors import DENIED
from procore_jupyter.notebook.lab import VERSION
from procore_jupyter.notebook.lab_sessions import in_the_sidebar
from tests.kernels import Kernel, new_id
from tests.notebook.conftest import StartKernel
from tests.people import new_browser, sign_in_at

ANSWER = "__import__('importlib').import_module('procore_jupyter.notebook.lab').answer"

Answer = dict[str, Any]


class Sidebar:
    """The sidebar's half of the talk with a kernel."""

    def __init__(self, kernel: Kernel, *, subshell: bool = True) -> None:
        self.kernel = kernel
        self.subshell = kernel.new_subshell() if subshell else None
        self.tickets = 0

    def once(self, question: str, **more: Any) -> Answer:
        """Ask once: the answer may be a ticket."""
        asked = json.dumps({"question": question, **more})
        reply = self.kernel.evaluate(f"{ANSWER}({asked!r})", self.subshell)
        assert reply["status"] == "ok", reply
        answer: Answer = json.loads(ast.literal_eval(reply["data"]["text/plain"]))
        assert answer.pop("v") == VERSION
        return answer

    def ask(self, question: str, **more: Any) -> Answer:
        """Ask until there is a result, or an error."""
        answer = self.once(question, **more)
        until = time.monotonic() + 60
        while "ticket" in answer:
            assert time.monotonic() < until, "it was never done"
            self.tickets += 1
            answer = self.once("result", ticket=answer["ticket"])
        return answer

    def ok(self, question: str, **more: Any) -> Any:
        """Return a result."""
        answer = self.ask(question, **more)
        assert "ok" in answer, answer
        return answer["ok"]

    def sign_in(self, demo: DemoProcore, text: str) -> Answer:
        """Connect, and sign in at the link that the sidebar shows."""
        shown = self.ok("connect", text=text)["session"]
        assert shown["state"] == "waiting", shown
        back = sign_in_at(shown["sign_in"]["url"])
        with new_browser() as browser:
            assert browser.get(back, timeout=20).status_code == 200
        state: Answer = self.ok("settle", arrived=True)
        assert state["session"]["state"] == "signed in", state
        return state


@pytest.fixture
def bare(start_kernel: StartKernel) -> Kernel:
    """Give a kernel that has loaded nothing."""
    return start_kernel()


def test_it_signs_in_finds_a_project_and_looks_into_a_table_while_a_cell_runs(
    bare: Kernel, demo: DemoProcore, line: str
) -> None:
    sidebar = Sidebar(bare)
    running = bare.submit("import time\nwhile True: time.sleep(0.05)")
    state = sidebar.ok("state")
    assert (state["sessions"], state["session"]) == ([], None)
    form = state["offers"].pop("form")
    assert form["redirect_uri"] and "client_secret" not in form
    assert state["offers"] == {"saved": [], "demo": True, "problem": ""}
    assert sidebar.ok("state")["sessions"] == [], "a look has made a session"

    state = sidebar.sign_in(demo, line)
    assert state["sessions"] == ["procore"] and state["offers"] is None
    assert state["session"]["sign_in"] is None and state["session"]["user"] == ""
    state = sidebar.ok("who")
    assert state["session"]["user"] == "Dana Reyes"
    assert state["session"]["line"] == f"%load_ext procore_jupyter\n%procore_connect {line}"
    assert len(state["session"]["companies"]) > 1 and state["session"]["company"] is None

    refused = sidebar.ask("projects")
    assert "Choose one" in refused["error"]["text"]
    assert sidebar.ok("use", company=1234)["session"]["company"] == [1234, "Skyline Builders"]
    line_with_company = sidebar.ok("state")["session"]["line"]
    assert (
        line_with_company == f"%load_ext procore_jupyter\n%procore_connect {line}\nprocore.use(company=1234)"
    )
    found = sidebar.ok("projects", search="harb tow")
    assert found["projects"] == [[4711, "Harbor Tower"]] and found["all"] > found["found"] == 1
    state = sidebar.ok("use", project=4711)
    assert state["session"]["project"] == [4711, "Harbor Tower", '"Harbor Tower"']
    assert state["session"]["rate"][0] < state["session"]["rate"][1]

    seen = sidebar.ok("preview", table="rfis", parameters={"status": "open"})
    assert seen["caption"].startswith("rfis · project 4711 Harbor Tower")
    assert "with 2 requests" in seen["caption"], "the rows, and once the labels of custom fields"
    sidebar.ok("preview", table="rfis", parameters={"status": "open"})
    asked = [one.path for one in demo.requests if one.path.endswith("/rfis")]
    assert len(asked) == 1, "the rows weren't kept, as those of head are"
    heads = [one["name"] for one in seen["columns"]]
    assert heads[:2] == ["number", "subject"] and "id" in heads
    assert {len(one["cells"]) for one in seen["columns"]} == {seen["rows"]}
    assert 10 < seen["rows"] <= 100
    assert "There is no table" in sidebar.ask("preview", table="rfiss")["error"]["text"]

    signed_out = sidebar.ok("sign_out")["session"]
    assert signed_out["state"] == "not signed in" and signed_out["problem"].endswith(
        "Connect again to sign in."
    )
    assert (running.status, running.outputs, bare.widgets) == ("", [], {}), "something was drawn"
    bare.interrupt()
    assert bare.finish(running).status == "error"
    cell = bare.run("print(type(procore).__name__, len(In))\n%procore_status")
    assert cell.text == "Procore 3\n" and "You signed out" in cell.plain + cell.error


def test_the_form_is_the_question_of_the_connection_and_the_secret_stands_in_no_other_message(
    start_kernel: StartKernel, demo: DemoProcore, line: str, home: Path, tmp_path: Path
) -> None:
    log = tmp_path / "log"
    kernel = start_kernel(log=log)
    sidebar = Sidebar(kernel)
    text = f"LoginURL={demo.url};APIURL={demo.url};{line.partition(';')[2]}"
    shown = sidebar.ok("connect", text=text)["session"]
    assert shown["state"] == "asked" and shown["form"]["redirect_uri"] == line.split("=")[2].rstrip(";")
    assert "client_secret" not in shown["form"]
    wrong = sidebar.ask("submit", fields={"client_id": demo.client_id})
    assert wrong["error"] == {"text": "The Client Secret is missing.", "about": "client_secret"}
    fields = {"client_id": demo.client_id, "client_secret": demo.client_secret, "company_id": "Skyline"}
    wrong = sidebar.ask("submit", fields=fields)
    assert (
        wrong["error"]["about"] == "company_id"
        and "Company ID must be a whole number" in wrong["error"]["text"]
    )
    shown = sidebar.ok("submit", fields={**fields, "company_id": "1234", "save_as": "site"})["session"]
    assert shown["state"] == "waiting" and shown["sign_in"]["url"].startswith(demo.url)
    with new_browser() as browser:
        assert browser.get(sign_in_at(shown["sign_in"]["url"]), timeout=20).status_code == 200
    shown = sidebar.ok("settle", arrived=True)["session"]
    assert shown["line"] == "%load_ext procore_jupyter\n%procore_connect site"
    assert any("Saved as `site`" in one for one in shown["notices"])

    secret = demo.client_secret
    assert secret not in kernel.said
    assert secret not in kernel.run("%history\nprint(In, _ih, _i, dir())").text
    kept = [path for path in home.rglob("*") if path.is_file() and secret.encode() in path.read_bytes()]
    assert {path.name for path in kept} == {"tokens.json", "demo.json"}
    assert kernel.run("import procore_jupyter").status == "ok"
    assert log.stat().st_size > 1000 and secret not in log.read_text(errors="replace")


def test_the_tables_come_in_groups_and_one_tells_its_columns_and_what_it_takes(bare: Kernel) -> None:
    sidebar = Sidebar(bare, subshell=False)  # as in a kernel that has none
    listed = sidebar.ok("tables")
    titles = [one["title"] for one in listed["groups"]]
    assert titles[0] == "Project management" and titles[-1] == "Core: companies, projects, people"
    assert ["rfis", "RFIs", "project"] in listed["groups"][0]["tables"]
    assert len(listed["tail"]) > 600
    assert len(json.dumps(listed)) < 100_000

    opened = sidebar.ok("table", table="rfis")
    assert ["due_date", "date", "when an answer is due, or the work"] in opened["columns"]
    assert opened["filters"][0] == ["status", "open, closed, draft", ['"open"', '"closed"', '"draft"']]
    assert opened["required"] == []
    values = {name: values for name, _, values in opened["filters"]}
    assert values["id"] == [] and "project_id" not in values
    leading = [title for _, title, _ in listed["tail"] if title.startswith(("List ", "Get ", "All ", "Of "))]
    assert leading == [] and all(title[:1] == title[:1].upper() for _, title, _ in listed["tail"])
    required = dict(sidebar.ok("table", table="rfi_replies")["required"])
    assert required == {"rfi_id": 'an id of rfis, several, or "all"'}


def test_the_form_that_is_offered_makes_the_session_when_it_is_sent(
    start_kernel: StartKernel, demo: DemoProcore, line: str
) -> None:
    kernel = start_kernel()
    sidebar = Sidebar(kernel)
    fields = {"client_id": demo.client_id, "client_secret": "", "environment": "Sandbox"}
    wrong = sidebar.ask("submit", fields=fields, text="CallbackURL=https://site.invalid/back;")
    assert wrong["error"]["about"] == "client_secret"
    asked = sidebar.ok("state")["session"]
    assert (asked["state"], asked["form"]["redirect_uri"]) == ("asked", "https://site.invalid/back")
    shown = sidebar.ok("submit", fields={**fields, "client_secret": "wrong"})["session"]
    assert shown["state"] == "waiting" and shown["sign_in"]["redirect_uri"] == "https://site.invalid/back"
    # Who doesn't sign in finds again what was typed, but for the secret.
    form = sidebar.ok("cancel")["offers"]["form"]
    assert (form["environment"], form["client_id"]) == ("Sandbox", demo.client_id)


def test_advice_to_run_a_magic_names_the_button_in_its_place() -> None:
    for said, shown in (
        (DENIED, DENIED.replace("Run %procore_connect again", "Connect again")),
        (
            "Nobody is signed in. Run `%procore_connect` to sign in.",
            "Nobody is signed in. Connect to sign in.",
        ),
        ("Is it one? Then add Environment=Sandbox.", "Is it one? Then choose the environment Sandbox."),
        ("Check it, then run %procore_connect again.", "Check it, then connect again."),
        (
            "Rename it, or run %procore_connect --name other",
            "Rename it, or run %procore_connect --name other",
        ),
        ("Run %procore_connect site again.", "Run %procore_connect site again."),
    ):
        assert in_the_sidebar(said) == shown


def test_what_goes_wrong_is_an_answer(bare: Kernel) -> None:
    sidebar = Sidebar(bare, subshell=False)
    assert "doesn't know the question 'dance'" in sidebar.once("dance")["error"]["text"]
    assert "Not connected" in sidebar.ask("who")["error"]["text"]
    assert "Try again" in sidebar.once("result", ticket=7)["error"]["text"]
    assert "There is no table" in sidebar.once("table", table=new_id())["error"]["text"]
    bare.run("procore = 7")
    assert "already something else" in sidebar.ask("connect")["error"]["text"]
    assert bare.run("print(procore)").text == "7\n"
    reply = bare.evaluate(f"{ANSWER}('no JSON')")
    assert "Something unexpected happened (JSONDecodeError)" in reply["data"]["text/plain"]


def test_a_preview_is_stopped_within_a_moment(bare: Kernel, demo: DemoProcore, line: str) -> None:
    sidebar = Sidebar(bare)
    sidebar.sign_in(demo, line)
    sidebar.ok("use", company=1234)
    demo.answer_next("*/rfis", delay=60.0, times=9)
    answer = sidebar.once("preview", table="rfis", parameters={"project_id": 4711})
    assert answer["waiting"] == "" and isinstance(answer["ticket"], int)
    begun = time.monotonic()
    answer = sidebar.ask("stop", ticket=answer["ticket"])
    assert answer["error"]["text"] == "Stopped."
    assert time.monotonic() - begun < 30.0, "the request was waited for"
    # A table after that comes as if nothing had been.
    assert sidebar.ok("preview", table="submittals", parameters={"project_id": 4711})["rows"] > 10
