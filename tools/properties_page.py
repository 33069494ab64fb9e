"""Draws `docs/properties.md` from the table of properties, so that it says what the code does.

.venv/bin/python -m tools.properties_page            draw it
.venv/bin/python -m tools.properties_page --check    only say whether it is as it would be drawn
"""

from __future__ import annotations

import sys
from pathlib import Path

from procore_jupyter.settings.properties import PROPERTIES

PAGE = Path(__file__).resolve().parent.parent / "docs/properties.md"

IN_WORDS = {
    "credential": "letters, digits, punctuation; no spaces",
    "count": "a whole number",
    "id": "a number",
    "location": "a path, `memory://NAME`, `keyring://`",
    "origin": "`https://host[:port]`",
    "path": "a path",
    "proxy": "a host, `http://host[:port]`",
    "seconds": "seconds",
    "text": "text",
    "timestamp": "milliseconds",
}
"""What a value looks like, by the kinds of `settings.kinds.KINDS` that have no choices."""

HEAD = """\
# Properties of a connection string

<!-- Drawn from procore_jupyter/settings/properties.py: change it there, then run  python -m tools.properties_page -->

```
%procore_connect Profile=Procore;Environment=Sandbox;OAuthClientId=…;CallbackURL=http://localhost:8888/procore-jupyter/callback;
```

A connection string is `name=value` pairs with `;` between them.

- Names are case-insensitive, and spaces in them are ignored: `OAuth Client Id` is `OAuthClientId`.
- A value that contains a `;`, ends in a quote, or begins or ends with a space must be in quotes, `"…"` or `'…'`; that quote is
  doubled inside: `'it''s; here'`.
- `name=` means *not given*, `name=""` the empty text. If a name is given twice, the last one counts, and you are told.
- In a cell (`%%procore_connect`) each property can be on a line of its own, without `;`; lines that begin with `#` are comments.
- A whole value `${NAME}` is taken from the environment variable `NAME`; in a notebook a whole value `{name}` is taken from your
  variable `name`. Nothing else is replaced: `C:\\profiles\\Procore.apip` stays what it is.
- A line that ends in `?` is IPython's help and never reaches us: end it with `;`.

Instead of a connection string you can give the name of a saved connection (`%procore_connect site`). Nothing at all means the
one saved as `default`. `--save NAME` saves: everything that the string says but the secrets, in `connections.json` in your data
folder. The Client Secret and the proxy's password go where your sign-ins are stored (`OAuthSettingsLocation`). Tokens and one-time
codes are not saved, nor is what came from the environment. It is saved once you have signed in.

What neither the string nor the saved connection gives comes from the environment, or else is the default.

| Property | If not given | Values | Meaning |
|---|---|---|---|"""


def page() -> str:
    """Return the whole page."""
    lines = [HEAD]
    for one in PROPERTIES:
        default = f"`{one.default}`" if one.default else one.otherwise
        allowed = ", ".join(f"`{choice}`" for choice in one.choices) or IN_WORDS[one.kind]
        secret = " **Secret**: never shown." if one.secret else ""
        lines.append(f"| `{one.name}` | {default} | {allowed} | {one.meaning}{secret} |")
    return "\n".join(lines) + "\n"


def main(arguments: list[str]) -> int:
    """Draw the page, or say that it is not as it would be drawn."""
    if "--check" not in arguments:
        PAGE.write_text(page(), encoding="utf-8", newline="\n")
    elif PAGE.read_text(encoding="utf-8") != page():
        print("docs/properties.md is not as it would be drawn: run  python -m tools.properties_page")
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
