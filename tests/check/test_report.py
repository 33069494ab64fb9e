"""The report holds no value, name or id of the company's, wherever they stand."""

from __future__ import annotations

import json
import random
import re
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from procore_jupyter import cli
from procore_jupyter.check.report import OWN_TABLE
from procore_jupyter.check.vocabulary import cleaned, named, words
from procore_jupyter.demo import data, oddities
from procore_jupyter.demo.app import DemoProcore
from procore_jupyter.demo.parameters import DemoParameters
from tests.check.conftest import checkup_of
from tests.connecting import signed_in, text_for
from tests.session.conftest import Answer, Arrived, Server, servers

__all__ = ["servers"]  # a fixture of theirs, for these tests too

NAMES = (
    "Wildhare",
    "Zephyrine",
    "Okonjo",
    "Ørsted",
    "株式会社",
    "quixby",
    "QZX-77",
    "mcgillicuddy",
    "brønshøj",
    "Tillamook",
)
NUMBERS = (982_451_653, 77_231, 4_404_404)
PLANTED = (*NAMES, *map(str, NUMBERS), f"{NUMBERS[0]:,}")
OWN = "wildhare_ledger"
TABLES = [
    "companies", "projects", "users", "rfis", "rfi_replies", "submittals", "manpower_logs", "budget_views", "budget_detail_rows",
    "prime_contracts", "payment_applications", "documents", "action_plan_items", "plan_revision_logs", "punch_items", OWN,
]  # fmt: skip


class Planted:
    """An API that puts names and numbers wherever a server can put anything."""

    def __init__(self, seed: int) -> None:
        self.chance = random.Random(seed)

    def text(self) -> str:
        name, number = self.chance.choice(NAMES), self.chance.choice(NUMBERS)
        return self.chance.choice(
            [
                name, f"{name} {number}", f'Project "{name}" not found', f"{name} can't be blank", f"filters[{name}] is invalid",
                f"Invalid per_page of 1000 for {name}, exceeding max per_page of 100", f"'{name}' and {number} are not permitted",
                f"The End Date parameter cannot exceed the current day of {name}", f"App is not connected to {name} ({number}).",
            ]
        )  # fmt: skip

    def field(self) -> str:
        name = self.chance.choice(NAMES)
        return self.chance.choice(
            [
                name,
                name.lower(),
                f"{name} Total",
                f"custom_field_{self.chance.choice(NUMBERS)}",
                f"{name.lower()}_id",
            ]
        )

    def row(self) -> dict[str, Any]:
        known = self.chance.sample(
            [
                "id",
                "name",
                "status",
                "subject",
                "created_at",
                "number",
                "private",
                "due_date",
                "type",
                "priority",
            ],
            5,
        )
        row: dict[str, Any] = {
            name: self.chance.choice(
                [self.text(), self.chance.choice(NUMBERS), True, {self.field(): self.text()}]
            )
            for name in known
        }
        row["id"] = self.chance.choice(NUMBERS)
        return (
            row
            | {self.field(): self.text() for _ in range(3)}
            | {"custom_fields": {self.field(): {"data_type": "string", "value": self.text()}}}
        )

    def __call__(self, arrived: Arrived) -> Answer:
        path, name = (
            arrived.path.partition("?")[0],
            self.chance.choice(NAMES).encode("ascii", "ignore").decode() or "Tillamook",
        )
        headers = {
            f"X-{name}-Proxy": name,
            "Server": name,
            "Link": f"<https://{name}.test/{NUMBERS[1]}>; rel=next",
            "Total": str(NUMBERS[0]),
        }
        if path.endswith("/me"):
            return Answer(
                body=json.dumps({"id": NUMBERS[0], "name": self.text(), "login": self.text()}).encode(),
                headers=headers,
            )
        rows = [self.row() for _ in range(self.chance.choice([0, 3, 5, 9]))]
        if path in ("/rest/v1.0/companies", "/rest/v1.1/projects"):
            return Answer(
                body=json.dumps([{"id": number, "name": self.text()} for number in NUMBERS]).encode(),
                headers=headers,
            )
        status = self.chance.choice([200, 200, 200, 200, 400, 403, 404, 410, 422, 500])
        if status != 200:
            body: Any = self.chance.choice(
                [
                    {"errors": self.text()},
                    {"errors": {self.field(): [self.text()]}},
                    {"message": self.text()},
                    self.text(),
                ]
            )
        else:
            body = self.chance.choice(
                [rows, rows, {"data": rows}, {self.field(): rows}, [self.text()], {self.field(): self.text()}]
            )
        return Answer(status, json.dumps(body).encode(), headers)


