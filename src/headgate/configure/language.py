"""The text of `headgate.toml` to facts about the operator's world, or every mistake in it with its place."""

import hashlib
from collections.abc import Iterable

import msgspec

from headgate.classify.tool_map import Entry
from headgate.configure.agents import Template, agents
from headgate.configure.groups import groups
from headgate.configure.journal import JournalTerms, journal
from headgate.configure.network import Api, api
from headgate.configure.pools import pools
from headgate.configure.telemetry import TelemetryTerms, telemetry
from headgate.configure.tools import entries
from headgate.configure.webhook import Webhook, webhook
from headgate.decide.mistakes import Mistakes
from headgate.model.errors import HeadgateError
from headgate.model.pool import Pool

_TOP = ("schema", "inventory", "tool", "agents", "pools", "groups", "api", "webhook", "journal", "telemetry")
_ENVIRONMENTS = ("prod", "staging", "dev")

NOTHING_USED = "repair the file; until then nothing of it is used"


class Configuration(msgspec.Struct, frozen=True):
    """What the operator told: pairs of an environment and a pattern, entries of the tool map, agents, and pools.

    Of the *agents*, the usual one stands first. *digest* is the SHA-256 of the text, empty where there was none.
    *groups* are the persons of each group. *api* and *webhook* are how people are asked and answer over the network.
    *journal* says how the journal is kept, *telemetry* who is told of what it says.
    """

    inventory: tuple[tuple[str, str], ...] = ()
    tools: tuple[Entry, ...] = ()
    digest: str = ""
    agents: tuple[Template, ...] = ()
    pools: tuple[Pool, ...] = ()
    groups: dict[str, tuple[str, ...]] = {}
    api: Api | None = None
    webhook: Webhook | None = None
    journal: JournalTerms | None = None
    telemetry: TelemetryTerms | None = None


def load(text: str, name: str = "headgate.toml") -> Configuration:
    """Return the configuration in *text* (TOML); *name* is the file's name in messages.

    Raises `HeadgateError` HG111 with every mistake, one a line, as `name:line: what, what to do`.
    """
    mistakes = Mistakes(name, text, "tool")
    document = mistakes.document()
    if document is None:
        raise wrong(mistakes.found)
    mistakes.unknown_keys(document, _TOP, "the configuration")
    if document.get("schema") != 1:
        mistakes.add(0, "schema", "`schema = 1` is required")
    found = Configuration(
        _inventory(document.get("inventory", {}), mistakes),
        entries(document.get("tool", []), mistakes),
        hashlib.sha256(text.encode("utf-8", "surrogatepass")).hexdigest(),
        agents(document.get("agents", {}), mistakes),
        pools(document.get("pools", {}), mistakes),
        groups(document.get("groups", {}), mistakes),
        api(document.get("api", {}), mistakes),
        webhook(document.get("webhook", {}), mistakes),
        journal(document.get("journal", {}), mistakes),
        telemetry(document.get("telemetry", {}), mistakes),
    )
    if mistakes.found:
        raise wrong(mistakes.found)
    return found


def wrong(lines: list[str]) -> HeadgateError:
    """Return the fault that holds these mistakes, one a line."""
    return HeadgateError("HG111", "the configuration is wrong:\n" + "\n".join(lines), NOTHING_USED)


def joined(found: Iterable[Configuration]) -> Configuration:
    """Return all of *found* as one: what stands first counts first."""
    every = tuple(found)
    return Configuration(
        tuple(pair for item in every for pair in item.inventory),
        tuple(entry for item in every for entry in item.tools),
        hashlib.sha256("".join(item.digest for item in every).encode()).hexdigest() if every else "",
        _joined_agents(every),
        tuple({pool.name: pool for item in reversed(every) for pool in item.pools}.values()),
        {name: persons for item in reversed(every) for name, persons in item.groups.items()},
        next((item.api for item in every if item.api), None),
        next((item.webhook for item in every if item.webhook), None),
        next((item.journal for item in every if item.journal), None),
        next((item.telemetry for item in every if item.telemetry), None),
    )


def _joined_agents(every: tuple[Configuration, ...]) -> tuple[Template, ...]:
    """Return the agents of *every* configuration, the usual one first; of two with one name, the first counts."""
    found = {template.name: template for item in reversed(every) for template in item.agents}
    named = dict.fromkeys(template.name for item in every for template in item.agents)
    return tuple(sorted((found[name] for name in named), key=lambda template: not template.default))


def _inventory(table: object, mistakes: Mistakes) -> tuple[tuple[str, str], ...]:
    if not isinstance(table, dict):
        mistakes.add(0, "inventory", '`inventory` is a table: `[inventory]`, then `prod = ["db-*"]`')
        return ()
    mistakes.unknown_keys(table, _ENVIRONMENTS, "inventory")
    return tuple(
        (name, pattern) for name in _ENVIRONMENTS for pattern in _patterns(name, table.get(name, []), mistakes)
    )


def _patterns(name: str, value: object, mistakes: Mistakes) -> list[str]:
    if isinstance(value, list) and all(isinstance(item, str) and item for item in value):
        return list(
            dict.fromkeys(form for item in value for form in (item, item.lower()))
        )  # hosts are in small letters
    mistakes.add(0, name, f'`{name}` is a list of patterns such as `["db-*"]`')
    return []
