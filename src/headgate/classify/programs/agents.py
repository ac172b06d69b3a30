"""Other agents and their configuration: they work on their own, and their settings install the gate."""

import msgspec

from headgate.classify import effect as fx
from headgate.classify.effect import Effect
from headgate.classify.programs.call import Call
from headgate.classify.programs.options import Options, split
from headgate.model.facts import Workload

_LOOK = Effect(fx.READS)


class _Agent(msgspec.Struct, frozen=True):
    """One agent's grammar: options with a value, those that ask once and end, and its subcommands."""

    valued: frozenset[str] = frozenset()
    once: frozenset[str] = frozenset()
    works: frozenset[str] = frozenset()
    looks: frozenset[str] = frozenset()
    settings: frozenset[str] = frozenset()
    light: frozenset[str] = frozenset()


_LOOK_VERBS = frozenset("list ls get show status info path help validate search".split())
_HELP = ("--version", "--help", "-h", "-v", "-V")
_BYPASSES = (
    "--bare",
    "--settings",
    "--setting-sources",
    "--dangerously-bypass-hook-trust",
    "--disable-hooks",
    "--no-hooks",
    "--ignore-user-config",
    "--ignore-rules",
    "--plugin-dir",
)
_CONFIG_OPTIONS = ("-c", "--config", "--disable", "--enable")
_ALL_SETTINGS = frozenset(
    "mcp config plugin plugins hooks extensions settings update upgrade install uninstall".split()
)

_AGENTS: dict[str, _Agent] = {
    "claude": _Agent(
        frozenset(
            """--model --settings --setting-sources --add-dir --allowedTools --allowed-tools --disallowedTools
            --disallowed-tools --append-system-prompt --system-prompt --system-prompt-file --output-format
            --input-format
            --permission-mode --mcp-config --agents --agent --session-id --max-turns --fallback-model --betas
            --json-schema
            --plugin-dir --max-budget-usd --permission-prompt-tool --tools --debug-file --effort -n --name""".split()
        ),
        frozenset({"-p", "--print"}),
        looks=frozenset({"doctor"}),
        settings=_ALL_SETTINGS | frozenset("migrate-installer setup-token auto-mode".split()),
    ),
    "codex": _Agent(
        frozenset(
            """-c --config -m --model -p --profile -s --sandbox -a --ask-for-approval -C --cd -i --image
            --enable --disable
            --local-provider --add-dir --output-schema -o --output-last-message --color --remote""".split()
        ),
        works=frozenset("exec e review cloud app-server mcp-server exec-server".split()),
        looks=frozenset("completion help debug".split()),
        settings=_ALL_SETTINGS | {"features"},
        light=frozenset({"apply", "a", "logout"}),
    ),
    "gemini": _Agent(
        frozenset(
            "-m --model -p --prompt -i --prompt-interactive -e --extensions --approval-mode -o --output-format".split()
        ),
        frozenset({"-p", "--prompt"}),
        settings=_ALL_SETTINGS | {"extension", "skills"},
    ),
    "aider": _Agent(
        frozenset(
            "-m --message --msg -f --message-file --model --file --read --edit-format -c --config --env-file".split()
        ),
        frozenset("-m --message --msg -f --message-file --commit --lint --test".split()),
        light=frozenset(),
    ),
    "opencode": _Agent(
        frozenset("-m --model -s --session --agent --prompt --port --hostname --log-level".split()),
        works=frozenset("run serve web acp github pr".split()),
        looks=frozenset("models stats export session debug".split()),
        settings=_ALL_SETTINGS | {"agent"},
    ),
    "cursor-agent": _Agent(
        frozenset("--model --output-format --api-key --resume --workspace -m".split()),
        frozenset({"-p", "--print"}),
        looks=frozenset("status whoami about ls models help".split()),
        settings=_ALL_SETTINGS,
    ),
    "copilot": _Agent(
        frozenset("-p --prompt --model --add-dir --allow-tool --deny-tool --agent --resume".split()),
        frozenset({"-p", "--prompt"}),
        settings=_ALL_SETTINGS,
    ),
    "goose": _Agent(
        works=frozenset("run web bench schedule recipe acp".split()),
        looks=frozenset("info help".split()),
        settings=_ALL_SETTINGS | {"configure"},
    ),
    "amp": _Agent(
        frozenset("-x --execute --mcp-config --settings-file --log-level --visibility".split()),
        frozenset({"-x", "--execute"}),
        looks=frozenset("threads tools doctor".split()),
        settings=_ALL_SETTINGS | {"permissions", "skill"},
    ),
    "openclaw": _Agent(
        frozenset({"--profile"}),
        works=frozenset("agent gateway node cron message".split()),
        looks=frozenset("status health doctor logs sessions models docs help".split()),
        settings=_ALL_SETTINGS | frozenset("configure onboard setup reset skills approvals security sandbox".split()),
    ),
}


