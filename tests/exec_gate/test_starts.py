"""A start as a text, what its facts are about, and which files may start with any words."""

import pytest

from headgate.classify import Inventory, Surroundings, classify
from headgate.classify.starts import any_words, at_start, is_cut, plain, texts
from headgate.model.action import ShellAction
from headgate.model.facts import Facts, Workload
from headgate.model.start import Start


def start(path: str, *words: str, **more: object) -> Start:
    return Start(path, str(more.pop("real", path)), words or (path,), str(more.pop("cwd", "/w")), **more)  # type: ignore[arg-type]


def facts(text: str) -> Facts:
    return classify(ShellAction(text, "/w"), Surroundings(home="/home/u"), Inventory())


@pytest.mark.parametrize(
    ("made", "expected"),
    [
        (start("/usr/bin/ssh", "ssh", "web1", "reboot"), ("ssh web1 reboot",)),
        (start("/usr/bin/ssh", "git", "web1", "reboot"), ("ssh web1 reboot",)),
        (start("/w/x", "x", "web1", real="/usr/bin/ssh"), ("ssh web1",)),
        (start("/bin/sh", "sh", "-c", "a; b", real="/usr/bin/dash"), ("sh -c 'a; b'", "dash -c 'a; b'")),
        (start("/bin/wget", "wget", "u", real="/bin/busybox"), ("wget u", "busybox u")),
        (start("/lib64/ld-linux-x86-64.so.2", "x", "/usr/bin/ssh", "web1"), ("ssh web1",)),
        (start("/lib64/ld-linux-x86-64.so.2", "x", "--preload", "y", "/usr/bin/ssh", "web1"), ("ssh web1",)),
        (start("/w/deploy.sh", "./deploy.sh", "now", script=True), ("/w/deploy.sh now",)),
        (
            start("/w/go", "./go", "web1", script=True, interpreters=("/usr/bin/ssh", "-v")),
            ("go web1", "ssh -v /w/go web1"),
        ),
        (
            start("/w/three", "./three", "x", script=True, interpreters=("/bin/sh", "/w/ssh", "-q", "/w/one")),
            ("/w/three x", "sh /w/ssh -q /w/one /w/three x", "ssh -q /w/one /w/three x"),
        ),
        (start("/usr/bin/own", "own", "x", script=True, interpreters=("/bin/sh",)), ("own x",)),
        (start("/w/a.out", "./a.out", "x", real="/w/a.out"), ("a.out x",)),
        (start("/w/p", "./p", "apply", loader="/usr/bin/kubectl"), ("kubectl apply",)),
        (
            start("/usr/bin/docker", "docker", "ps", variables=(("DOCKER_HOST", "ssh://p"), ("A", None))),
            ("DOCKER_HOST=ssh://p docker ps",),
        ),
        (start("/usr/bin/ssh", "ssh", "web1", cwd="/w/sub dir"), ("cd '/w/sub dir' && ssh web1",)),
        (start("/usr/bin/ssh", "ssh", "git@h", "git-upload-pack 'a/b.git'"), ("git fetch",)),
        (
            start("/usr/bin/ssh", "ssh", "web1", "reboot", "git-upload-pack a"),
            ("ssh web1 reboot 'git-upload-pack a'",),
        ),
        (
            start("/usr/bin/ssh", "ssh", "web1", "reboot", "git-upload-pack a", of_git=True),
            ("ssh web1 reboot 'git-upload-pack a'",),
        ),
        (start("/usr/bin/ssh", "ssh", "-p", "22", "-oA=b", "-4", "h", "git-upload-pack a"), ("git fetch",)),
        (start("/usr/bin/ssh", "ssh", "git@h", "git-receive-pack 'a/b.git'"), ("git push",)),
        (
            start("/bin/sh", "sh", "-c", 'ssh -F c "$@"', "ssh -F c", "h", "git-upload-pack 'a'", of_git=True),
            ("git fetch",),
        ),
        (
            start("/usr/bin/ssh", "ssh", "h", "git-upload-pack 'a'; reboot"),
            ("ssh h 'git-upload-pack '\"'\"'a'\"'\"'; reboot'",),
        ),
    ],
)
def test_a_start_is_read_under_every_name_of_its_file(made: Start, expected: tuple[str, ...]) -> None:
    assert texts(made, "", "/w") == expected


