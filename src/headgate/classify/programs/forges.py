"""Forges (gh, glab, hub, tea): issues and reviews are light, what starts a pipeline or releases is a deploy."""

from collections.abc import Mapping

from headgate.classify import effect as fx
from headgate.classify.effect import SOME_MACHINE, Effect
from headgate.classify.programs.call import Call
from headgate.classify.programs.options import Options, split, words_of
from headgate.classify.programs.ssh import remote, session
from headgate.model.facts import Workload

_READ = Effect(fx.READS | fx.NETWORK)
_WRITE = Effect(fx.CHANGES | fx.NETWORK)

_VALUED = words_of(
    """
    -R --repo -b --body -t --title -F --body-file -f --field --raw-field -H --header --head -B --base -l --label -a
    --assignee -r --reviewer -m --milestone -p --project -L --limit -s --state -S --search --json -q --jq --template
    -X --method --input --hostname -w --workflow -e --env -o --org -u --user -c --codespace -n --name --ref --target
    --notes -N --notes-file -D --dir --job --comment --reason -T --color -d --description --app -E --event --created
    --branch -i --interval
    """
)
_FLAGS_OF = {  # options that take a value elsewhere, and none here
    "pr": words_of("-s -r -m -d -w -c -e -i"),
    "issue": words_of("-w -c -d -e"),
    "release": words_of("-d -p"),
    "repo": words_of("-c -p -s"),
}
_READS = words_of(
    """
    list view status diff checks show search ls browse logs log token get verify-asset verify watch-status ports
    trace lint --help help
    """
)

_DEPLOYS = words_of(
    """
    workflow:run run:rerun release:create release:upload release:edit ci:run pipeline:run ci:retry ci:trigger
    pipeline:retry extension:publish releases:create pages:deploy release:delete-asset deployment:create ci:create
    """
)
_CROSS = words_of(
    """
    pr:merge mr:merge pulls:merge secret:set secret:delete secret:remove variable:set variable:delete
    variable:update run:cancel run:delete workflow:enable workflow:disable repo:archive repo:unarchive repo:rename
    repo:edit repo:transfer ruleset:create cache:delete codespace:create codespace:stop codespace:rebuild
    codespace:edit environment:delete repo:deploy-key ci:cancel pipeline:cancel ci:delete deploy-key:add
    schedule:run schedule:create schedule:delete
    """
)
_DESTROYS = words_of(
    """
    repo:delete project:delete release:delete repos:delete issue:delete codespace:delete gist:delete releases:delete
    label:delete-all pipeline:delete
    """
)
_FOLLOWS = frozenset({"run:watch", "ci:view", "ci:trace", "ci:live", "job:trace", "pipeline:ci"})
_LIVE = {"pr:checks": "--watch", "ci:status": "--live", "codespace:logs": "--follow", "cs:logs": "--follow"}
_HOSTS = {"gh": "github", "hub": "github", "glab": "gitlab", "tea": "gitea"}


def forge(call: Call) -> Effect:
    """Work with a forge by `noun verb` (gh(1), glab(1), tea)."""
    nouns = split(call.words, _VALUED, stops=True)
    noun = nouns.operands[0] if nouns.operands else "help"
    found = split(nouns.operands[1:], _VALUED - _FLAGS_OF.get(noun, frozenset()))
    if noun == "api":
        return _api(call, found)
    if "--help" in call.words or noun in {"help", "version", "status", "search", "completion", "browse"}:
        return _READ
    verb = found.operands[0] if found.operands else "list"
    name = f"{noun}:{verb}"
    if name in _CODESPACES:
        return _codespace(call, found)
    return _tells(call, noun, verb, found)


_CODESPACES = words_of("codespace:ssh cs:ssh codespace:jupyter codespace:code")


