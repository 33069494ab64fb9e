"""One real Jupyter server with many logins open at once, and with thousands of forgeries among them."""

from __future__ import annotations

import contextlib
import http.client
import random
import string
import threading
from collections import Counter
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from urllib.parse import urlencode, urlsplit

import psutil
import pytest

from procore_jupyter.login.discovery import JupyterServer, find_server
from procore_jupyter.login.poll import ServerReceiver
from procore_jupyter.login.ticket import OWNER_HEADER, TICKET_HEADER, Ticket
from procore_jupyter.oauth.authorization import AuthorizationRequest, AuthorizationResponse
from procore_jupyter.server.logins import LIMIT
from tests.servers import JupyterServerProcess
from tests.soak import SOAK
from tests.storms.provider_log import until

pytestmark = pytest.mark.timeout(900)

LOGINS = 200 if SOAK else 60
AMONG_FORGERIES = 200 if SOAK else 40
FORGERIES = 10_000 if SOAK else 500
BROWSERS = 8  # at a time
MEGABYTE = 1024 * 1024
PATH = "/procore-jupyter/"


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[JupyterServerProcess]:
    options = ["--ServerApp.allow_unauthenticated_access=False"]
    with JupyterServerProcess(tmp_path_factory.mktemp("server"), options=options) as process:
        yield process


class Waiting:
    """A kernel's side of a login: opened, and asked for with a long poll in a thread of its own.

    Parameters
    ----------
    server : JupyterServerProcess
        Where.
    found : JupyterServer
        The same, as kernels find it.
    number : int
        Which login; the answer that belongs to it is ``code-NUMBER``.
    """

    def __init__(self, server: JupyterServerProcess, found: JupyterServer, number: int) -> None:
        ticket = Ticket.create()
        self.code, self.state, self._stop = f"code-{number}", ticket.state, threading.Event()
        request = AuthorizationRequest.create(
            authorize_url="https://login.example.test/oauth/authorize",
            client_id="a client",
            redirect_uri=server.callback_url,
            state=ticket.state,
        )
        # Two hundred kernels on two cores: some have to wait for their turn.
        self.receiver = ServerReceiver(found, ticket, patience=60)
        self.receiver.open(request)
        self.answers: list[AuthorizationResponse | None] = []
        self._thread = threading.Thread(target=self._poll, daemon=True)
        self._thread.start()

    def _poll(self) -> None:
        self.answers.append(self.receiver.receive(self._stop))

    @property
    def polling(self) -> bool:
        """Whether it still waits for its answer."""
        return self._thread.is_alive() and not self.answers

    def close(self) -> None:
        self._stop.set()
        self.receiver.close()
        self._thread.join(60)
        assert not self._thread.is_alive()


@contextlib.contextmanager
def open_at_once(server: JupyterServerProcess, count: int) -> Iterator[list[Waiting]]:
    """Give logins, open at once."""
    found = find_server(server.callback_url, server.surroundings())
    assert found is not None
    with ThreadPoolExecutor(BROWSERS) as opening:
        opened = [*opening.map(lambda number: Waiting(server, found, number), range(count))]
        yield opened
        [*opening.map(Waiting.close, opened)]


class Browser:
    """Sends requests to the server, on one connection."""

    def __init__(self, server: JupyterServerProcess) -> None:
        self._connection = http.client.HTTPConnection("localhost", urlsplit(server.url).port, timeout=60)

    def ask(self, method: str, path: str, query: object = (), headers: dict[str, str] | None = None) -> int:
        """Return the status of an answer."""
        address = f"{PATH}{path}?{urlencode(query)}" if query else PATH + path  # type: ignore[arg-type]
        self._connection.request(method, address, headers=headers or {})
        answer = self._connection.getresponse()
        answer.read()
        return answer.status

    def close(self) -> None:
        self._connection.close()


def at_once(server: JupyterServerProcess, tasks: list[Callable[[Browser], int]]) -> list[int]:
    """Let several browsers share some tasks; return what each task returned."""
    results: list[int] = [0] * len(tasks)

    def work(first: int) -> None:
        browser = Browser(server)
        for number in range(first, len(tasks), BROWSERS):
            results[number] = tasks[number](browser)
        browser.close()

    with ThreadPoolExecutor(BROWSERS) as pool:
        [*pool.map(work, range(BROWSERS))]
    return results


def memory(server: JupyterServerProcess) -> float:
    """Return the megabytes that the server's process takes."""
    return float(psutil.Process(server.process.pid).memory_info().rss) / MEGABYTE


def answer_all(server: JupyterServerProcess, waiting: list[Waiting], chance: random.Random) -> None:
    """Bring every answer, in any order, and check that each has reached its own kernel and nobody else's."""

    def callback(login: Waiting, code: str) -> Callable[[Browser], int]:
        return lambda browser: browser.ask("GET", "callback", {"state": login.state, "code": code})

    shuffled = chance.sample(waiting, len(waiting))
    assert {*at_once(server, [callback(login, login.code) for login in shuffled])} == {200}
    # Whoever comes second changes nothing.
    assert {*at_once(server, [callback(login, "another-code") for login in shuffled])} == {400}
    until(lambda: all(login.answers for login in waiting), "an answer didn't arrive")
    for login in waiting:
        [answer] = login.answers
        assert answer is not None and answer.code is not None
        assert (answer.code.reveal(), answer.state) == (login.code, login.state)


