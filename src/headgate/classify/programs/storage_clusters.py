"""Storage clusters (ceph, rbd, rados): looks, changes, and what takes data away (docs.ceph.com/en/latest/man/8)."""

from headgate.classify.effect import Effect
from headgate.classify.programs.call import Call
from headgate.classify.programs.options import split, words_of
from headgate.classify.programs.verbs import (
    CHANGE,
    COPY,
    DESTROY,
    FOLLOW,
    LIGHT,
    LONG,
    LOOK,
    RESTART,
    Verb,
    asks_help,
    far,
    named,
    near,
)

_VALUED = words_of(
    "-c --conf -k --keyring --id --cluster -n --name -m --monitor -p --pool -f --format --image --size -s -o -i"
)
_LOOKS = words_of(
    """
    status health df tree ls list stat stats dump get show info metadata versions version features report config-show
    find perf count usage du diff watchers lspools describe fsstatus listomapkeys getxattr listxattr prometheus log
    """
)
_DESTROYS = words_of("purge rm delete destroy rollback zap wipe remove trash wipe-device rmsnap cleanup flatten-all")
_RESTARTS = words_of("restart stop start reload redeploy reconfig fail failover")
_MOVES = words_of("put get export import append cp copy export-diff import-diff")


def ceph(call: Call) -> Effect:
    """Look at or change a storage cluster, its pools and its images (ceph(8), rbd(8), rados(8))."""
    found = split(call.words, _VALUED - {"-s"} if call.name == "ceph" else _VALUED)
    if asks_help(call.words):
        return near(call, LIGHT)
    machine = named(call, found.value("--cluster"))
    if call.name == "ceph" and found.has("-w", "--watch", "--watch-debug"):
        return far(call, FOLLOW, machine)
    if not found.operands:
        return far(call, LOOK, machine)
    return far(call, _verb(call.name, found.operands), machine)


def _verb(name: str, words: tuple[str, ...]) -> Verb:
    given = {*words[:4]}
    if given & _DESTROYS:
        return DESTROY
    if name != "ceph" and words[0] in _MOVES:
        return COPY
    if given & _RESTARTS and name == "ceph":
        return RESTART
    if given & {"bench"}:
        return LONG
    return LOOK if given & _LOOKS and "set" not in given else CHANGE


PROGRAMS = dict.fromkeys(("ceph", "rbd", "rados", "radosgw-admin"), ceph)
