"""Files: the API's address of a file leads, for who is signed in, to a storage elsewhere that wants no sign-in.

The storage is on ``localhost``, the API on ``127.0.0.1``: two origins, as Procore and its object store are.
An address of the storage is good for a short while, for whoever has it.
"""

from __future__ import annotations

import hmac
import secrets
from collections.abc import Callable
from dataclasses import dataclass, field
from urllib.parse import urlsplit

from procore_jupyter.demo.company.attached import site_of_file
from procore_jupyter.demo.company.contents import MEDIA_TYPES, content, kind_of
from procore_jupyter.demo.company.records import Records
from procore_jupyter.demo.data import PEOPLE, SERVICE_ACCOUNT
from procore_jupyter.demo.handler import DemoHandler, Stage
from procore_jupyter.demo.oauth_messages import OAuthError
from procore_jupyter.demo.oauth_routes import EndpointHandler


@dataclass
class Signatures:
    """Addresses of the storage that nobody else can make up.

    Parameters
    ----------
    clock : callable
        The provider's time in seconds since the epoch.
    """

    clock: Callable[[], float]
    _key: bytes = field(default_factory=lambda: secrets.token_bytes(32), repr=False)

    def sign(self, file_id: str, name: str, lifetime: float) -> str:
        """Return a token for a file, good for so many seconds."""
        expires = str(int(self.clock() + lifetime))
        return f"{file_id}.{expires}.{self._signature(file_id, name, expires)}"

    def file_of(self, token: str, name: str) -> int | None:
        """Return the id of the file that a token is for; None where it is forged, or no longer good."""
        file_id, _, rest = token.partition(".")
        expires, _, signature = rest.partition(".")
        if not hmac.compare_digest(signature.encode(), self._signature(file_id, name, expires).encode()):
            return None
        return int(file_id) if self.clock() <= int(expires) else None

    def _signature(self, file_id: str, name: str, expires: str) -> str:
        return hmac.digest(self._key, f"{file_id}/{name}/{expires}".encode(), "sha256").hex()


class FileHandler(EndpointHandler):
    """``/files/<id>/<name>``: sends who is signed in on to the storage."""

    signatures: Signatures
    records: Callable[[], Records]

    def initialize(
        self,
        stage: Stage,
        signatures: Signatures | None = None,
        records: Callable[[], Records] | None = None,
    ) -> None:
        """Take the stage, what signs, and the records."""
        super().initialize(stage)
        assert signatures is not None
        assert records is not None
        self.signatures, self.records = signatures, records

    def get(self, file_id: str, name: str) -> None:
        """Redirect to the storage, or refuse."""
        try:
            token = self.stage.oauth.authenticate(self.bearer())
        except OAuthError as error:
            self.challenge(error)
            self.write_json({"errors": error.description}, 401)
            return
        person = SERVICE_ACCOUNT if token.user_id is None else PEOPLE[token.user_id]
        site = site_of_file(self.records(), int(file_id)) if len(file_id) < 20 else None
        if site is None or site.project.company.id not in person.companies or kind_of(name) is None:
            self.write_json({"errors": "File not found"}, 404)
            return
        signed = self.signatures.sign(file_id, name, self.stage.parameters().file_lifetime)
        port = urlsplit(f"//{self.request.host}").port or 80
        self.set_status(302)
        self.set_header("Location", f"http://localhost:{port}/storage/{signed}/{name}")
        self.finish()


class StorageHandler(DemoHandler):
    """``/storage/<token>/<name>``: gives a file to whoever has its address, and to nobody who signs in here."""

    signatures: Signatures

    def initialize(self, stage: Stage, signatures: Signatures | None = None) -> None:
        """Take the stage and what signs."""
        super().initialize(stage)
        assert signatures is not None
        self.signatures = signatures

    def get(self, token: str, name: str) -> None:
        """Give the file, or refuse."""
        if "Authorization" in self.request.headers:
            # As object stores do: the address is the permission, and there may be no second one.
            self._refuse(400, "InvalidArgument", "Only one auth mechanism allowed")
            return
        file_id = self.signatures.file_of(token, name)
        if file_id is None:
            self._refuse(403, "AccessDenied", "The address is not signed, or has expired")
            return
        self.set_header("Content-Type", MEDIA_TYPES[kind_of(name) or "txt"])
        self.set_header("Content-Disposition", f'attachment; filename="{name}"')
        self.finish(content(file_id, name))

    def _refuse(self, status: int, code: str, message: str) -> None:
        self.set_status(status)
        self.set_header("Content-Type", "application/xml")
        self.finish(f"<Error><Code>{code}</Code><Message>{message}</Message></Error>")
