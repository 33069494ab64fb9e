"""Tab in our magics."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from IPython.core.completer import provisionalcompleter
from IPython.core.interactiveshell import InteractiveShell

from procore_jupyter import Procore, connect
from procore_jupyter.errors import ConfigurationError
from procore_jupyter.notebook.completion import completion
from procore_jupyter.notebook.completion.completion import candidates
from procore_jupyter.settings.properties import PROPERTIES

NAMES = [f"{one.name}=" for one in PROPERTIES]


@pytest.mark.parametrize(
    ("text", "typed", "texts"),
    [
        (
            "%procore_connect --",
            "--",
            ["--name", "--account", "--save", "--wait", "--timeout", "--login", "--via"],
        ),
        ("%procore_connect --wait --n", "--n", ["--name"]),
        ("%procore_connect --via ", "", ["server", "loopback", "paste"]),
        ("%procore_connect --via=p", "p", ["paste"]),
        ("%procore_connect --name ", "", []),
        ("%procore_connect --name x Envi", "Envi", ["Environment="]),
        ("%procore_connect envi", "envi", ["Environment="]),
        ("%procore_connect Profile=Demo; Envi", "Envi", ["Environment="]),
        ("%procore_connect Profile='a;b';Envi", "Envi", ["Environment="]),
        ("%procore_connect Environment=Demo;Envi", "Envi", []),
        ("%procore_connect OAuth Client S", "OAuth Client S", ["OAuthClientSecret="]),
        ("%procore_connect Profile=", "", ["Procore", "Demo"]),
        ("%procore_connect profile = d", "d", ["Demo"]),
        ("%procore_connect Environment='mon", "mon", ["MonthlySandbox"]),
        ("%procore_connect Readonly=", "", ["false", "true"]),
        ("procore_connect Envi", "Envi", ["Environment="]),
        ("x = 1\n  %procore_connect Envi", "Envi", ["Environment="]),
        ("%procore_connect Profile=Demo --s", "--s", ["--save"]),
        ("%procore_connect Profile=Demo;--wa", "--wa", ["--wait"]),
        ("%procore_connect site --via ", "", ["server", "loopback", "paste"]),
        (
            "%procore_connect OAuthClientSecret=ab --wait ",
            "",
            ["--name", "--account", "--save", "--wait", "--timeout", "--login", "--via"],
        ),
        ("%%procore_connect --w", "--w", ["--wait"]),
        ("%%procore_connect\nEnvi", "Envi", ["Environment="]),
        ("%%procore_connect --wait\n# who\nProfile=Demo\nTimeout=5;Envi", "Envi", ["Environment="]),
        ("%%procore_connect\nEnvironment=mo", "mo", ["MonthlySandbox"]),
        ("%procore_logout --", "--", ["--name", "--keep-token"]),
        ("%procore_status ", "", ["--name"]),
        ("%procore_status x", "", []),
        ("%procore_tables rfi", "rfi", ["rfis", "rfi_replies"]),
        ("%procore_tables --name x meeting", "meeting", ["meetings", "meeting_items"]),
        ('x = procore.table("budget_v', "budget_v", ["budget_views"]),
        ("procore.tables['budget_v", "budget_v", ["budget_views"]),
    ],
)
def test_what_may_come_next_is_offered(text: str, typed: str, texts: list[str]) -> None:
    found = candidates(text)
    assert found is not None
    assert (found.typed, found.texts) == (typed, texts)


def test_at_the_start_everything_is_offered() -> None:
    found = candidates("%procore_connect ")
    assert found is not None
    assert found.texts[: len(NAMES)] == NAMES
    assert "--name" in found.texts


@pytest.mark.parametrize(
    "text", ["", "x", "print(procore_connect)", "%procore_connect", "%time x", "%%sql\nEnvi"]
)
def test_elsewhere_nothing_is_offered(text: str) -> None:
    assert candidates(text) is None


@pytest.mark.parametrize("name", [one.name for one in PROPERTIES if one.secret])
def test_the_values_of_secrets_have_no_completions(name: str) -> None:
    for text in (f"%procore_connect {name}=", f"%procore_connect {name}=ab"):
        found = candidates(text)
        assert found is not None and found.texts == []


@given(st.text("PrOAuth=;'\"\n -%#", max_size=40))
def test_no_text_crashes_it(text: str) -> None:
    for start in ("%procore_connect ", "%%procore_connect\n", "%%procore_connect ", ""):
        found = candidates(start + text)
        assert found is None or (start + text).endswith(found.typed)


def complete(shell: InteractiveShell, text: str) -> list[str]:
    with provisionalcompleter():
        found = list(shell.Completer.completions(text, len(text)))
    return [text[: one.start] + one.text for one in found]


def test_the_shell_offers_them_and_no_python_names(shell: InteractiveShell) -> None:
    shell.user_ns["Environmental"] = 1
    assert complete(shell, "%procore_connect Profile=Demo;Envi") == [
        "%procore_connect Profile=Demo;Environment="
    ]
    assert complete(shell, "%procore_connect OAuth Client I") == ["%procore_connect OAuthClientId="]
    assert complete(shell, "%%procore_connect\nProfile=De") == ["%%procore_connect\nProfile=Demo"]
    assert "%procore_connect" in complete(shell, "%procore_c")


def test_it_never_connects_to_anything(shell: InteractiveShell, monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(*_: object) -> None:
        raise AssertionError("completion must not use the network")

    monkeypatch.setattr("socket.socket.connect", refuse)
    assert complete(shell, "%procore_connect Profile=De")


def test_the_tables_of_a_person_s_own_profile_are_offered_and_a_wrong_one_takes_nothing_away(
    shell: InteractiveShell, tmp_path: Path
) -> None:
    profile = tmp_path / "own.toml"
    profile.write_text(
        'extends = "Procore"\n[tables.crane_logs]\npath = "/rest/v1.0/projects/{project_id}/cranes"\n'
    )
    url = "http://127.0.0.1:9"
    mine = connect(f"Profile={profile};AuthScheme=NONE;LoginURL={url};APIURL={url}")
    shell.user_ns["mine"] = mine
    assert complete(shell, 'mine.table("crane_l') == ['mine.table("crane_logs']
    unnamed = connect(f"AuthScheme=NONE;LoginURL={url};APIURL={url}")
    shell.user_ns["mine"] = unnamed
    assert complete(shell, 'mine.table("crane_l') == []
    unnamed._configure(mine.settings, None)  # as the form does, once somebody has filled it in
    assert complete(shell, 'mine.table("crane_l') == ['mine.table("crane_logs']
    unnamed.close()
    mine.close()

    class Wrong(Procore):
        @property
        def tables(self) -> Any:
            raise ConfigurationError("the profile can't be read")

    other = Wrong.__new__(Wrong)
    shell.user_ns |= {"mine": other}
    assert complete(shell, 'mine.table("budget_vi') == ['mine.table("budget_views']


def test_a_fault_prints_nothing_over_what_is_typed(
    shell: InteractiveShell, capsys: pytest.CaptureFixture[str]
) -> None:
    class Odd:
        @property
        def __class__(self) -> Any:
            raise RuntimeError("nothing is bound here")

        @__class__.setter
        def __class__(self, new: type) -> None: ...

    shell.user_ns["odd"] = Odd()
    assert isinstance(complete(shell, 'odd.table("rfis", '), list)
    printed = capsys.readouterr()
    assert "Traceback" not in printed.out + printed.err


def test_after_unload_nothing_is_offered(shell: InteractiveShell) -> None:
    completion.remove(shell)
    assert not [one for one in complete(shell, "%procore_connect Envi") if one.endswith("Environment=")]


def test_an_older_ipython_completes_by_its_hook(
    shell: InteractiveShell, monkeypatch: pytest.MonkeyPatch
) -> None:
    shell.Completer.use_jedi = False
    completion.remove(shell)
    monkeypatch.delattr("IPython.core.completer.context_matcher")
    completion.install(shell)
    for text in ("%procore_connect Envi", "%%procore_connect --wa"):
        assert [one for one in complete(shell, text) if one.endswith(("Environment=", "--wait"))]
