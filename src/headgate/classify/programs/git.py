"""git: everything that can be brought back is light; what throws work or history away is not (git(1))."""

from collections.abc import Callable

from headgate.classify import effect as fx
from headgate.classify.effect import HIDDEN, Effect, join
from headgate.classify.paths import inside
from headgate.classify.programs.call import Call
from headgate.classify.programs.options import Options, split
from headgate.model.facts import Evidence, Workload

_GLOBAL = frozenset("-C -c --git-dir --work-tree --namespace --super-prefix --config-env --attr-source".split())

_LOOK = Effect(fx.READS)
_CHANGE = Effect(fx.CHANGES)
_FETCH = Effect(fx.CHANGES | fx.NETWORK)

_READS = frozenset(
    """
    status log diff show blame annotate ls-files ls-tree rev-parse rev-list describe shortlog cat-file name-rev
    merge-base cherry diff-tree diff-index diff-files for-each-ref show-ref show-branch count-objects fsck verify-commit
    verify-tag verify-pack var version help whatchanged range-diff check-ignore check-attr check-mailmap
    check-ref-format
    get-tar-commit-id fmt-merge-msg merge-tree patch-id stripspace column interpret-trailers hash-object diagnose grep
    """.split()
)
_CHANGES = frozenset(
    """
    init am apply mv rm gc repack prune pack-refs update-index write-tree read-tree commit-tree mktag mktree
    replace rerere
    format-patch mailinfo mailsplit fast-import maintenance symbolic-ref sparse-checkout merge-file checkout-index
    restore-mtime pack-objects unpack-objects index-pack update-server-info quiltimport
    """.split()
)
_FETCHES = frozenset("fetch pull remote-update lfs subtree svn p4 request-pull".split())
_SCREENS = frozenset("gui citool difftool mergetool instaweb".split())
_PATCH = ("-p", "--patch", "-i", "--interactive")

_RUNS = frozenset(
    """
    core.sshcommand core.fsmonitor core.editor core.pager core.askpass core.gitproxy core.alternaterefscommand
    sequence.editor diff.external gpg.program credential.helper uploadpack.packobjectshook interactive.difffilter
    """.split()
)
_RUNS_LAST = frozenset("clean smudge process command textconv driver cmd program helper".split())
_EDITORS = frozenset({"core.editor", "sequence.editor"})
_PAGERS = frozenset({"", "cat", "less", "more", "delta", "true", ":", "ssh", "store", "cache", "osxkeychain", "false"})


def git(call: Call) -> Effect:  # noqa: PLR0911 one return a kind of command
    """Run one subcommand, past the global options; an alias given with `-c` is what it stands for."""
    found = split(call.words, _GLOBAL, stops=True)
    if not found.operands:
        return _LOOK
    name, rest = found.operands[0], found.operands[1:]
    if HIDDEN in name:
        return call.opaque("the git command is not known before it runs")
    if "--help" in rest:
        return _LOOK
    settings = found.values("-c")
    if not settings:
        return _command(call, name, rest, found)
    done = [_setting(call, setting) for setting in settings]
    alias = next((text for key, text in map(_key, settings) if key == "alias." + name.lower()), None)
    if alias is None:
        return join((*done, _command(call, name, rest, found)))
    if alias.startswith("!"):
        return join((*done, call.run(" ".join((alias[1:], *rest)))))
    return join((*done, call.start(("git", *alias.split(), *rest))))


def _key(setting: str) -> tuple[str, str]:
    key, _, value = setting.partition("=")
    return key.lower(), value


def _setting(call: Call, setting: str) -> Effect:
    """Return the effect of a setting: some name a program that git would start (git-config(1))."""
    key, value = _key(setting)
    runs = key in _RUNS or (key.rpartition(".")[2] in _RUNS_LAST and key.count(".") >= 2) or key.startswith("pager.")  # noqa: PLR2004 section.name.key
    if key == "core.hookspath":
        where = call.absolute(value) if HIDDEN not in value else ""
        safe = value == "" or where == "/dev/null" or (where and inside(where, call.cwd))
        return fx.EMPTY if safe else call.opaque("the hooks it would run are not in the working tree")
    if not runs or value.partition(" ")[0] in _PAGERS or value in {"false", "true"}:
        return fx.EMPTY
    return call.run(value.removeprefix("!"))


