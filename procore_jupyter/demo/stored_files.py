"""Files: with a token, the API's address of a file leads to a storage, which asks for no token.

The storage is on ``localhost``, the API on ``127.0.0.1``: two origins, as with Procore and its object store. An address
in the storage is good for a short while, for everybody who has it.
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
from procore_jupyter.demo.handler import DemoHandler
from procore_jupyter.demo.oauth_messages import OAuthError
from procore_jupyter.demo.oauth_routes import EndpointHandler


@dataclass
class Signatures:
    """Signs addresses in the storage, so that nobody can make one up.

    Parameters
    ----------
    clock : callable
        Returns the provider's time in seconds since the epoch.
    """

    clock: Callable[[], float]
    _key: bytes = field(default_factory=lambda: secrets.token_bytes(32), repr=False)

    def sign(self, file_id: str, name: str, lifetime: float) -> str:
        """Return the part of an address that permits a file, for `lifetime` seconds."""
        expires = str(int(self.clock() + lifetime))
        return f"{file_id}.{expires}.{self._signature(file_id, name, expires)}"

    def file_of(self, token: str, name: str) -> int | None:
        """Return the id of the file that such a part permits; None if it is forged or too old."""
        file_id, _, rest = token.partition(".")
        expires, _, signature = rest.partition(".")
        if not hmac.compare_digest(signature.encode(), self._signature(file_id, name, expires).encode()):
            return None
        return int(file_id) if self.clock() <= int(expires) else None

    def _signature(self, file_id: str, name: str, expires: str) -> str:
        return hmac.digest(self._key, f"{file_id}/{name}/{expires}".encode(), "sha256").hex()


class FileHandler(EndpointHandler):
    """``/files/<id>/<name>``: with a token, redirects to the storage."""

    signatures: Signatures
    records: Callable[[], Records]

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
    """``/storage/<permission>/<name>``: gives a file to everybody who has its address, and takes no token."""

    signatures: Signatures

    def get(self, token: str, name: str) -> None:
        """Answer with the file, or refuse."""
        if "Authorization" in self.request.headers:
            # As in object stores: the address is the permission, and a second one is an error.
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
