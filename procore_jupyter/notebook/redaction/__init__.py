"""What counts as a secret in a cell's text, and the text without it."""

from __future__ import annotations

from procore_jupyter.notebook.redaction.cell_text import found_in as found_in
from procore_jupyter.notebook.redaction.cell_text import redact as redact
from procore_jupyter.notebook.redaction.cell_text import secrets_in as secrets_in
from procore_jupyter.notebook.redaction.connection_text import redact_string as redact_string
from procore_jupyter.notebook.redaction.connection_text import secrets_in_string as secrets_in_string
from procore_jupyter.notebook.redaction.connection_text import segments as segments
from procore_jupyter.notebook.redaction.known_secrets import KnownSecrets as KnownSecrets
from procore_jupyter.notebook.redaction.secret_names import MASK as MASK
