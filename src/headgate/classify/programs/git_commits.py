"""Git making commits and tags: without a message an editor opens."""

from headgate.classify import effect as fx
from headgate.classify.effect import Effect, join
from headgate.classify.programs.call import Call
from headgate.classify.programs.git_work import CHANGE, LOOK, asks
from headgate.classify.programs.options import Options, split, words_of
from headgate.model.facts import Workload

_COMMIT_VALUED = words_of(
    """
    -m --message -F --file -C --reuse-message -c --reedit-message -t --template --author --date --fixup --squash
    --cleanup --trailer --pathspec-from-file -X -s --strategy --strategy-option --onto -x --exec --empty
    --whitespace -u --local-user --mainline --sort --format --contains --no-contains --merged --no-merged
    --points-at
    """
)
COMMITS = words_of("commit merge revert cherry-pick tag rebase")
_MESSAGES = ("-m", "--message", "-F", "--file", "-C", "--reuse-message", "--no-edit", "--dry-run", "--fixup")


def commits(call: Call, name: str, rest: tuple[str, ...], *, edited: bool) -> Effect:
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
    opens = found.has("-e", "--edit", "--edit-todo", "--interactive")
    if name == "rebase":
        opens = opens or found.has("-i")
    if name == "commit":
        if found.has("-p", "--patch", "--interactive"):
            return asks(call, "chooses changes by hand")
        opens = opens or not found.has(*_MESSAGES)
        if found.has("--dry-run"):
            return LOOK
    if opens and not edited:
        shown = call.shows(Workload.INTERACTIVE, f"`git {name}` opens an editor")
        return Effect(fx.CHANGES | fx.INTERACTIVE, shown)
    return CHANGE


def _tag(call: Call, found: Options) -> Effect:
    if not found.operands or found.has("-l", "--list", "-v", "--verify"):
        return LOOK
    if found.has("-a", "-s", "--annotate", "--sign") and not found.has(*_MESSAGES):
        return Effect(fx.CHANGES | fx.INTERACTIVE, call.shows(Workload.INTERACTIVE, "`git tag` opens an editor"))
    return CHANGE
