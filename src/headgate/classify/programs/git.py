"""git: everything that can be brought back is light; what throws work or history away is not (git(1))."""

from collections.abc import Callable

from headgate.classify import effect as fx
from headgate.classify.effect import HIDDEN, Effect, join
from headgate.classify.programs.call import Call
from headgate.classify.programs.git_commits import COMMITS, commits
from headgate.classify.programs.git_push import push
from headgate.classify.programs.git_settings import (
    PLAIN_PAGERS,
    configured,
    counted,
    edits_alone,
    inherited,
    setting_key,
)
from headgate.classify.programs.git_work import (
    CHANGE,
    FETCH,
    LOOK,
    NESTED_READS,
    PATCH,
    asks,
    branch,
    checkout,
    clean,
    nested,
    reset,
    restore,
    rewrite,
    switch,
    update_ref,
)
from headgate.classify.programs.options import Options, split, words_of
from headgate.model.facts import Workload

_GLOBAL = words_of("-C -c --git-dir --work-tree --namespace --super-prefix --config-env --attr-source")

_READS = words_of(
    """
    status log diff show blame annotate ls-files ls-tree rev-parse rev-list describe shortlog cat-file name-rev
    merge-base cherry diff-tree diff-index diff-files for-each-ref show-ref show-branch count-objects fsck
    verify-commit verify-tag verify-pack var version help whatchanged range-diff check-ignore check-attr
    check-mailmap check-ref-format get-tar-commit-id fmt-merge-msg merge-tree patch-id stripspace column
    interpret-trailers hash-object diagnose grep
    """
)
_CHANGES = words_of(
    """
    init am apply mv rm gc repack prune pack-refs update-index write-tree read-tree commit-tree mktag mktree replace
    rerere format-patch mailinfo mailsplit fast-import maintenance symbolic-ref sparse-checkout merge-file
    checkout-index restore-mtime pack-objects unpack-objects index-pack update-server-info quiltimport
    """
)
_FETCHES = words_of("fetch pull remote-update lfs svn p4 request-pull")
_SCREENS = words_of("gui citool mergetool instaweb")
_DIFFTOOL = words_of("-x --extcmd -t --tool")


def git(call: Call) -> Effect:  # noqa: PLR0911 one return a kind of command
    """Run one subcommand, past the global options; an alias given with `-c` is what it stands for."""
    found = split(call.words, _GLOBAL, stops=True)
    if not found.operands:
        return LOOK
    name, rest = found.operands[0], found.operands[1:]
    if HIDDEN in name:
        return call.opaque("the git command is not known before it runs")
    if "--help" in rest:
        return LOOK
    settings = found.values("-c")
    if not settings and not call.environment:
        return _command(call, name, rest, found)
    done = [configured(call, setting) for setting in settings]
    done.append(inherited(call, edits=name in COMMITS))
    given = (*settings, *counted(call))
    alias = next((text for key, text in map(setting_key, given) if key == "alias." + name.lower()), None)
    if alias is None:
        return join((*done, _command(call, name, rest, found)))
    if alias.startswith("!"):
        return join((*done, call.run(" ".join((alias[1:], *rest)))))
    return join((*done, call.start(("git", *alias.split(), *rest))))


def _command(call: Call, name: str, rest: tuple[str, ...], found: Options) -> Effect:  # noqa: PLR0911 one return a kind of command
    if name in _READS:
        return _looks(call, name, rest)
    if name in _CHANGES:
        return CHANGE
    if name in _FETCHES:
        return _transport(call, rest, FETCH)
    special = _SPECIAL.get(name)
    if special is not None:
        return special(call, rest)
    if name in COMMITS:
        return commits(call, name, rest, edited=edits_alone(call, found.values("-c")))
    if name == "push":
        return push(call, rest, found.value("-C"))
    if name in _SCREENS:
        return Effect(fx.INTERACTIVE | fx.CHANGES, call.shows(Workload.INTERACTIVE, f"`git {name}` waits for a person"))
    return Effect(fx.UNSURE)


def _looks(call: Call, name: str, rest: tuple[str, ...]) -> Effect:
    """Return the effect of looking; `grep -O` starts a pager on what it finds."""
    if name == "grep":
        pager = next((word for word in rest if word.startswith(("-O", "--open-files-in-pager"))), "")
        text = pager.partition("=")[2] if pager.startswith("--") else pager[2:]
        if text and text not in PLAIN_PAGERS:
            return call.run(text)
    return LOOK