@pytest.fixture
def profile(tmp_path: Path) -> Path:
    """Give a profile with a table of a person's own, whose names are theirs."""
    file = tmp_path / "Tillamook.toml"
    columns = "quixby = 'text'\nmcgillicuddy_total = 'money'\n"
    file.write_text(
        f'extends = "Procore"\n[tables.{OWN}]\npath = "/rest/v1.0/projects/{{project_id}}/mcgillicuddy"\n[tables.{OWN}.columns]\nid = "id"\n{columns}'
    )
    return file


@pytest.mark.parametrize("seed", range(8))
def test_nothing_that_was_planted_stands_in_the_report(
    servers: Callable[..., Server], profile: Path, seed: int
) -> None:
    server = servers(Planted(seed))
    text = f"Profile={profile};LoginURL={server.url};APIURL={server.url};InitiateOAuth=OFF;OAuthAccessToken=Zephyrine-token;CompanyId={NUMBERS[0]};MaxWait=1"
    checkup = checkup_of(text, TABLES, filters=True)
    lines = [*checkup.first(), *checkup.tables()]
    assert len(lines) > 20
    report = checkup.report
    assert [one for one in PLANTED if one.lower() in report.lower()] == []
    assert (
        str(profile.parent) not in report
        and server.url.partition("//")[2] not in report
        and str(Path.home()) not in report
    )
    assert OWN not in report and (OWN_TABLE in report) is any(line.finding.subject == OWN for line in lines)
    assert any(one.lower() in repr(lines).lower() for one in PLANTED)  # the person is told more


def test_the_report_of_the_demo_with_all_its_oddities_names_nobody(
    unlimited: DemoProcore,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    signed_in(unlimited, CompanyId="1234")
    unlimited.parameters = DemoParameters(hourly_limit=None, spike_limit=None, odd=oddities.named("all"))
    file = tmp_path / "report.md"
    text = text_for(unlimited, CompanyId="1234")
    tables = ["rfis", "budget_detail_rows", "prime_contracts", "payment_applications", "punch_items", "users"]
    assert cli.main(["check", text, "--tables", *tables, "--filters", "--yes", "--report", str(file)]) == 1
    report, shown = file.read_text(encoding="utf-8"), capsys.readouterr().out
    assert str(file) in shown and "Skyline Builders" in " ".join(shown.split())
    people = [person.name for person in data.PEOPLE.values()]
    names = [
        *people,
        *(one.name for one in data.COMPANIES.values()),
        *(one.name for one in data.PROJECTS),
        unlimited.client_id,
    ]
    parts = {part for name in names for part in re.findall(r"\w{5,}", name)} - {
        "Center",
        "Service",
        "Account",
    }
    assert [part for part in parts if re.search(rf"\b{part}\b", report)] == []
    for number in ("1234", "4711", "4713"):
        assert not re.search(rf"\b{number}\b", report)
    assert "Procore said: Invalid per_page of 1000, exceeding max per_page of 100" in report
    assert "updated_at" in report


@pytest.mark.parametrize(
    ("said", "told"),
    [
        ("Invalid per_page of 1000, exceeding max per_page of 100", "Invalid per_page of 1000, exceeding max per_page of 100"),
        ('The project "Harbor Tower" was not found', "The project … was not found"),
        ("Harbor Tower is not a project of Dana Reyes", "… is not a project of …"),
        ("filters[status]: must be an array", "filters[status]: must be an array"),
        ("User 48213 has no access to 4711", "User … has no access to …"),
        ("eyJhbGciOi.x.y", "…"),
        ("", ""),
    ],
)  # fmt: skip
def test_a_sentence_of_procores_keeps_its_own_words_alone(said: str, told: str) -> None:
    assert cleaned(said) == told


def test_names_of_fields_are_told_if_their_words_are_the_apis() -> None:
    assert (
        named(["last_updated_at", "Wild Hare Total", "wildhare_id", "custom_field_17", "status"])
        == "last_updated_at, custom_field, status, 2 fields of other words"
    )
    assert named([]) == "none"
    assert not {name.lower() for name in NAMES} & words()


def given_names() -> Iterator[str]:
    for person in data.PEOPLE.values():
        yield from person.name.lower().split()


def test_the_vocabulary_holds_no_names_of_people() -> None:
    assert not {*given_names()} & words()