def _command(call: Call, name: str, rest: tuple[str, ...], found: Options) -> Effect:  # noqa: PLR0911 one return a kind of command
    if name in _READS:
        return _looks(call, name, rest)
    if name in _CHANGES:
        return _CHANGE
    if name in _FETCHES:
        return _transport(call, rest, _FETCH)
    special = _SPECIAL.get(name)
    if special is not None:
        return special(call, rest)
    if name in _COMMITS:
        return _commits(call, name, rest, edited=any(_key(item)[0] in _EDITORS for item in found.values("-c")))
    if name == "push":
        return _push(call, rest, found.value("-C"))
    if name in _SCREENS:
        return Effect(fx.INTERACTIVE | fx.CHANGES, call.shows(Workload.INTERACTIVE, f"`git {name}` waits for a person"))
    return Effect(fx.UNSURE)


def _looks(call: Call, name: str, rest: tuple[str, ...]) -> Effect:
    """Return the effect of looking; `grep -O` starts a pager on what it finds."""
    if name == "grep":
        pager = next((word for word in rest if word.startswith(("-O", "--open-files-in-pager"))), "")
        text = pager.partition("=")[2] if pager.startswith("--") else pager[2:]
        if text and text not in _PAGERS:
            return call.run(text)
    return _LOOK


def _transport(call: Call, rest: tuple[str, ...], plain: Effect) -> Effect:
    """Return the effect of talking to a repository; an `ext::` address and `--upload-pack` name programs."""
    for at, word in enumerate(rest):
        if word.startswith("ext::"):
            return join((plain, call.run(word[5:])))
        if word.startswith("--upload-pack"):
            text = word.partition("=")[2] or "".join(rest[at + 1 : at + 2])
            return join((plain, call.run(text)))
    return plain


def _destroys(call: Call, why: str) -> Effect:
    return Effect(fx.CHANGES | fx.DESTROYS, call.shows(Workload.DESTRUCTIVE, why))


def _asks(call: Call, why: str) -> Effect:
    if call.fed:
        return _CHANGE
    return Effect(fx.CHANGES | fx.INTERACTIVE, call.shows(Workload.INTERACTIVE, why))


_COMMIT_VALUED = frozenset(
    "-m --message -F --file -C --reuse-message -c --reedit-message -t --template --author --date --fixup --squash"
    " --cleanup"
    " --trailer --pathspec-from-file -X -s --strategy --strategy-option --onto -x --exec --empty --whitespace -u"
    " --local-user --mainline --sort --format --contains --no-contains --merged --no-merged --points-at".split()
)
_COMMITS = frozenset("commit merge revert cherry-pick tag rebase".split())
_MESSAGES = ("-m", "--message", "-F", "--file", "-C", "--reuse-message", "--no-edit", "--dry-run", "--fixup")


def _commits(call: Call, name: str, rest: tuple[str, ...], *, edited: bool) -> Effect:
    """Return the effect of making commits or tags: without a message an editor opens."""
    valued = _COMMIT_VALUED - {"-x", "-u"} if name == "cherry-pick" else _COMMIT_VALUED
    valued = valued - {"-s", "-u", "-x"} if name in {"commit", "tag"} else valued
    valued = valued - {"-C", "-m"} if name == "rebase" else valued
    found = split(rest, valued)
    if name == "tag":
        return _tag(call, found)
    texts = [call.run(text) for text in found.values("-x", "--exec")] if name == "rebase" else []
    return join((_editing(call, name, found, edited=edited), *texts))


def _editing(call: Call, name: str, found: Options, *, edited: bool) -> Effect:
    asks = found.has("-e", "--edit", "--edit-todo", "--interactive")
    if name == "rebase":
        asks = asks or found.has("-i")
    if name == "commit":
        if found.has("-p", "--patch", "--interactive"):
            return _asks(call, "chooses changes by hand")
        asks = asks or not found.has(*_MESSAGES)
        if found.has("--dry-run"):
            return _LOOK
    if asks and not edited:
        shown = call.shows(Workload.INTERACTIVE, f"`git {name}` opens an editor")
        return Effect(fx.CHANGES | fx.INTERACTIVE, shown)
    return _CHANGE


