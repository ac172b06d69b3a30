"""Pushes: some remotes deploy what they get, and force rewrites what others have (git-push(1))."""

from headgate.classify import effect as fx
from headgate.classify.effect import HIDDEN, Effect, join
from headgate.classify.programs.call import Call
from headgate.classify.programs.options import Options, split, words_of
from headgate.model.facts import Evidence, Workload

_PUSH_VALUED = words_of("--repo -o --push-option --receive-pack --exec")
_DEPLOYS = words_of("heroku dokku production prod deploy live staging piku gigalixir clever scalingo")
_DEPLOY_HOSTS = ("heroku.com", "dokku@", "piku@", "azurewebsites.net", "gigalixir.com", "clever-cloud.com")
_RELEASES = ("main", "master", "release", "production", "trunk")


def push(call: Call, rest: tuple[str, ...], folder: str = "") -> Effect:
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