def test_a_copy_is_what_it_is_a_copy_of() -> None:
    assert texts(start("/w/notssh", "notssh", "web1", "reboot"), "ssh", "/w") == ("ssh web1 reboot",)


@pytest.mark.parametrize("word", ["\x1b[2J", "a\rb", "\udcff\udc00", "x" * 100_000])
def test_no_word_hides_the_program(word: str) -> None:
    for made in (start("/usr/bin/ssh", "ssh", "web1", "reboot", word), start("/usr/bin/ssh", word, "web1", "reboot")):
        (text,) = texts(made, "", "/w")
        found = at_start(facts(text))
        assert Workload.REMOTE_SESSION in found.workloads, text[:200]


@pytest.mark.parametrize(
    ("text", "classes"),
    [
        ("python3 unknown.py", ()),
        ("sleep 3600", ()),
        ("vim x", ()),
        ("tail -f x", ()),
        ("rm -rf /srv/data", (Workload.DESTRUCTIVE,)),
        ("systemctl restart nginx", (Workload.RESTART,)),
        ("ssh web1 'eval $X'", (Workload.REMOTE_SESSION, Workload.OPAQUE)),
        ("headgate stop", (Workload.CONTROL_PLANE,)),
    ],
)
def test_what_other_fences_see_does_not_count_at_a_start(text: str, classes: tuple[Workload, ...]) -> None:
    found = at_start(facts(text))
    assert set(found.workloads) == set(classes)
    assert {item.workload for item in found.evidence} == set(classes)


def test_nobody_is_waited_for_where_no_terminal_is_the_input() -> None:
    assert at_start(facts("ssh web1")).workloads == (Workload.REMOTE_SESSION,)
    assert Workload.INTERACTIVE in at_start(facts("ssh web1"), typed=True).workloads


def test_what_git_starts_for_itself_was_decided_with_it() -> None:
    reset = facts("git reset --hard")
    assert Workload.DESTRUCTIVE in at_start(reset).workloads
    assert plain(at_start(reset, of_git=True))
    assert Workload.DESTRUCTIVE in at_start(facts("rm -rf /srv/data"), of_git=True).workloads


def test_words_that_are_not_read_count_where_they_may_matter() -> None:
    many = tuple(f"word-{number}" for number in range(10_000))
    assert is_cut(start("/usr/bin/kubectl", "kubectl", *many), "")
    assert is_cut(start("/w/x", "x", *many), "kubectl")
    assert not is_cut(start("/usr/bin/ld", "ld", *many), "")
    assert not is_cut(start("/usr/bin/kubectl", "kubectl", "get", "pods"), "")
    assert Workload.OPAQUE in at_start(facts("kubectl"), cut=True).workloads


@pytest.mark.parametrize(
    ("made", "known", "always"),
    [
        (start("/usr/bin/true", "true"), "", True),
        (start("/usr/lib/gcc/cc1", "cc1", "-quiet"), "", True),
        (start("/w/a.out", "./a.out"), "", True),
        (start("/w/a.out", "./a.out"), "ssh", False),
        (start("/usr/bin/ssh", "ssh", "-V"), "", False),
        (start("/w/link", "link", "-V", real="/usr/bin/ssh"), "", False),
        (start("/bin/busybox", "busybox"), "", False),
        (start("/bin/x", "x", real="/bin/busybox"), "", False),
        (start("/w/s", "./s", script=True), "", False),
        (start("/memfd:x (deleted)", "x", real="/memfd:x (deleted)"), "", True),
        (start("/proc/self/fd/3", "x", real="memfd"), "", False),
        (start("/usr/bin/true", "true", cut=True), "", False),
        (start("/usr/bin/ping", "ping", loses_rights=True), "", False),
        (start("/lib64/ld-linux-x86-64.so.2", "ld"), "", False),
        (start("/w/p", "p", loader="/usr/bin/kubectl"), "", False),
        (start("/usr/bin/env", "env"), "", False),
        (start("/usr/bin/python3", "python3"), "", False),
    ],
)
def test_only_a_file_that_no_words_make_heavy_may_start_with_any(made: Start, known: str, always: bool) -> None:  # noqa: FBT001
    assert any_words(made, known, Facts()) is always


def test_a_start_that_is_not_plain_is_asked_about_each_time() -> None:
    assert not any_words(start("/w/a.out", "./a.out"), "", Facts(remote=True))
    assert not any_words(start("/w/a.out", "./a.out"), "", Facts(workloads=(Workload.RESTART,)))