def room_left(server: JupyterServerProcess) -> int:
    """Return how many more logins the server takes; they are closed again."""
    browser, tickets = Browser(server), []
    for _ in range(LIMIT + 1):
        ticket = Ticket.create()
        headers = {TICKET_HEADER: ticket.header, OWNER_HEADER: server.token}
        status = browser.ask("POST", "logins", headers=headers)
        if status == 429:
            break
        assert status == 201
        tickets.append(ticket)
    for ticket in tickets:
        assert browser.ask("DELETE", "logins/result", headers={TICKET_HEADER: ticket.header}) == 204
    browser.close()
    return len(tickets)


def test_many_logins_at_once_are_each_answered_once_and_to_the_right_kernel(
    server: JupyterServerProcess, chance: random.Random
) -> None:
    idle = memory(server)
    with open_at_once(server, LOGINS) as waiting:
        opened = memory(server)
        assert all(login.polling for login in waiting)
        answer_all(server, waiting, chance)
        answered = memory(server)
    print(f"idle {idle:.1f} MB, {LOGINS} logins open {opened:.1f} MB, all answered {answered:.1f} MB")
    assert answered - idle < 30
    assert room_left(server) == LIMIT  # nothing of them is kept


def test_forgeries_change_nothing_and_keep_nothing(
    server: JupyterServerProcess, chance: random.Random
) -> None:
    with open_at_once(server, AMONG_FORGERIES) as waiting:
        forged = [forgery(chance, [login.state for login in waiting]) for _ in range(FORGERIES)]
        at_once(server, [send for _, send, _ in forged[:100]])  # what the first ones load stays
        before = memory(server)
        statuses = at_once(server, [send for _, send, _ in forged])
        grown = memory(server) - before
        assert all(login.polling for login in waiting)
        assert room_left(server) == LIMIT - AMONG_FORGERIES
        answer_all(server, waiting, chance)
    print(f"{FORGERIES} forgeries: {dict(Counter(name for name, _, _ in forged))}, {grown:+.1f} MB")
    wrong = {(name, got) for (name, _, right), got in zip(forged, statuses, strict=True) if got not in right}
    assert wrong == set()
    assert grown < 5


Forgery = tuple[str, Callable[[Browser], int], set[int]]


def forgery(chance: random.Random, states: list[str]) -> Forgery:
    """Return what a stranger may try: its name, what sends it, and the answers that it may get."""
    known, somebody = chance.choice(states), text(chance)
    guess = chance.choice(
        [text(chance), swapped(chance, known), known[:-1], known + "A", known.swapcase(), ""]
    )
    ticket = {TICKET_HEADER: chance.choice([somebody, known])}
    wait = chance.choice(["0", "25", "999999"])
    callback, result = "callback", f"logins/result?wait={wait}"

    def get(*query: tuple[str, str], method: str = "GET") -> Callable[[Browser], int]:
        return lambda browser: browser.ask(method, callback, query)

    def kernel(method: str, path: str, headers: dict[str, str]) -> Callable[[Browser], int]:
        return lambda browser: browser.ask(method, path, headers=headers)

    code = ("code", text(chance))
    every: list[Forgery] = [
        ("a guessed state", get(("state", guess), code), {400}),
        ("a guessed state that was denied", get(("state", guess), ("error", "access_denied")), {400}),
        ("a state far too long", get(("state", known * 20), code), {400}),
        ("no state", get(code), {400}),
        ("no code", get(("state", known)), {400}),
        ("two codes", get(("state", known), code, ("code", "b")), {400}),
        ("two states", get(("state", known), ("state", guess), code), {400}),
        ("a code and an error", get(("state", known), code, ("error", "access_denied")), {400}),
        ("a code that no header carries", get(("state", known), ("code", "a\r\nb")), {400}),
        ("only a look", get(("state", known), code, method="HEAD"), {200}),
        ("a poll with a guessed ticket", kernel("GET", result, ticket), {404}),
        ("a poll without a ticket", kernel("GET", result, {}), {403}),
        ("a poll with half a ticket", kernel("GET", result, {TICKET_HEADER: somebody[:20]}), {403}),
        ("a stranger's end", kernel("DELETE", "logins/result", ticket), {404}),
        ("a stranger's opening", kernel("POST", "logins", ticket), {403}),
        ("a wrong proof", kernel("POST", "logins", {**ticket, OWNER_HEADER: somebody}), {403}),
        ("a guessed start page", kernel("GET", f"start?login={somebody[:22]}", {}), {302, 403}),
        ("a pasted address", kernel("POST", "paste", {}), {302, 403}),
    ]
    return chance.choice(every)


def text(chance: random.Random) -> str:
    """Return what looks like a state or a ticket."""
    characters = string.ascii_letters + string.digits + "-_"
    # Of the last character only four bits count; these have no others.
    return "".join(chance.choices(characters, k=42)) + chance.choice("AEIMQUYcgkosw048")


def swapped(chance: random.Random, state: str) -> str:
    """Return a state with one character changed."""
    place = chance.randrange(len(state) - 1)
    return state[:place] + ("A" if state[place] != "A" else "B") + state[place + 1 :]
