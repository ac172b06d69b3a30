"""Version control beside git (svn, hg): what throws uncommitted work away, and what waits for an editor."""

from headgate.classify import effect as fx
from headgate.classify.effect import Effect
from headgate.classify.programs.call import Call
from headgate.classify.programs.git_work import CHANGE, FETCH, LOOK, asks, destroys
from headgate.classify.programs.options import split, words_of
from headgate.model.facts import Workload

_VALUED = words_of(
    "-m --message -F --file -r --revision -R --repository -u --user --username --password -X -I -l --logfile"
)
_LOOKS = words_of(
    "status st stat log diff di info list ls cat blame annotate heads tip id identify summary sum proplist"
)
_LOOKS |= words_of("branches branch tags paths verify parents grep files manifest help version show incoming outgoing")
_THROWS = {
    "svn": frozenset({"revert"}),
    "hg": words_of("purge strip revert clean rollback histedit-abort"),
}
_COMMITS = words_of("commit ci backout import")


def versions(call: Call) -> Effect:
    """Look at, change or publish a working copy (svn(1), hg(1))."""
    found = split(call.words, _VALUED - {"-R"} if call.name == "svn" else _VALUED)
    verb, rest = (found.operands[0], found.operands[1:]) if found.operands else ("help", ())
    if verb in _LOOKS or found.has("-n", "--dry-run", "--help"):
        return LOOK
    if verb == "serve":
        return Effect(fx.READS, call.shows(Workload.LONG_RUNNING, "serves repositories without an end"))
    cleans = verb in {"update", "up", "checkout", "co"} and found.has("-C", "--clean")
    if verb in _THROWS[call.name] or cleans or found.has("--remove-unversioned", "--remove-ignored"):
        return destroys(call, "throws uncommitted work away")
    if verb in {"delete", "del", "rm", "remove"} and any("://" in word for word in rest):
        return _on_the_server(call)
    if verb in _COMMITS and not found.has("-m", "--message", "-F", "--file", "-l", "--logfile"):
        return asks(call, f"`{call.name} {verb}` opens an editor")
    return FETCH if verb in {"pull", "push", "clone", "checkout", "co", "update", "up"} else CHANGE


def _on_the_server(call: Call) -> Effect:
    shown = call.shows(Workload.CROSS_MACHINE, "deletes in the repository itself")
    return Effect(
        fx.CHANGES | fx.DESTROYS | fx.NETWORK | fx.REMOTE, shown + call.shows(Workload.DESTRUCTIVE, "deletes")
    )


PROGRAMS = dict.fromkeys(("svn", "hg"), versions)
