"""Scripts by their path: what the name says, and what the code starts where it is Python's."""

import re

import msgspec

from headgate.classify import effect as fx
from headgate.classify.effect import HIDDEN, Effect, change
from headgate.classify.programs.call import Call, known
from headgate.classify.programs.code_entry import IN_SCRIPT, MAX_CODE, MAX_DEPTH, UNSURE
from headgate.classify.programs.options import words_of
from headgate.classify.programs.python_code import python_code
from headgate.classify.programs.python_tools import manage
from headgate.classify.shell.loops import digest
from headgate.model.facts import Script, Workload

_DEPLOYS = re.compile(r"(?:deploy|release|publish|rollout)(?:[_-].*)?\Z", re.IGNORECASE)
_NOT_DEPLOYS = re.compile(r"test|notes|check|plan|dry|status|list|lint|valid", re.IGNORECASE)
_TRAINS = re.compile(
    r"(?:train|finetune|fine_tune|pretrain)(?:[_-].*)?\Z|.*[_-](?:train|finetune|training)\Z", re.IGNORECASE
)
_ONLY_LOOKS = words_of("--help -h --version --dry-run -n --check --list --plan")


def script(call: Call, path: str, rest: tuple[str, ...], *, python: bool) -> Effect:
    """Return the effect of the script at *path*: what its name says, and what its code starts where it is Python's."""
    base = path.rpartition("/")[2]
    stem, _dot, kind = base.partition(".")
    if not kind and "/bin/" in path and known(path):
        return call.start((base, *rest))
    if base == "manage.py":
        return manage(msgspec.structs.replace(call, name=base, words=rest))
    if not _ONLY_LOOKS.isdisjoint(rest):
        return UNSURE
    if _TRAINS.match(stem):
        return Effect(fx.UNSURE, call.shows(Workload.LONG_RUNNING, f"`{base}` trains a model by its name"))
    deploys = bool(_DEPLOYS.match(stem)) and not _NOT_DEPLOYS.search(stem)
    where = call.absolute(path) if known(path) and not call.machine else ""
    code = call.around.read(where) if where and python and call.shell.depth <= MAX_DEPTH else None
    inside = UNSURE
    if code is not None and len(code) <= MAX_CODE and HIDDEN not in code:
        inside = change(python_code(call, code, file=True), scripts=(Script(where, digest(code)),))
        deploys = deploys and any(item.message == IN_SCRIPT for item in inside.evidence)
        inside = change(inside, evidence=tuple(item for item in inside.evidence if item.message != IN_SCRIPT))
    if deploys:
        inside = change(inside, evidence=inside.evidence + call.shows(Workload.DEPLOY, f"`{base}` deploys by its name"))
    return inside
