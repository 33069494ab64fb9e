"""Which names are names of secrets, and which texts look like one."""

from __future__ import annotations

import enum
import re

from procore_jupyter.wording import is_placeholder


class Likelihood(enum.IntEnum):
    """How likely the value of a name is a secret."""

    NONE = 0
    #: Only if the value looks like one: ``token``, ``auth``.
    MAYBE = 1
    #: Unless the value is a word of the language: ``secret``, ``password``.
    LIKELY = 2
    #: Whatever the value is: ``OAuthClientSecret``, ``client_secret``, ``PROCORE_CLIENT_SECRET``.
    SURE = 3


_SURE = re.compile(
    r"(?:client|app|consumer|oauth|procore|api)secret(?:s|key|text|str|value)?\d*"
    r"|(?:access|refresh|bearer|oauth|procore)token(?:s|text|str|value)?\d*"
    r"|oauthverifier|codeverifier|(?:authorization|auth)code"
    r"|proxy(?:password|passwd|pass|pwd)"
)
_LIKELY = re.compile(r"(?:secret|password|passwd|passphrase|pwd|passwort|pw)\d*")
_MAYBE = re.compile(
    r"(?:secrets?|passwords?|tokens?|bearer|auth|authorization|credentials?|apikey|verifier|httpbasicauth)\d*"
)


_PART = re.compile(r"secret|token|verifier|pass|pwd|pw|bearer|auth|credential|api", re.IGNORECASE)


def likelihood(name: str) -> Likelihood:
    """Return how likely the value that stands under a name is a secret."""
    # Nothing is remembered here: what was no name may be a secret itself.
    if len(name) > 80 or _PART.search(name) is None:
        return Likelihood.NONE
    words = [word.casefold() for word in _WORD.findall(name)]
    while len(words) > 1 and words[-1] in _WHICH:
        words.pop()
    # The last words count: `client_secret_file` is the name of a file.
    for count in range(1, min(len(words), 5) + 1):
        if _SURE.fullmatch("".join(words[-count:])):
            return Likelihood.SURE
    # Written in one: `clientsecret`, `PROCORECLIENTSECRET`.
    if words and _SURE_END.search(words[-1]):
        return Likelihood.SURE
    if words and _LIKELY.fullmatch(words[-1]) and not {"is", "has", "no", "show", "hide"} & {words[0]}:
        return Likelihood.LIKELY
    for count in range(1, min(len(words), 2) + 1):
        if _MAYBE.fullmatch("".join(words[-count:])):
            return Likelihood.MAYBE
    return Likelihood.NONE


_WHICH = frozenset(
    [
        "prod",
        "production",
        "live",
        "sandbox",
        "monthly",
        "federal",
        "demo",
        "test",
        "testing",
        "dev",
        "development",
        "staging",
        "local",
        "old",
        "new",
        "default",
        "here",
    ]
)
"""Last words of a name that only say which of several secrets it is."""

_WORD = re.compile(r"[A-Z]+(?![a-z])\d*|[A-Z]?[a-z]+\d*|[^\W\d_]+\d*")
_SURE_END = re.compile(rf"(?:{_SURE.pattern})\Z")

_STAND_INS = re.compile(
    r"""
      \{\{? [^{}\n]* \}?\}          # {name} of a format, of an f-string, of a connection string; {{ … }} of a template
    | \$\{ [^{}\n]* \} | \$[A-Z][A-Z0-9_]+\b                         # an environment variable
    | %\(\w+\)[-#0 +\d.]*[sdr] | %[-#0 +\d.]*[sdr]                 # of %-formatting
    | % \w+ % | <[^<>\n]*> | \[[^\[\]\n]*\]
    | \\x00 | \\[nrt0]                                            # a string's white space
    """,
    re.VERBOSE,
)
"""What in a text only stands for something that is put in its place."""

_OF_A_SHELL = re.compile(r"\$\([^()\n]*\)|\$env:\w+|\$\w+|`[^`\n]*`")
"""What a shell puts something else in place of."""

_EXAMPLE = re.compile(
    r"(?:\*+|x{3,}|X{3,}|\.{2,}|…+|-+|_+|\?+|none|null|true|false|undefined)+", re.IGNORECASE
)
_THEN_PROSE = re.compile(rf"(?:{_STAND_INS.pattern}|…|\.{{3}})[^\w\s]*\s", re.VERBOSE)


def says_something(text: str, *, shell: bool = False) -> bool:
    """Tell whether a text is a value at all: not empty, no placeholder, not a mere reference to another value.

    Parameters
    ----------
    text : str
        The text.
    shell : bool
        A shell reads the text, and puts values in place of variables.
    """
    left = _STAND_INS.sub("", _OF_A_SHELL.sub("", text) if shell else text).strip(
        " \t\r\n\"'\\;,:=&+|/@-_.()`"
    )
    return bool(left) and _EXAMPLE.fullmatch(left) is None and not is_placeholder(text.strip())


def begins_with_a_stand_in(text: str) -> bool:
    """Tell whether a text is a placeholder and a sentence after it: ``… in your environment``."""
    return _THEN_PROSE.match(text) is not None


_CHANGES = re.compile(r"(?<=[A-Za-z])(?=\d)|(?<=\d)(?=[A-Za-z])")
_LETTERS = re.compile(r"[\w.~+/=!@#$%^&*:-]+")
_NAME_OF_SOMETHING = re.compile(
    r"[a-z][a-z0-9+.-]*://.*|.*[\\/].*[\\/].*|v?\d+(?:[.:T-]\d+)+.*|[\w-]+(?:\.[A-Za-z][\w-]*)+", re.DOTALL
)


def looks_random(text: str, least: int = 8) -> bool:
    """Tell whether a text looks like a generated secret: one word, letters and digits well mixed.

    Parameters
    ----------
    text : str
        The text.
    least : int
        Characters that it has at least.
    """
    text = text.strip()
    if len(text) < least or _LETTERS.fullmatch(text) is None or not says_something(text):
        return False
    return not looks_like_a_name(text) and len(_CHANGES.findall(text)) >= 3


def looks_like_a_name(text: str) -> bool:
    """Tell whether a text is an address, a path, a date, or a name with dots in it, such as a file's."""
    return _NAME_OF_SOMETHING.fullmatch(text) is not None and not text.startswith("eyJ")


def looks_chosen(text: str) -> bool:
    """Tell whether a text looks like a password: one word with a digit or a sign in it."""
    text = text.strip()
    if len(text) < 4 or any(c.isspace() for c in text) or not says_something(text) or text.endswith(":"):
        return False
    return bool(re.search(r"[\d!#$%&*+=?@^~|]", text)) and not looks_like_a_name(text)
