"""Object stores: what lists is a look, what copies moves data between machines (gsutil, s3cmd, s5cmd, azcopy, b2)."""

from headgate.classify.effect import Effect
from headgate.classify.programs.call import Call
from headgate.classify.programs.options import split, words_of
from headgate.classify.programs.verbs import (
    CHANGE,
    COPY,
    DESTROY,
    FOLLOW,
    LIGHT,
    LOOK,
    MIRROR,
    PLAN,
    RUNS,
    asks_help,
    far,
    named,
    near,
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
    elif name in {"rm", "del", "rb", "remove", "delete-bucket"} and found.has(
        "-r", "-R", "-f", "--recursive", "--force"
    ):
        verb = DESTROY
    elif verb is COPY and found.has("-d", "--delete-removed", "--delete"):
        verb = MIRROR
    return far(call, verb, named(call, found.value("--profile"), "AWS_PROFILE"))


PROGRAMS = dict.fromkeys(("gsutil", "s3cmd", "s5cmd", "azcopy", "b2"), buckets)
