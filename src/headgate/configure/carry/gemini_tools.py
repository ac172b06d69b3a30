"""The tools that a rule of Gemini CLI names, as patterns for the fact `tool`."""

import msgspec

from headgate.configure.carry.rules import ANYTHING, SHELL, WRITE, CarryError

SHELLS = ("run_shell_command", "ShellTool")
_WRITERS = ("write_file", "replace")
_RENAMED = ("grep_search", "search_file_content")
_KNOWN = frozenset(
    "glob list_directory read_file read_many_files grep_search search_file_content google_web_search web_fetch "
    "write_todos get_internal_docs activate_skill ask_user enter_plan_mode exit_plan_mode update_topic complete_task "
    "invoke_agent read_mcp_resource list_mcp_resources".split()
)
_AGENTS = frozenset("codebase_investigator cli_help generalist browser_agent".split())

_MCP = "mcp_"

_EVERY_WRITE = "holds for every file that a client writes itself"


class Tools(msgspec.Struct, frozen=True):
    """Patterns for names of tools; *wider* says which others they fit, *notes* what else a reader should know."""

    patterns: tuple[str, ...]
    wider: tuple[str, ...] = ()
    notes: tuple[str, ...] = ()


def tools(table: dict[str, object]) -> Tools:
    """Return the tools that the rule *table* is about; raises `CarryError` where they cannot be told."""
    server = table.get("mcpName")
    names = texts_of(table, "toolName") if "toolName" in table or server is None else [ANYTHING]
    if server is not None and (not isinstance(server, str) or not server):
        raise CarryError("`mcpName` is no name of a server")
    found = [_own(name) if server is None else _of_server(str(server), name) for name in names]
    wider = [why for item in found for why in item.wider]
    if {*_WRITERS} <= {*names}:
        wider = [why for why in wider if why != _EVERY_WRITE]
    return Tools(
        tuple(dict.fromkeys(pattern for item in found for pattern in item.patterns)),
        tuple(dict.fromkeys(wider)),
        tuple(dict.fromkeys(note for item in found for note in item.notes)),
    )


def texts_of(table: dict[str, object], key: str) -> list[str]:
    """Return the text or the texts behind *key*; raises `CarryError` where there are none."""
    value = table.get(key)
    found = [value] if isinstance(value, str) else value
    if not isinstance(found, list) or not found or not all(isinstance(item, str) and item for item in found):
        raise CarryError(f"`{key}` is no text and no list of texts")
    return found


def _own(name: str) -> Tools:
    """Return the tool *name* where no server is named beside it."""
    if name in SHELLS:
        return Tools((SHELL,))
    if name in _WRITERS:
        return Tools((WRITE,), (_EVERY_WRITE,))
    if name in _RENAMED:
        return Tools(_RENAMED)
    if name in _AGENTS:
        raise CarryError(f"`{name}` is a subagent: its call is seen here as `invoke_agent`, and arguments are no fact")
    if "__" in name:
        raise CarryError(f"`{name}`: Gemini matches no tool by a name with `__`; its own form is `mcp_SERVER_TOOL`")
    if ANYTHING in name:
        return _pattern(name)
    if name in _KNOWN or name.startswith((_MCP, "discovered_tool_")):
        return Tools((name,))
    return Tools((name,), notes=(f"`{name}` is taken for a tool; if it is a subagent, the rule finds nothing",))


def _pattern(name: str) -> Tools:
    """Return the tools that the pattern *name* fits, where it is one that Gemini knows."""
    if name in {ANYTHING, f"{_MCP}{ANYTHING}"}:
        return Tools((name,))
    inner = name.removeprefix(_MCP)
    server, _, tool = inner.partition("_*") if inner.endswith("_*") else inner.partition("_")
    known = name.startswith(_MCP) and inner.count(ANYTHING) == 1 and ANYTHING in {server, tool or ANYTHING}
    if not known:
        raise CarryError(f"`{name}` is no pattern that Gemini knows: it matches no tool there")
    return _of_server(server, tool or ANYTHING)


def _of_server(server: str, name: str) -> Tools:
    """Return the tool *name* of *server*; a star alone stands for any of them."""
    if any(ANYTHING in word and word != ANYTHING for word in (server, name)):
        raise CarryError(f"`{server}` with `{name}` is no pattern that Gemini knows: it matches no tool there")
    if name.startswith(f"{_MCP}{server}_"):
        raise CarryError(f"`{name}`: beside `mcpName`, Gemini takes the tool's own name, without the server's")
    if server == ANYTHING:
        ends = (f"holds for every tool whose name ends in `_{name}`",)
        return Tools((f"{_MCP}{ANYTHING}",)) if name == ANYTHING else Tools((f"{_MCP}{ANYTHING}_{name}",), ends)
    begins = (f"holds for servers whose names begin with `{server}_` too",)
    return Tools((f"{_MCP}{server}_{name}",), begins if name == ANYTHING else ())
