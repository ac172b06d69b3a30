"""Programs that make, move and delete files: what lies outside the working tree is hard to bring back."""

import posixpath

from headgate.classify import effect as fx
from headgate.classify.effect import HIDDEN, Effect, join
from headgate.classify.paths import inside
from headgate.classify.programs.call import Call
from headgate.classify.programs.options import split, words_of
from headgate.model.facts import Workload

_LOOK = Effect(fx.READS | fx.FILTERS)
_CHANGE = Effect(fx.CHANGES)

_SCRATCH = ("/tmp", "/var/tmp", "/private/tmp", "/dev/shm", "/private/var/folders", "/var/folders")  # noqa: S108 compared
_DISKS = (
    "/dev/sd",
    "/dev/nvme",
    "/dev/vd",
    "/dev/hd",
    "/dev/mmcblk",
    "/dev/mapper/",
    "/dev/disk",
    "/dev/md",
    "/dev/xvd",
)
_SYSTEM = tuple(
    words_of("/etc /usr /var /boot /bin /sbin /lib /lib32 /lib64 /root /opt /srv /home /dev /proc /sys /Users")
)
_SYSTEM += ("/System", "/Library", "/Applications", "/mnt", "/media")
_NEVER_A_TREE = ("/etc", "/usr", "/var", "/boot", "/bin", "/sbin", "/lib", "/lib64", "/dev", "/proc", "/sys")
_TOPS = frozenset({"/", "/opt", "/srv", "/home", "/root", "/Users", "/mnt", "/media"})
_SECRETS = frozenset({".ssh", ".gnupg", ".kube", ".aws", ".password-store"})
_CACHES = words_of(
    """
    node_modules __pycache__ .cache .pytest_cache .mypy_cache .ruff_cache .tox .nox .eggs .parcel-cache .next .nuxt
    .turbo .gradle .terraform .hypothesis .ipynb_checkpoints .svelte-kit _cacache DerivedData htmlcov .coverage
    .venv venv
    """
)
_WILD = frozenset({"*", ".*", "{*,.*}", "*.*", ".[!.]*", ".??*"})


def unsafe(call: Call, path: str, *, recursive: bool) -> str:
    """Return why deleting *path* destroys what is hard to bring back; empty where it does not."""
    if HIDDEN in path:
        path = path[: path.index(HIDDEN)].rpartition("/")[0]
        if not path or path in {".", ".."}:
            return "deletes a path that is not known" if recursive else ""
        inner = call.absolute(path)
        if inner and (inner in {call.cwd, call.tree} or inner.endswith("/..")):
            return "deletes a path that is not known" if recursive else ""
        return unsafe(call, path + "/x", recursive=recursive)
    where = call.absolute(path)
    if not where:
        safe = not recursive or (not _CACHES.isdisjoint(path.split("/")) and ".." not in path)
        return "" if safe else "deletes in a folder that is not known"
    return _unsafe_place(call, where, recursive=recursive)


def _unsafe_place(call: Call, where: str, *, recursive: bool) -> str:
    if any(inside(where, top) and where != top for top in _SCRATCH):
        return ""
    parts = where.split("/")
    if call.machine:
        return f"deletes `{where}` on another machine" if recursive or _system(call, where) else ""
    if _is_tree(call) and inside(where, call.tree):
        return _in_tree(call, where, parts) if recursive else ""
    if recursive:
        safe = not _CACHES.isdisjoint(parts) and not where.startswith(_NEVER_A_TREE)
        return "" if safe else f"deletes `{where}`, outside the working tree"
    return f"deletes `{where}`, outside the working tree" if _system(call, where) or _SECRETS & {*parts} else ""


def _in_tree(call: Call, where: str, parts: list[str]) -> str:
    wild = parts[-1] in _WILD
    place = posixpath.dirname(where) if wild else where
    if inside(call.tree, place):
        return "deletes the whole working tree"
    last = posixpath.basename(place)
    if last == ".git" or (parts[-2] == ".git" and parts[-1] in {"objects", "refs"}):
        return "deletes the history of the working tree"
    return ""


def _is_tree(call: Call) -> bool:
    """Whether the folder the action started in may be a working tree: no system folder, nor all of a home."""
    folder = call.tree
    return bool(folder) and folder not in _TOPS and folder != call.around.home and not folder.startswith(_NEVER_A_TREE)


def _system(call: Call, where: str) -> bool:
    home = call.around.home
    if home and not call.machine and inside(where, home) and where != home:
        return False
    return any(inside(where, top) for top in _SYSTEM) or where == "/"


def _destroys(call: Call, why: str) -> Effect:
    return Effect(fx.CHANGES | fx.DESTROYS, call.shows(Workload.DESTRUCTIVE, why))


def rm(call: Call) -> Effect:
    """Delete files; with `-r`, folders (rm(1))."""
    found = split(call.words)
    if found.has("--help", "--version"):
        return _LOOK
    recursive = found.has("-r", "-R", "--recursive")
    for path in found.operands:
        why = unsafe(call, path, recursive=recursive)
        if why:
            return _destroys(call, why)
    return _CHANGE