def _transport(call: Call, rest: tuple[str, ...], plain: Effect) -> Effect:
    """Return the effect of talking to a repository; an `ext::` address and `--upload-pack` name programs."""
    for at, word in enumerate(rest):
        if word.startswith("ext::"):
            return join((plain, call.run(word[5:])))
        if word.startswith("--upload-pack"):
            text = word.partition("=")[2] or "".join(rest[at + 1 : at + 2])
            return join((plain, call.run(text)))
    return plain


def _add(call: Call, rest: tuple[str, ...]) -> Effect:
    found = split(rest)
    if found.has("-n", "--dry-run"):
        return LOOK
    return asks(call, "chooses changes by hand") if found.has("-e", "--edit", *PATCH) else CHANGE


def _config(call: Call, rest: tuple[str, ...]) -> Effect:
    found = split(rest, {"-f", "--file", "--blob", "--type", "--default"})
    if found.has("-e", "--edit") or found.operands[:1] == ("edit",):
        return asks(call, "opens an editor")
    changing = found.has("--unset", "--unset-all", "--add", "--replace-all", "--remove-section", "--rename-section")
    asking = found.has("--get", "--get-all", "--get-regexp", "-l", "--list", "--get-urlmatch")
    looks = not changing and (asking or len(found.operands) <= 1 or found.operands[0] in {"get", "list"})
    key, text = (*found.operands, "", "")[:2]
    if not looks and key.lower().startswith("alias.") and text.startswith("!"):
        return join((CHANGE, call.run(text[1:])))  # as if it ran: what runs it later names only the alias
    return LOOK if looks else CHANGE


def _archive(_call: Call, rest: tuple[str, ...]) -> Effect:
    found = split(rest, {"-o", "--output", "--prefix", "--remote", "--exec", "--format", "--add-file"})
    return CHANGE if found.has("-o", "--output") else Effect(fx.READS | fx.SENDS)


def _mail(call: Call, rest: tuple[str, ...]) -> Effect:
    if "--dry-run" in rest:
        return LOOK
    shown = call.shows(Workload.CROSS_MACHINE, "sends mail")
    return Effect(fx.CHANGES | fx.NETWORK | fx.REMOTE, shown)


def _daemon(call: Call, _rest: tuple[str, ...]) -> Effect:
    return Effect(fx.READS | fx.NETWORK, call.shows(Workload.LONG_RUNNING, "serves repositories without an end"))


def _clone(call: Call, rest: tuple[str, ...]) -> Effect:
    """Return the effect of a clone, whose settings may name programs."""
    found = split(rest, {"-c", "--config", "-b", "--branch", "--depth", "-o", "--origin", "-u", "-j", "--jobs"})
    settings = [configured(call, setting) for setting in found.values("-c", "--config")]
    return join((_transport(call, rest, FETCH), *settings))


def _ls_remote(call: Call, rest: tuple[str, ...]) -> Effect:
    return _transport(call, rest, Effect(fx.READS | fx.NETWORK))


def _difftool(call: Call, rest: tuple[str, ...]) -> Effect:
    """Return the effect of a tool that shows differences: a window, or the program that `-x` names."""
    text = split(rest, _DIFFTOOL).value("-x", "--extcmd")
    return call.run(text) if text else screen(call)


def _subtree(call: Call, rest: tuple[str, ...]) -> Effect:
    """Return the effect of work on a part of the tree; its push is a push."""
    found = split(rest, {"-P", "--prefix", "-m", "--message", "-b", "--branch", "--onto"})
    return push(call, found.operands[1:]) if found.operands[:1] == ("push",) else FETCH


_SPECIAL: dict[str, Callable[[Call, tuple[str, ...]], Effect]] = {
    **{name: nested(name) for name in NESTED_READS},
    "add": _add,
    "stage": _add,
    "reset": reset,
    "clean": clean,
    "checkout": checkout,
    "restore": restore,
    "switch": switch,
    "branch": branch,
    "config": _config,
    "filter-branch": rewrite,
    "filter-repo": rewrite,
    "update-ref": update_ref,
    "archive": _archive,
    "send-email": _mail,
    "imap-send": _mail,
    "daemon": _daemon,
    "clone": _clone,
    "ls-remote": _ls_remote,
    "difftool": _difftool,
    "subtree": _subtree,
}


def screen(call: Call) -> Effect:
    """Open a window on a repository."""
    return Effect(fx.INTERACTIVE | fx.CHANGES, call.shows(Workload.INTERACTIVE, f"`{call.name}` waits for a person"))


PROGRAMS = {"git": git, "gitk": screen}
