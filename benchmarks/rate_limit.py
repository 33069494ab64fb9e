"""How close kernels get to Procore's rate limit without ever being refused.

Claims: if a window of 10 seconds takes 25 requests, then 200 requests of one kernel, and of four kernels at once that
share a token, are never refused, and take at most 10 % longer than the windows that they need, and a second for each
window, as Procore tells the ends of windows in whole seconds.

The same where each request counts for the 60 seconds after it, as was seen of Procore: 100 requests, 25 in any minute.

Beside them stands what a script would do: `requests`, and after a 429 a sleep as long as its ``Retry-After``; one script
alone, and four at once. Each contest has an embedded Procore of its own, which counts the requests that it refuses. All
contests run at the same time, as they wait most of it.
"""

from __future__ import annotations

import argparse
import json
import math
import sys
import tempfile
import time
from dataclasses import dataclass
from pathlib import Path

from measuring import CHECKOUT, Claims, Started, print_table, print_title, with_checkout
from telling import tell

sys.path.insert(0, str(CHECKOUT))

from procore_jupyter.demo.app import DemoParameters, DemoProcore
from procore_jupyter.oauth.client import OAuthClient
from procore_jupyter.oauth.stores import open_store
from procore_jupyter.oauth.token_source import TokenSource
from procore_jupyter.oauth.token_store import TokenKey
from procore_jupyter.secret import Secret
from tests.oauth.provider import code_of, endpoints_of

REQUESTS = 200
"""Requests of one contest, by all its kernels together."""

KERNELS = 4
"""Kernels, or scripts, of a contest with several."""

LIMIT = 25
"""Requests that a window takes."""

WINDOW = 10.0
"""Seconds of a window."""

MINUTE = 60.0
"""Seconds for which a request counts, where each stops to count by itself."""

OF_THE_MINUTE = 100
"""Requests of a contest at such a server."""

ME = "/rest/v1.0/me"


def ours(text: str, count: str) -> None:
    import procore_jupyter

    procore = procore_jupyter.connect(text)
    began = time.time()
    good = sum(procore.get(ME).status_code == 200 for _ in range(int(count)))
    tell(good=good, began=began, ended=time.time())


def script(url: str, file: str, count: str) -> None:
    import requests

    session = requests.Session()
    session.headers["Authorization"] = f"Bearer {json.loads(Path(file).read_text())['access_token']}"
    began = time.time()
    good = 0
    for _ in range(int(count)):
        response = session.get(url + ME, timeout=60)
        while response.status_code == 429:
            time.sleep(float(response.headers["Retry-After"]))
            response = session.get(url + ME, timeout=60)
        good += response.status_code == 200
    tell(good=good, began=began, ended=time.time())