def change(_call: Call) -> Effect:
    """Change files in a way that can be brought back, or that the working tree's history holds."""
    return _CHANGE


def mktemp(call: Call) -> Effect:
    """Make a file or folder whose name nobody knows yet: the template stands for it (mktemp(1))."""
    found = split(call.words, frozenset({"-p", "--tmpdir", "--suffix"}))
    template = found.operands[0] if found.operands else "tmp.XXXXXXXXXX"
    folder = found.value("-p", "--tmpdir") or ("" if found.operands and not found.has("-t", "--tmpdir") else "/tmp")  # noqa: S108 its default
    name = posixpath.join(folder, template)
    return Effect(fx.CHANGES, output=None if HIDDEN in name else name + "\n")


def writes_to(call: Call, path: str) -> tuple[str, ...]:
    """Return the one path that is written, absolute where it can be; nothing where it is not known."""
    if not path or HIDDEN in path:
        return ()
    return (call.absolute(path) or path,)


def copy(call: Call) -> Effect:
    """Copy, move or link files: the last operand, or `-t`, is written (cp(1), mv(1), install(1))."""
    found = split(call.words, words_of("-t --target-directory -S --suffix -m --mode -o --owner -g --group"))
    target = found.value("-t", "--target-directory") or (found.operands[-1] if len(found.operands) > 1 else "")
    if target.startswith(_DISKS) and call.name != "ln":
        return _destroys(call, f"writes over the disk `{target}`".replace(HIDDEN, "…"))
    if found.operands[:1] == ("/dev/null",) and target and call.absolute(target).startswith("/var/"):
        return _destroys(call, f"empties `{target}`")
    return Effect(fx.CHANGES, writes=writes_to(call, target) if call.name != "ln" else ())


def tee(call: Call) -> Effect:
    """Copy the standard input to files as well (tee(1))."""
    found = split(call.words)
    paths = [path for path in found.operands if not path.startswith("/dev/") or path.startswith(_DISKS)]
    if not paths:
        return Effect(fx.READS | fx.FILTERS, output=call.stdin)
    written = tuple(where for path in paths for where in writes_to(call, path))
    disk = next((path for path in paths if path.startswith(_DISKS)), "")
    if disk:
        return _destroys(call, f"writes over the disk `{disk}`")
    return Effect(fx.CHANGES, writes=written, output=call.stdin)


def truncate(call: Call) -> Effect:
    """Cut files: logs and databases outside the working tree do not come back (truncate(1))."""
    found = split(call.words, words_of("-s --size -r --reference"))
    for path in found.operands:
        where = call.absolute(path) if HIDDEN not in path else ""
        if call.machine or (where and unsafe(call, path, recursive=False)):
            return _destroys(call, f"empties `{path}`".replace(HIDDEN, "…"))
        outside = not where or (not (_is_tree(call) and inside(where, call.tree)) and not where.startswith(_SCRATCH))
        if outside and path.endswith((".log", ".db", ".sqlite", ".sqlite3")):
            return _destroys(call, f"empties `{path}`".replace(HIDDEN, "…"))
    return Effect(fx.CHANGES, writes=tuple(where for path in found.operands for where in writes_to(call, path)))


def modes(call: Call) -> Effect:
    """Change modes, owners or attributes of files: of a whole system they do not come back (chmod(1))."""
    found = split(call.words, frozenset({"--reference", "--from"}))
    if found.has("-R", "--recursive"):
        for path in found.operands[1:]:
            where = call.absolute(path) if HIDDEN not in path else ""
            if where in _SYSTEM or where in _TOPS or (where and where == call.around.home):
                return _destroys(call, f"changes everything below `{where}`")
    return _CHANGE


def split_files(call: Call) -> Effect:
    """Cut a file into pieces; `--filter` pipes them through a program (split(1))."""
    text = split(call.words, words_of("-a -b -C -l -n -t --filter --suffix-length")).value("--filter")
    return join((_CHANGE, call.run(text))) if text else _CHANGE


def dry(call: Call) -> Effect:
    """Change files, or with a dry run only tell (patch(1), rename(1), stow(8))."""
    tells = {"--dry-run", "-n", "--no-act", "--simulate"}
    return _LOOK if tells & {*call.words} and not (call.name == "patch" and "--dry-run" not in call.words) else _CHANGE


PROGRAMS = {
    **dict.fromkeys(("rm", "unlink", "grm", "srm"), rm),
    **dict.fromkeys(("cp", "mv", "ln", "install", "gcp", "gmv", "ditto"), copy),
    **dict.fromkeys(
        words_of("touch mkdir rmdir mkfifo mknod dos2unix unix2dos sponge trash trash-put fallocate csplit"), change
    ),
    **dict.fromkeys(words_of("chmod chown chgrp chattr setfacl chcon restorecon"), modes),
    "tee": tee,
    "mktemp": mktemp,
    "truncate": truncate,
    "split": split_files,
    **dict.fromkeys(("patch", "rename", "prename", "stow"), dry),
}