def agent(call: Call) -> Effect:
    """Start an agent, with one task or for a person, or look at or change its configuration."""
    grammar = _AGENTS[call.name]
    found = split(call.words, grammar.valued)
    if _bypasses(found):
        return _control(call, "starts an agent past its hooks or with other settings")
    words = found.operands
    asks = split(call.words, grammar.valued, stops=True).has(*grammar.once)  # then the words are its question
    if words and words[0] in grammar.settings and not asks:
        return _configured(call, words, found)
    if found.has(*(name for name in _HELP if name not in grammar.valued)) or (words and words[0] in grammar.looks):
        return _LOOK
    if call.name == "codex" and words[:1] == ("sandbox",):
        return _sandboxed(call)
    return _task(call, grammar, words, found)


def _task(call: Call, grammar: _Agent, words: tuple[str, ...], found: Options) -> Effect:
    """Return the effect of an agent at work: on one task, or with a person."""
    if words and words[0] in grammar.light:
        return Effect(fx.CHANGES)
    if found.has(*grammar.once) or (words and words[0] in grammar.works) or call.fed:
        return Effect(fx.UNSURE | fx.NETWORK, call.shows(Workload.LONG_RUNNING, "an agent works on a task of its own"))
    return _for_a_person(call)


def _bypasses(found: Options) -> bool:
    values = found.values(*_CONFIG_OPTIONS)
    return found.has(*_BYPASSES) or any("hook" in value for value in values)


def _configured(call: Call, words: tuple[str, ...], found: Options) -> Effect:
    """Return the effect of a settings subcommand: some of its verbs only look."""
    verbs = words[1:3]
    if found.has("--help", "-h") or any(verb in _LOOK_VERBS for verb in verbs[:1]) or verbs[1:] in {("list",), ("ls",)}:
        return _LOOK
    if words[0] == "mcp" and verbs[:1] == ("serve",):
        return Effect(fx.UNSURE, call.shows(Workload.LONG_RUNNING, "serves until it is ended"))
    return _control(call, f"changes what `{call.name}` is configured to do, its hooks among it")


def _control(call: Call, why: str) -> Effect:
    return Effect(fx.CHANGES, call.shows(Workload.CONTROL_PLANE, why))


def _sandboxed(call: Call) -> Effect:
    """Run a program in the agent's sandbox: `codex sandbox [linux|macos] [--] COMMAND`."""
    rest = call.words[call.words.index("sandbox") + 1 :]
    if rest[:1] and rest[0] in {"linux", "macos", "windows", "landlock", "seatbelt"}:
        rest = rest[1:]
    return call.start(split(rest, frozenset({"-c", "--config"}), stops=True).operands)


def _for_a_person(call: Call) -> Effect:
    shown = call.shows(Workload.INTERACTIVE, f"`{call.name}` waits for a person to type")
    return Effect(fx.INTERACTIVE | fx.UNSURE | fx.NETWORK, shown)


def ollama(call: Call) -> Effect:
    """Run, serve or manage models on this machine."""
    found = split(call.words, frozenset({"--format", "--keepalive", "-f", "--file"}))
    name = found.operands[0] if found.operands else ""
    if name == "run" and len(found.operands) <= 2 and not call.fed and not found.has(*_HELP):  # noqa: PLR2004 run MODEL
        return _for_a_person(call)
    if name in {"run", "serve", "start", "pull", "push", "create"} and not found.has(*_HELP):
        return Effect(fx.CHANGES | fx.NETWORK, call.shows(Workload.LONG_RUNNING, f"`ollama {name}` runs for long"))
    return Effect(fx.CHANGES) if name in {"rm", "cp", "stop"} else _LOOK


_LLM_LOOKS = frozenset("models logs templates aliases schemas tools fragments plugins collections".split())
_LLM_CHANGES = frozenset("keys install uninstall embed embed-multi similar".split())


def llm(call: Call) -> Effect:
    """Ask a model once, or talk with it."""
    found = split(call.words, frozenset("-m --model -s --system -t --template -o -p -a -f -T -d --key".split()))
    name = found.operands[0] if found.operands else ""
    if name == "chat" or not (name or call.fed or found.options):
        return _for_a_person(call)
    if name in _LLM_LOOKS or found.has("--version", "--help"):
        return _LOOK
    if name in _LLM_CHANGES:
        return Effect(fx.CHANGES)
    return Effect(fx.UNSURE | fx.NETWORK, call.shows(Workload.LONG_RUNNING, "a model answers in its own time"))


PROGRAMS = {**dict.fromkeys(_AGENTS.keys() - {"goose", "copilot"}, agent), "ollama": ollama, "llm": llm}
