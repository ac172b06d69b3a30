"""Git on uncommitted work and on history: what throws either away is hard to bring back."""

from collections.abc import Callable

from headgate.classify import effect as fx
from headgate.classify.effect import HIDDEN, Effect, join
from headgate.classify.programs.call import Call
from headgate.classify.programs.options import Options, split
from headgate.model.facts import Workload

LOOK = Effect(fx.READS)
CHANGE = Effect(fx.CHANGES)
FETCH = Effect(fx.CHANGES | fx.NETWORK)
PATCH = ("-p", "--patch", "-i", "--interactive")


def destroys(call: Call, why: str) -> Effect:
    """Return the effect of throwing work or history away."""
    return Effect(fx.CHANGES | fx.DESTROYS, call.shows(Workload.DESTRUCTIVE, why))


def asks(call: Call, why: str) -> Effect:
    """Return the effect of a question to a person; where the answers are fed, nobody waits."""
    if call.fed:
        return CHANGE
    return Effect(fx.CHANGES | fx.INTERACTIVE, call.shows(Workload.INTERACTIVE, why))


def reset(call: Call, rest: tuple[str, ...]) -> Effect:
    """Return the effect of a reset: only `--hard` touches the working tree."""
    found = split(rest)
    if found.has("--hard"):
        return destroys(call, "throws uncommitted work away")
    return asks(call, "chooses changes by hand") if found.has("-p", "--patch") else CHANGE


def clean(call: Call, rest: tuple[str, ...]) -> Effect:
    """Return the effect of deleting files that git does not keep, which needs `-f`."""
    found = split(rest, {"-e", "--exclude"})
    if found.has("-n", "--dry-run"):
        return LOOK
    if found.has("-i", "--interactive"):
        return asks(call, "asks which files to delete")
    if found.has("-f", "--force"):
        return destroys(call, "deletes files that git does not keep")
    return LOOK


_ALL = frozenset({".", "./", "*", ":/", ":", "..", "-f"})


def checkout(call: Call, rest: tuple[str, ...]) -> Effect:
    """Return the effect of a checkout: paths overwrite the working tree, a branch does not."""
    found = split(rest, {"-b", "-B", "--orphan", "--conflict", "--pathspec-from-file"})
    if found.has("-p", "--patch"):
        return asks(call, "chooses changes by hand")
    if found.has("--ours", "--theirs", "--merge"):
        return CHANGE
    if found.has("-f", "--force", "--pathspec-from-file") or _names_paths(call, rest, found):
        return destroys(call, "overwrites files in the working tree")
    return CHANGE


def _names_paths(call: Call, rest: tuple[str, ...], found: Options) -> bool:
    if "--" in rest:
        return rest[-1] != "--"
    if found.has("-b", "-B", "--orphan", "-t", "--track", "--detach") or not found.operands:
        return False
    if len(found.operands) > 1 or found.operands[0] in _ALL:
        return True
    where = call.absolute(found.operands[0]) if HIDDEN not in found.operands[0] and not call.machine else ""
    return bool(where) and call.around.read(where) is not None


def restore(call: Call, rest: tuple[str, ...]) -> Effect:
    """Return the effect of a restore: of the index it is light, of the working tree it is not."""
    found = split(rest, {"-s", "--source", "--conflict", "--pathspec-from-file"})
    if found.has("-p", "--patch"):
        return asks(call, "chooses changes by hand")
    if found.has("-S", "--staged") and not found.has("-W", "--worktree"):
        return CHANGE
    return destroys(call, "overwrites files in the working tree")


def switch(call: Call, rest: tuple[str, ...]) -> Effect:
    """Return the effect of changing to another branch."""
    if split(rest, {"-c", "-C", "--create", "--orphan"}).has("-f", "--force", "--discard-changes"):
        return destroys(call, "throws uncommitted work away")
    return CHANGE


def branch(call: Call, rest: tuple[str, ...]) -> Effect:
    """Return the effect on branches: one that is not merged does not come back by itself."""
    valued = {"-u", "--set-upstream-to", "--sort", "--points-at", "--contains", "--no-contains", "--format"}
    found = split(rest, valued)
    if found.has("-D") or (found.has("-d", "--delete") and found.has("-f", "--force")):
        return destroys(call, "deletes a branch that may not be merged")
    if found.has("--edit-description"):
        return asks(call, "opens an editor")
    changing = found.has("-d", "--delete", "-m", "-M", "-c", "-C", "--move", "--copy", "-u", "--set-upstream-to")
    listing = found.has("-l", "--list", "-a", "-r", "--all", "--remotes", "--merged", "--no-merged", "--contains")
    looks = not changing and (listing or not found.operands)
    return LOOK if looks else CHANGE


NESTED_READS = {
    "stash": frozenset({"list", "show"}),
    "reflog": frozenset({"", "show", "exists", "list"}),
    "worktree": frozenset({"list", ""}),
    "notes": frozenset({"list", "show", ""}),
    "remote": frozenset({"", "show", "get-url"}),
    "submodule": frozenset({"status", "summary", ""}),
    "bisect": frozenset({"log", "view", "visualize", "terms"}),
    "bundle": frozenset({"verify", "list-heads"}),
}
_NESTED_DESTROYS = {
    "stash": frozenset({"drop", "clear"}),
    "reflog": frozenset({"expire", "delete"}),
}


def nested(name: str) -> Callable[[Call, tuple[str, ...]], Effect]:
    """Return the reader of a command that has commands of its own."""

    def read(call: Call, rest: tuple[str, ...]) -> Effect:
        found = split(rest, stops=True)
        action = found.operands[0] if found.operands else ""
        options = split(found.operands[1:])
        if action in _NESTED_DESTROYS.get(name, ()) and not options.has("-n", "--dry-run"):
            return destroys(call, f"`git {name} {action}` throws history away")
        if action in {"remove", "deinit"} and options.has("-f", "--force"):
            return destroys(call, f"`git {name} {action}` throws uncommitted work away")
        if name == "stash" and found.has("-p", "--patch"):
            return asks(call, "chooses changes by hand")
        return _nested_rest(call, name, action, found.operands[1:])

    return read


def _nested_rest(call: Call, name: str, action: str, rest: tuple[str, ...]) -> Effect:
    if name == "bisect" and action == "run":
        return join((CHANGE, call.start(rest)))
    if name == "submodule" and action == "foreach":
        return call.run(" ".join(split(rest, stops=True).operands))
    looks = action in NESTED_READS[name] and (action or name != "stash")
    return LOOK if looks else FETCH if name in {"submodule", "remote"} else CHANGE


def rewrite(call: Call, rest: tuple[str, ...]) -> Effect:
    """Return the effect of rewriting history, the programs its filters start included."""
    if any(word in {"--dry-run", "--analyze"} for word in rest):
        return LOOK
    names = [at for at, word in enumerate(rest) if word.startswith("--") and word.endswith("-filter")]
    texts = [rest[at + 1] for at in names if at + 1 < len(rest) and rest[at] != "--subdirectory-filter"]
    return join((destroys(call, "rewrites history"), *(call.run(text) for text in texts)))


def update_ref(call: Call, rest: tuple[str, ...]) -> Effect:
    """Return the effect of changing or deleting a reference."""
    return destroys(call, "deletes a reference") if "-d" in rest else CHANGE