def _tells(call: Call, noun: str, verb: str, found: Options) -> Effect:
    """Return the effect of what moves, follows or changes something on the forge."""
    name = f"{noun}:{verb}"
    if name in {"codespace:cp", "cs:cp"}:
        shown = call.shows(Workload.TRANSFER, "copies files to or from a codespace")
        return Effect(fx.CHANGES | fx.NETWORK | fx.REMOTE, shown, (SOME_MACHINE,))
    if name in {"codespace:ports", "cs:ports"} and found.operands[1:2] == ("forward",):
        return session(call, found.value("-c", "--codespace") or SOME_MACHINE, fx.EMPTY, "opens a tunnel")
    if name in _FOLLOWS or (name in _LIVE and found.has(_LIVE[name], "-f")):
        shown = call.shows(Workload.LOG_TAIL, "follows a run on the forge")
        return Effect(fx.READS | fx.NETWORK | fx.FOLLOWS, shown, touches=fx.looked())
    return _classes(call, name, verb)


_CLASSES: Mapping[str, tuple[frozenset[str], Workload, str, int]] = {
    "deploys": (_DEPLOYS, Workload.DEPLOY, "starts a pipeline or a release", 0),
    "crosses": (_CROSS, Workload.CROSS_MACHINE, "changes the project on the forge", 0),
    "destroys": (_DESTROYS, Workload.DESTRUCTIVE, "deletes something on the forge", fx.DESTROYS),
}


def _classes(call: Call, name: str, verb: str) -> Effect:
    for names, workload, why, flags in _CLASSES.values():
        if name in names:
            touches = fx.touched(_HOSTS.get(call.name, "")) if workload is Workload.DEPLOY else ()
            shown = call.shows(workload, f"`{name.replace(':', ' ')}` {why}")
            return Effect(fx.CHANGES | fx.NETWORK | fx.REMOTE | flags, shown, touches=touches)
    return _READ if verb in _READS else _WRITE


def _api(call: Call, found: Options) -> Effect:
    """Return the effect of a request: fields make it a POST, other methods change the project (gh-api(1))."""
    fields = found.has("-f", "-F", "--field", "--raw-field", "--input")
    method = (found.value("-X", "--method") or ("POST" if fields else "GET")).upper()
    graph = bool(found.operands) and found.operands[0] == "graphql"
    queries = [value for value in found.values("-f", "-F", "--raw-field", "--field") if value.startswith("query=")]
    mutates = not queries or any(value[6:].lstrip().startswith("mutation") for value in queries)
    if method in {"GET", "HEAD"} or (graph and not mutates):
        return _READ
    shown = call.shows(Workload.CROSS_MACHINE, "changes something through the forge's interface".replace("\0", "…"))
    destroys = 0
    if method == "DELETE":
        shown += call.shows(Workload.DESTRUCTIVE, "deletes something through the forge's interface")
        destroys = fx.DESTROYS
    if any(mark in word for word in found.operands[:1] for mark in ("/dispatches", "/deployments", "/rerun")):
        shown += call.shows(Workload.DEPLOY, "starts a pipeline")
    return Effect(fx.CHANGES | fx.NETWORK | fx.REMOTE | destroys, shown)


def _codespace(call: Call, found: Options) -> Effect:
    """Return the effect of a shell in a codespace: its words are judged as those of ssh are."""
    machine = found.value("-c", "--codespace") or SOME_MACHINE
    words = found.operands[1:]
    if words:
        return remote(call, machine, " ".join(words))
    return session(call, machine, fx.EMPTY, "opens a shell in a codespace", interactive=not call.fed)


_HUB = words_of("pr issue release ci-status api browse compare create delete fork gist pull-request sync")


def hub(call: Call) -> Effect:
    """Work with a forge, or be git (hub(1))."""
    verb = call.words[0] if call.words else ""
    if verb not in _HUB:
        return call.start(("git", *call.words))
    if verb == "delete":
        shown = call.shows(Workload.DESTRUCTIVE, "deletes a project on the forge")
        return Effect(fx.CHANGES | fx.NETWORK | fx.REMOTE | fx.DESTROYS, shown)
    return forge(call) if verb in {"pr", "issue", "release", "api"} else _WRITE


PROGRAMS = {"gh": forge, "glab": forge, "tea": forge, "hub": hub}
