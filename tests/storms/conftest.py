"""Real kernels that share one stored sign-in at one provider, and nothing else."""

from __future__ import annotations

import itertools
import json
import os
import random
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any, NamedTuple

import pytest

from procore_jupyter.demo.app import DemoParameters, DemoProcore
from procore_jupyter.demo.data import PEOPLE
from procore_jupyter.oauth.client import OAuthClient
from procore_jupyter.oauth.stores import open_store
from procore_jupyter.oauth.token import Token
from procore_jupyter.oauth.token_source import TokenSource
from procore_jupyter.oauth.token_store import StoredToken, TokenKey
from procore_jupyter.secret import Secret
from tests.connecting import text_for
from tests.kernels import Cell, Kernel
from tests.oauth.provider import PERSON, code_of, endpoints_of
from tests.storms.provider_log import until

ROOT = Path(__file__).parents[2]
SEED = int(os.environ.get("PROCORE_SEED", "0"))  # read here: the tests themselves have a bare environment


class Failure(NamedTuple):
    """A call that failed: when, in seconds since the epoch, and what it said."""

    time: float
    problem: str


class Shared:
    """One person's stored sign-in at one provider, as all kernels of the machine share it.

    Parameters
    ----------
    demo : DemoProcore
        The provider.
    folder : Path
        Where the sign-in is kept, and the kernels' lists of what failed.
    """

    def __init__(self, demo: DemoProcore, folder: Path) -> None:
        self.demo, self.folder = demo, folder
        self.file = folder / "tokens.json"
        self.text = text_for(demo, OAuthSettingsLocation=str(self.file))

    def sign_in(self, person: int = PERSON, account: str = "default") -> Token:
        """Sign a person in, as a notebook does whose link they have clicked."""
        client = OAuthClient(
            endpoints_of(self.demo.url), self.demo.client_id, Secret(self.demo.client_secret)
        )
        token = client.exchange(
            code_of(self.demo, person=person), redirect_uri="http://localhost", code_verifier=None
        )
        TokenSource(client, open_store(str(self.file)), self._key(account)).adopt(token)
        return token

    def stored(self, account: str = "default") -> StoredToken | None:
        """Return what is kept; fails where the file isn't whole."""
        json.loads(self.file.read_text())
        return open_store(str(self.file)).load(self._key(account))

    def failures(self, kernel: StormKernel | None = None, *, since: float = 0.0) -> list[Failure]:
        """Return what failed in the storms so far, in one kernel or in all, in order."""
        found = []
        for log in self.folder.glob(f"*-{kernel.number if kernel else '*'}.log"):
            # A killed kernel's last line may be half a line.
            for line in log.read_text(encoding="utf-8").rpartition("\n")[0].splitlines():
                found.append(Failure(**json.loads(line)))
        return sorted(failure for failure in found if failure.time >= since)

    def _key(self, account: str) -> TokenKey:
        host = self.demo.url.removeprefix("http://")
        return TokenKey(host, self.demo.client_id, account, api_host=host)


class StormKernel(Kernel):
    """A real kernel with the extension loaded."""

    _numbers = itertools.count(1)

    def __init__(self, home: Path, before: str = "") -> None:
        super().__init__(
            {"HOME": str(home), "IPYTHONDIR": str(home / "ipython"), "PYTHONPATH": str(ROOT)},
        )
        self.number = next(self._numbers)
        self.good(before + "\n%load_ext procore_jupyter\nfrom tests.storms.calls import Storm")

    def good(self, code: str) -> Cell:
        """Run a cell that must not fail."""
        cell = self.run(code)
        assert cell.status == "ok", cell.error
        return cell

    def connect(self, shared: Shared, options: str = "") -> None:
        """Run ``%procore_connect`` on the stored sign-in."""
        cell = self.good(f"%procore_connect {options} {shared.text}")
        assert "procore-card" in cell.html and "Sign in" not in cell.plain, cell.saved

    def storm(
        self,
        shared: Shared,
        *,
        threads: int = 8,
        session: str = "procore",
        login: str = "",
        name: str = "storm",
    ) -> None:
        """Begin to call an endpoint all the time."""
        log = str(shared.folder / f"{name}-{self.number}.log")
        self.good(f"{name} = Storm({session}, {log!r}, threads={threads}, login={login!r})")

    def stop(self, name: str = "storm") -> int:
        """Stop it; return how many calls have succeeded."""
        self.good(f"{name}.stop()")
        return int(self.value(f"{name}.calls"))

    def value(self, expression: str) -> Any:
        """Return the value of an expression."""
        return json.loads(self.good(f"import json; print(json.dumps({expression}))").text)

    def goes_on(self, name: str = "storm") -> None:
        """Wait until each thread has had another call that succeeded."""
        before = self.value(f"{name}._calls")
        until(
            lambda: all(now > then for now, then in zip(self.value(f"{name}._calls"), before, strict=True)),
            "a kernel doesn't go on",
        )


class Kernels:
    """The kernels of a test file; they are started when they are first asked for.

    Parameters
    ----------
    home : Path
        Their home folder.
    """

    def __init__(self, home: Path) -> None:
        self._home = home
        self.all: list[StormKernel] = []

    def some(self, count: int) -> list[StormKernel]:
        """Return so many kernels, started if need be, side by side."""
        with ThreadPoolExecutor() as starting:
            for started in [starting.submit(self.new) for _ in range(count - len(self.all))]:
                started.result()
        return self.all[:count]

    def new(self, before: str = "") -> StormKernel:
        """Start one more; `before` runs before the extension is loaded."""
        kernel = StormKernel(self._home, before)
        self.all.append(kernel)
        return kernel

    def kill(self, kernel: StormKernel) -> None:
        """End a kernel as ``kill -9`` does."""
        self.all.remove(kernel)
        kernel.close()


@pytest.fixture(scope="module")
def kernels(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Kernels]:
    """Give the kernels that a file's tests share."""
    made = Kernels(tmp_path_factory.mktemp("kernels"))
    yield made
    for kernel in [*made.all]:
        kernel.close()


@pytest.fixture
def shared(demo: DemoProcore, tmp_path: Path) -> Shared:
    """Give a stored sign-in at a provider that limits nobody."""
    demo.parameters = DemoParameters(spike_limit=None, hourly_limit=None)
    made = Shared(demo, tmp_path)
    made.sign_in()
    return made


@pytest.fixture
def chance() -> random.Random:
    """Give chance; its seed is printed."""
    seed = SEED or random.randrange(1, 1_000_000)
    print(f"seed {seed}  (PROCORE_SEED={seed} repeats it)")
    return random.Random(seed)


def login_of(person: int) -> str:
    """Return what the API calls a person."""
    return PEOPLE[person].login