def _tag(call: Call, found: Options) -> Effect:
    if not found.operands or found.has("-l", "--list", "-v", "--verify"):
        return _LOOK
    if found.has("-a", "-s", "--annotate", "--sign") and not found.has(*_MESSAGES):
        return Effect(fx.CHANGES | fx.INTERACTIVE, call.shows(Workload.INTERACTIVE, "`git tag` opens an editor"))
    return _CHANGE


def _add(call: Call, rest: tuple[str, ...]) -> Effect:
    found = split(rest)
    if found.has("-n", "--dry-run"):
        return _LOOK
    return _asks(call, "chooses changes by hand") if found.has("-e", "--edit", *_PATCH) else _CHANGE


def _reset(call: Call, rest: tuple[str, ...]) -> Effect:
    found = split(rest)
    if found.has("--hard"):
        return _destroys(call, "throws uncommitted work away")
    return _asks(call, "chooses changes by hand") if found.has("-p", "--patch") else _CHANGE


def _clean(call: Call, rest: tuple[str, ...]) -> Effect:
    found = split(rest, {"-e", "--exclude"})
    if found.has("-n", "--dry-run"):
        return _LOOK
    if found.has("-i", "--interactive"):
        return _asks(call, "asks which files to delete")
    if found.has("-f", "--force"):
        return _destroys(call, "deletes files that git does not keep")
    return _LOOK


_ALL = frozenset({".", "./", "*", ":/", ":", "..", "-f"})


def _checkout(call: Call, rest: tuple[str, ...]) -> Effect:
    """Return the effect of a checkout: paths overwrite the working tree, a branch does not."""
    found = split(rest, {"-b", "-B", "--orphan", "--conflict", "--pathspec-from-file"})
    if found.has("-p", "--patch"):
        return _asks(call, "chooses changes by hand")
    if found.has("--ours", "--theirs", "--merge"):
        return _CHANGE
    if found.has("-f", "--force", "--pathspec-from-file") or _names_paths(call, rest, found):
        return _destroys(call, "overwrites files in the working tree")
    return _CHANGE


def _names_paths(call: Call, rest: tuple[str, ...], found: Options) -> bool:
    if "--" in rest:
        return rest[-1] != "--"
    if found.has("-b", "-B", "--orphan", "-t", "--track", "--detach") or not found.operands:
        return False
    if len(found.operands) > 1 or found.operands[0] in _ALL:
        return True
    where = call.absolute(found.operands[0]) if HIDDEN not in found.operands[0] and not call.machine else ""
    return bool(where) and call.around.read(where) is not None


def _restore(call: Call, rest: tuple[str, ...]) -> Effect:
    found = split(rest, {"-s", "--source", "--conflict", "--pathspec-from-file"})
    if found.has("-p", "--patch"):
        return _asks(call, "chooses changes by hand")
    if found.has("-S", "--staged") and not found.has("-W", "--worktree"):
        return _CHANGE
    return _destroys(call, "overwrites files in the working tree")


def _switch(call: Call, rest: tuple[str, ...]) -> Effect:
    if split(rest, {"-c", "-C", "--create", "--orphan"}).has("-f", "--force", "--discard-changes"):
        return _destroys(call, "throws uncommitted work away")
    return _CHANGE


def _branch(call: Call, rest: tuple[str, ...]) -> Effect:
    valued = {"-u", "--set-upstream-to", "--sort", "--points-at", "--contains", "--no-contains", "--format"}
    found = split(rest, valued)
    if found.has("-D") or (found.has("-d", "--delete") and found.has("-f", "--force")):
        return _destroys(call, "deletes a branch that may not be merged")
    if found.has("--edit-description"):
        return _asks(call, "opens an editor")
    changing = found.has("-d", "--delete", "-m", "-M", "-c", "-C", "--move", "--copy", "-u", "--set-upstream-to")
    listing = found.has("-l", "--list", "-a", "-r", "--all", "--remotes", "--merged", "--no-merged", "--contains")
    looks = not changing and (listing or not found.operands)
    return _LOOK if looks else _CHANGE


