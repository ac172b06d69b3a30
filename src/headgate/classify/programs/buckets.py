"""Object stores: what lists is a look, what copies moves data between machines (gsutil, s3cmd, s5cmd, azcopy, b2)."""

from headgate.classify.effect import Effect
from headgate.classify.programs.call import Call
from headgate.classify.programs.options import split, words_of
from headgate.classify.programs.terminals import person
from headgate.classify.programs.verbs import (
    CHANGE,
    COPY,
    DESTROY,
    FOLLOW,
    LIGHT,
    LOOK,
    MIRROR,
    PLAN,
    RESTART,
    RUNS,
    asks_help,
    far,
    named,
    near,
    verb_of,
    verbs,
)

_BUCKETS = verbs(
    (LOOK, "ls, list, list-buckets, la, info, cat, stat, du, hash, find, head, tree, diff"),
    (LIGHT, "version, help, config, alias, update, test, login, logout, env, jobs, authorize-account, doc"),
    (COPY, "cp, mv, rsync, put, get, sync, mirror, pipe, modify, compose"),
    (
        COPY,
        "copy, upload-file, download-file-by-name, upload",
    ),
    (
        CHANGE,
        "rm, remove, delete-bucket, delete-file-version, del, rb, mb, acl, iam, setacl, setpolicy, lifecycle, web",
    ),
    (CHANGE, "rewrite, signurl, cors, defacl, notification"),
    (FOLLOW, "watch"),
    (RUNS, "admin"),
)


def buckets(call: Call) -> Effect:
    """Look at, copy or delete what object stores hold (gsutil, s3cmd, s5cmd, azcopy, b2)."""
    found = split(
        call.words,
        words_of(
            """
            -o -h -p -c --config --access_key --secret_key --region --host --endpoint-url --profile --exclude
            """
        ),
    )
    if asks_help(call.words) or not found.operands:
        return near(call, LIGHT)
    name = found.operands[0]
    verb = _BUCKETS.get(name, CHANGE)
    if found.has("--dry-run", "-n"):
        verb = PLAN
    elif name in {"rm", "del", "rb", "remove", "delete-bucket"} and (
        found.has("-r", "-R", "-f", "--recursive", "--force") or "*" in "".join(found.operands)
    ):
        verb = DESTROY
    elif verb is COPY and found.has("-d", "--delete-removed", "--delete", "--remove"):
        verb = MIRROR
    return far(call, verb, named(call, found.value("--profile"), "AWS_PROFILE"))


_MINIO = _BUCKETS.keys() | words_of(
    "event encrypt legalhold retention replicate ilm share sql tag undo version anonymous"
)
_ADMIN = verbs(
    (LOOK, "info, user list, user info, policy list, policy info, group list, config get, top, heal"),
    (FOLLOW, "trace, console, logs"),
    (RESTART, "service restart, service stop, service unfreeze, service freeze"),
    (DESTROY, "user remove, policy remove, group remove, decommission start"),
)


def minio(call: Call) -> Effect:
    """Work with object stores (min.io), or fill a terminal as the file manager of the same name (mc(1))."""
    words = split(call.words, words_of("-C --config-dir")).operands
    if not words or words[0] not in _MINIO:
        return near(call, LIGHT) if {"--help", "--version", "-V"} & {*call.words} else person(call)
    if words[0] == "admin":
        return far(call, verb_of(_ADMIN, words[1:], CHANGE))
    return buckets(call)


PROGRAMS = {
    **dict.fromkeys(("gsutil", "s3cmd", "s5cmd", "azcopy", "b2"), buckets),
    **dict.fromkeys(("mc", "mcli"), minio),
}