@dataclass
class Contest:
    """Kernels, or scripts, at a server of their own.

    Parameters
    ----------
    words : str
        Their name in the printed table.
    folder : Path
        The home folder of their processes.
    kernels : int
        How many there are.
    requests : int
        Requests that they make in all.
    rolling : bool
        Whether each request counts for a `MINUTE`, and not until the end of a window.
    """

    words: str
    folder: Path
    kernels: int
    requests: int
    rolling: bool = False
    seconds: float = 0.0
    refused: int = 0

    @property
    def window(self) -> float:
        """Seconds of a window."""
        return MINUTE if self.rolling else WINDOW

    @property
    def best(self) -> float:
        """The least time, in seconds, that the requests can take."""
        return (math.ceil(self.requests / LIMIT) - 1) * self.window

    @property
    def allowed(self) -> float:
        """The most, in seconds, that we allow ourselves."""
        return self.best * 1.1 + (1 if self.rolling else math.ceil(self.requests / LIMIT))

    def start(self, contestant: str) -> None:
        """Start the server and the processes."""
        self.provider = DemoProcore()
        self.provider.start()
        provider, self.folder = self.provider, Path(self.folder)
        self.folder.mkdir()
        provider.parameters = DemoParameters(
            spike_limit=LIMIT, spike_window=self.window, rolling=self.rolling, hourly_limit=None
        )
        client = OAuthClient(endpoints_of(provider.url), provider.client_id, Secret(provider.client_secret))
        token = client.exchange(code_of(provider), redirect_uri="http://localhost", code_verifier=None)
        if contestant == "ours":
            store = self.folder / "ours" / "tokens.json"
            host = provider.url.removeprefix("http://")
            key = TokenKey(host, provider.client_id, api_host=host)
            TokenSource(client, open_store(str(store)), key).adopt(token)
            text = (
                f"LoginURL={provider.url};APIURL={provider.url};OAuthClientId={provider.client_id};"
                f"OAuthClientSecret={provider.client_secret};OAuthSettingsLocation={store};CompanyId=1234;MaxWait=120"
            )
            arguments = [text]
        else:
            by_hand = self.folder / "token.json"
            by_hand.write_text(json.dumps(token.to_json()))
            arguments = [provider.url, str(by_hand)]
        environment = {**with_checkout(), "HOME": str(self.folder), "XDG_DATA_HOME": str(self.folder)}
        shares = [
            self.requests // self.kernels + (place < self.requests % self.kernels)
            for place in range(self.kernels)
        ]
        self._started = [
            Started([sys.executable, __file__, contestant, *arguments, str(share)], environment)
            for share in shares
        ]

    def end(self) -> None:
        """Wait for the end of the processes, and count what the server refused."""
        told = [one.ended().told for one in self._started]
        self.provider.stop()
        if sum(one["good"] for one in told) != self.requests:
            raise AssertionError(f"not all were answered: {told}")
        self.seconds = max(one["ended"] for one in told) - min(one["began"] for one in told)
        self.refused = sum(one.path == ME and one.status == 429 for one in self.provider.requests)


def main() -> int:
    """Measure, print, and return 0 if all claims hold."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    parser.add_argument("--requests", type=int, default=REQUESTS)
    parser.add_argument("--quick", action="store_true", help="a quarter of the requests")
    wanted = parser.parse_args()
    count = wanted.requests // 4 if wanted.quick else wanted.requests
    minutes = OF_THE_MINUTE // 2 if wanted.quick else OF_THE_MINUTE
    with tempfile.TemporaryDirectory() as folder:
        contests = [
            ("script", Contest("requests and Retry-After, one script", Path(folder, "a"), 1, count)),
            (
                "script",
                Contest(f"requests and Retry-After, {KERNELS} scripts", Path(folder, "b"), KERNELS, count),
            ),
            ("ours", Contest("ours, one kernel", Path(folder, "c"), 1, count)),
            ("ours", Contest(f"ours, {KERNELS} kernels", Path(folder, "d"), KERNELS, count)),
            (
                "script",
                Contest("requests and Retry-After, one script", Path(folder, "e"), 1, minutes, rolling=True),
            ),
            ("ours", Contest("ours, one kernel", Path(folder, "f"), 1, minutes, rolling=True)),
            ("ours", Contest(f"ours, {KERNELS} kernels", Path(folder, "g"), KERNELS, minutes, rolling=True)),
        ]
        for contestant, one in contests:
            one.start(contestant)
        for _, one in contests:
            one.end()
    claims = Claims()
    for rolling in (False, True):
        held = [(contestant, one) for contestant, one in contests if one.rolling == rolling]
        first = held[0][1]
        said = "any" if rolling else "a window of"
        print_title(
            f"{first.requests} requests where {said} {first.window:.0f} seconds take {LIMIT}: {first.best:.0f} s at best"
        )
        print_table(
            ["", "time", "beside the best", "refused (429)"],
            [
                [one.words, f"{one.seconds:.1f} s", f"{one.seconds / one.best:.2f} times", str(one.refused)]
                for _, one in held
            ],
        )
        mine = [one for contestant, one in held if contestant == "ours"]
        refused = sum(one.refused for one in mine)
        claims.check("nothing is refused", f"{refused} times", not refused)
        slowest = max(one.seconds for one in mine)
        claims.check(f"at most {first.allowed:.0f} s", f"{slowest:.1f} s", slowest <= first.allowed)
    return claims.status


if __name__ == "__main__":
    if sys.argv[1:2] == ["ours"]:
        ours(*sys.argv[2:])
    elif sys.argv[1:2] == ["script"]:
        script(*sys.argv[2:])
    else:
        sys.exit(main())