_NESTED_READS = {
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


def _nested(name: str) -> Callable[[Call, tuple[str, ...]], Effect]:
    """Return the reader of a command that has commands of its own."""

    def read(call: Call, rest: tuple[str, ...]) -> Effect:
        found = split(rest, stops=True)
        action = found.operands[0] if found.operands else ""
        options = split(found.operands[1:])
        if action in _NESTED_DESTROYS.get(name, ()) and not options.has("-n", "--dry-run"):
            return _destroys(call, f"`git {name} {action}` throws history away")
        if action in {"remove", "deinit"} and options.has("-f", "--force"):
            return _destroys(call, f"`git {name} {action}` throws uncommitted work away")
        if name == "stash" and found.has("-p", "--patch"):
            return _asks(call, "chooses changes by hand")
        return _nested_rest(call, name, action, found.operands[1:])

    return read


def _nested_rest(call: Call, name: str, action: str, rest: tuple[str, ...]) -> Effect:
    if name == "bisect" and action == "run":
        return join((_CHANGE, call.start(rest)))
    if name == "submodule" and action == "foreach":
        return call.run(" ".join(split(rest, stops=True).operands))
    looks = action in _NESTED_READS[name] and (action or name != "stash")
    return _LOOK if looks else _FETCH if name in {"submodule", "remote"} else _CHANGE


def _config(call: Call, rest: tuple[str, ...]) -> Effect:
    found = split(rest, {"-f", "--file", "--blob", "--type", "--default"})
    if found.has("-e", "--edit") or found.operands[:1] == ("edit",):
        return _asks(call, "opens an editor")
    changing = found.has("--unset", "--unset-all", "--add", "--replace-all", "--remove-section", "--rename-section")
    asking = found.has("--get", "--get-all", "--get-regexp", "-l", "--list", "--get-urlmatch")
    looks = not changing and (asking or len(found.operands) <= 1 or found.operands[0] in {"get", "list"})
    return _LOOK if looks else _CHANGE


def _rewrite(call: Call, rest: tuple[str, ...]) -> Effect:
    """Return the effect of rewriting history, the programs its filters start included."""
    if any(word in {"--dry-run", "--analyze"} for word in rest):
        return _LOOK
    names = [at for at, word in enumerate(rest) if word.startswith("--") and word.endswith("-filter")]
    texts = [rest[at + 1] for at in names if at + 1 < len(rest) and rest[at] != "--subdirectory-filter"]
    return join((_destroys(call, "rewrites history"), *(call.run(text) for text in texts)))


def _update_ref(call: Call, rest: tuple[str, ...]) -> Effect:
    return _destroys(call, "deletes a reference") if "-d" in rest else _CHANGE


def _archive(_call: Call, rest: tuple[str, ...]) -> Effect:
    found = split(rest, {"-o", "--output", "--prefix", "--remote", "--exec", "--format", "--add-file"})
    return _CHANGE if found.has("-o", "--output") else Effect(fx.READS | fx.SENDS)


def _mail(call: Call, rest: tuple[str, ...]) -> Effect:
    if "--dry-run" in rest:
        return _LOOK
    shown = call.shows(Workload.CROSS_MACHINE, "sends mail")
    return Effect(fx.CHANGES | fx.NETWORK | fx.REMOTE, shown)


_PUSH_VALUED = frozenset("--repo -o --push-option --receive-pack --exec".split())
_DEPLOYS = frozenset("heroku dokku production prod deploy live staging piku gigalixir clever scalingo".split())
_DEPLOY_HOSTS = ("heroku.com", "dokku@", "piku@", "azurewebsites.net", "gigalixir.com", "clever-cloud.com")
_RELEASES = ("main", "master", "release", "production", "trunk")


def _push(call: Call, rest: tuple[str, ...], folder: str = "") -> Effect:
    """Return the effect of a push: some remotes deploy what they get, and force rewrites what others have."""
    found = split(rest, _PUSH_VALUED)
    if found.has("-n", "--dry-run"):
        return Effect(fx.READS | fx.NETWORK)
    remote = found.value("--repo") or (found.operands[0] if found.operands else "")
    shown = _push_deploys(call, remote)
    destroys = _push_destroys(call, found, folder)
    if destroys:
        shown += call.shows(Workload.DESTRUCTIVE, destroys)
    flags = fx.CHANGES | fx.NETWORK | (fx.DESTROYS if destroys else 0) | (fx.REMOTE if shown else 0)
    program = found.value("--receive-pack", "--exec")
    pushed = Effect(flags, shown)
    return join((pushed, call.run(program))) if program and program != "git-receive-pack" else pushed


def _push_deploys(call: Call, remote: str) -> tuple[Evidence, ...]:
    if remote in _DEPLOYS or remote.startswith(("heroku-", "dokku-")) or any(host in remote for host in _DEPLOY_HOSTS):
        return call.shows(Workload.DEPLOY, f"`{remote}` deploys what is pushed to it".replace(HIDDEN, "…"))
    return ()


def _push_destroys(call: Call, found: Options, folder: str) -> str:
    """Return what a push throws away on the other side, or an empty string."""
    references = found.operands[1:]
    if found.has("-d", "--delete", "--prune") or any(word.startswith(":") and word != ":" for word in references):
        return "deletes branches or tags on the remote"
    if found.has("-f", "--force", "--mirror") or any(word.startswith("+") for word in references):
        return "overwrites history on the remote"
    if found.has("--force-with-lease", "--force-if-includes"):
        targets = [word.rpartition(":")[2].removeprefix("refs/heads/") for word in references]
        if not targets or "HEAD" in targets:
            targets = [word for word in targets if word != "HEAD"] + [_current_branch(call, folder)]
        if any(not name or HIDDEN in name or name.startswith(_RELEASES) for name in targets):
            return "overwrites history of a main branch, or of one that is not known"
    return ""


def _current_branch(call: Call, folder: str) -> str:
    """Return the branch that is checked out, where it can be read; else an empty string."""
    where = call.absolute(f"{folder}/.git/HEAD" if folder else ".git/HEAD") if HIDDEN not in folder else ""
    content = call.around.read(where) if where and not call.machine else None
    head = (content or "").strip()
    return head.removeprefix("ref: refs/heads/") if head.startswith("ref: refs/heads/") else ""


def _daemon(call: Call, _rest: tuple[str, ...]) -> Effect:
    return Effect(fx.READS | fx.NETWORK, call.shows(Workload.LONG_RUNNING, "serves repositories without an end"))


def _clone(call: Call, rest: tuple[str, ...]) -> Effect:
    """Return the effect of a clone, whose settings may name programs."""
    found = split(rest, {"-c", "--config", "-b", "--branch", "--depth", "-o", "--origin", "-u", "-j", "--jobs"})
    settings = [_setting(call, setting) for setting in found.values("-c", "--config")]
    return join((_transport(call, rest, _FETCH), *settings))


def _ls_remote(call: Call, rest: tuple[str, ...]) -> Effect:
    return _transport(call, rest, Effect(fx.READS | fx.NETWORK))


_SPECIAL: dict[str, Callable[[Call, tuple[str, ...]], Effect]] = {
    **{name: _nested(name) for name in _NESTED_READS},
    "add": _add,
    "stage": _add,
    "reset": _reset,
    "clean": _clean,
    "checkout": _checkout,
    "restore": _restore,
    "switch": _switch,
    "branch": _branch,
    "config": _config,
    "filter-branch": _rewrite,
    "filter-repo": _rewrite,
    "update-ref": _update_ref,
    "archive": _archive,
    "send-email": _mail,
    "imap-send": _mail,
    "daemon": _daemon,
    "clone": _clone,
    "ls-remote": _ls_remote,
}


def screen(call: Call) -> Effect:
    """Open a window or a screen on a repository."""
    return Effect(fx.INTERACTIVE | fx.CHANGES, call.shows(Workload.INTERACTIVE, f"`{call.name}` waits for a person"))


PROGRAMS = {"git": git, **dict.fromkeys(("gitk", "tig", "lazygit", "gitui"), screen)}
