"""`[api]`: where the network API listens, how others reach it, and whose tokens it takes."""

import re
from datetime import UTC, date, datetime
from ipaddress import ip_address
from urllib.parse import urlsplit

import msgspec

from headgate.configure.groups import PERSON
from headgate.decide.mistakes import Mistakes

KEYS = ("listen", "public_url", "certificate", "key", "tokens")
TOKEN_KEYS = ("sha256", "person", "expires")
MOST_PORT = 65535

_LISTEN = re.compile(r"(\[[0-9a-fA-F:.]+\]|[0-9.]+|localhost):([0-9]{1,5})\Z")
_SHA256 = re.compile(r"[0-9a-f]{64}\Z")


class Token(msgspec.Struct, frozen=True):
    """A token of the API by its *sha256* (hexadecimal): whoever has it is *person*, until *expires* (since 1970)."""

    name: str
    sha256: str
    person: str
    expires: float | None = None


class Api(msgspec.Struct, frozen=True):
    """Where the API listens, on TCP.

    *public_url* is the origin by which others reach it, empty where that is its own address. *certificate* and *key*
    are files (PEM, absolute), empty where it speaks without TLS, which it does on loopback alone.
    """

    host: str
    port: int
    public_url: str = ""
    certificate: str = ""
    key: str = ""
    tokens: tuple[Token, ...] = ()


def api(value: object, mistakes: Mistakes) -> Api | None:
    """Return what the table `api` says, `None` where it is empty; what is wrong goes to *mistakes*."""
    if not isinstance(value, dict):
        mistakes.add(0, "api", '`api` is a table: `[api]`, then `listen = "127.0.0.1:8787"`')
        return None
    if not value:
        return None
    mistakes.unknown_keys(value, KEYS, "`[api]`")
    host, port = _listen(value.get("listen"), mistakes)
    found = Api(
        host,
        port,
        _public_url(value.get("public_url", ""), mistakes),
        file_at(value, "api", "certificate", mistakes),
        file_at(value, "api", "key", mistakes),
        _tokens(value.get("tokens", {}), mistakes),
    )
    _check(found, mistakes)
    return found


def is_loopback(host: str) -> bool:
    """Whether *host* is an address of this machine that no other machine reaches, or its usual name."""
    if host == "localhost":
        return True
    try:
        return ip_address(host).is_loopback
    except ValueError:
        return False


def is_secure_url(url: str) -> bool:
    """Whether *url* is `https:`, or `http:` to this machine itself; never one with a user's name in it."""
    try:
        parts = urlsplit(url)
        host, _port = parts.hostname or "", parts.port
    except ValueError:
        return False
    plain = bool(host) and "@" not in parts.netloc and url.isascii() and url.isprintable() and " " not in url
    return plain and (parts.scheme == "https" or (parts.scheme == "http" and is_loopback(host)))


def file_at(table: dict[str, object], part: str, key: str, mistakes: Mistakes) -> str:
    """Return the absolute path that *key* of the *table* called *part* names, empty where it names none."""
    value = table.get(key, "")
    if key in table and not (isinstance(value, str) and value.startswith("/") and "\0" not in value):
        mistakes.enter_at((part, key), part, key)
        mistakes.add_here(key, f"`{key}` is the absolute path of a file")
    return value if isinstance(value, str) else ""


def _listen(value: object, mistakes: Mistakes) -> tuple[str, int]:
    found = _LISTEN.match(value) if isinstance(value, str) else None
    host, port = (found[1].strip("[]"), int(found[2])) if found else ("", 0)
    try:
        right = bool(host == "localhost" or ip_address(host)) and 0 < port <= MOST_PORT
    except ValueError:
        right = False
    if right:
        return host, port
    what = '`listen` is an address and a port such as `"127.0.0.1:8787"` or `"[::1]:8787"`'
    mistakes.enter_at(("api", "listen") if value is not None else ("api",), "api", "listen")
    mistakes.add_here("listen", what)
    return "127.0.0.1", 0


def _check(found: Api, mistakes: Mistakes) -> None:
    """Tell what does not go together."""
    if bool(found.certificate) != bool(found.key):
        given = "certificate" if found.certificate else "key"
        mistakes.enter_at(("api", given), "api", given)
        mistakes.add_here(given, "`certificate` and `key` go together")
    if not is_loopback(found.host) and not (found.certificate and found.key):
        mistakes.enter_at(("api", "listen"), "api", "listen")
        mistakes.add_here("listen", "beyond loopback it needs TLS: `certificate` and `key`")
    if not found.public_url and found.port and ip_address(_number(found.host)).is_unspecified:
        mistakes.enter_at(("api", "listen"), "api", "listen")
        mistakes.add_here("listen", "where it listens on every address it needs a `public_url` to be reached by")


def _number(host: str) -> str:
    return "127.0.0.1" if host == "localhost" else host


def _public_url(value: object, mistakes: Mistakes) -> str:
    if value == "":
        return ""
    if isinstance(value, str) and is_secure_url(value):
        parts = urlsplit(value)
        if parts.path in {"", "/"} and not parts.query and not parts.fragment:
            return f"{parts.scheme}://{parts.netloc.lower()}"
    mistakes.enter_at(("api", "public_url"), "api", "public_url")
    mistakes.add_here("public_url", '`public_url` is an origin such as `"https://gate.example.com"`, without a path')
    return ""


def _tokens(value: object, mistakes: Mistakes) -> tuple[Token, ...]:
    if not isinstance(value, dict) or not all(isinstance(table, dict) for table in value.values()):
        mistakes.add(0, "tokens", "tokens are written as `[api.tokens.NAME]`, each a table of its own")
        return ()
    found: list[Token] = []
    for name, table in value.items():
        mistakes.enter_at(("api", "tokens", name), "token", name)
        token = _token(name, table, mistakes)
        if any(other.sha256 == token.sha256 != "" for other in found):
            mistakes.add_here("sha256", "another token has the same `sha256`; a token belongs to one person")
        found.append(token)
    return tuple(found)


def _token(name: str, table: dict[str, object], mistakes: Mistakes) -> Token:
    mistakes.unknown_keys(table, TOKEN_KEYS, "a token")
    sha256, person = table.get("sha256"), table.get("person")
    if not isinstance(sha256, str) or not _SHA256.match(sha256):
        mistakes.add_here("sha256", "`sha256` is that of the token, 64 small hexadecimal digits")
        sha256 = ""
    if not isinstance(person, str) or not PERSON.match(person):
        mistakes.add_here("person", '`person` is the name of whom the token belongs to, such as `"alice"`')
        person = ""
    return Token(name, sha256, person, _expires(table, mistakes))


def _expires(table: dict[str, object], mistakes: Mistakes) -> float | None:
    """Return when a token ends; a day begins at midnight, and a time without a zone is one of UTC."""
    value = table.get("expires")
    if isinstance(value, datetime):
        return (value if value.tzinfo else value.replace(tzinfo=UTC)).timestamp()
    if isinstance(value, date):
        return datetime(value.year, value.month, value.day, tzinfo=UTC).timestamp()
    if "expires" in table:
        mistakes.add_here("expires", "`expires` is a day or a time without quotes, such as `2027-01-31`")
    return None
