"""What is kept of a job's output."""

import random
from pathlib import Path
from tempfile import TemporaryDirectory

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from headgate.record.redact import MARK
from headgate.workers.hints import made, told
from headgate.workers.lines import looks_wrong
from headgate.workers.summary import CHUNK, END, FIRST, LAST, WRONG, Digest, read_digest, summarise


def summary(folder: Path, *parts: bytes) -> Digest:
    (folder / "log").write_bytes(b"".join(parts))
    return summarise(folder / "log")


def test_a_digest_has_counts_ends_errors_sums_and_files(tmp_path: Path) -> None:
    lines = [f"line {number}" for number in range(1, 41)]
    lines[9] = "warning: old"
    lines[19], lines[20], lines[21] = "x: connection refused", "step 1: ValueError: bad", "step 2: ValueError: bad"
    lines[30:33] = ["Wrote out/a.json", "  -> dist/x-1.0-py3-none-any.whl", "none failed"]
    lines[38] = "==== 12 passed, 1 failed in 3.21s ===="
    text = "\n".join(lines) + "\n"

    found = summary(tmp_path, text.encode())

    assert Digest(
        len(text), 40, 5, 1,
        ((20 , "x: connection refused"), (21, "step 1: ValueError: bad"), (33, "none failed"), (39, lines[38])),
        ("line 1", "line 2", "line 3"), tuple(lines[-LAST:]),
        ("12 passed, 1 failed in 3.21s",), ("out/a.json", "dist/x-1.0-py3-none-any.whl"),
    ) == found  # fmt: skip
    assert [
        f"  output    {len(text)} bytes, 40 lines, 5 with errors, 1 with warnings",
        "  summary   12 passed, 1 failed in 3.21s",
        "  wrote     out/a.json, dist/x-1.0-py3-none-any.whl",
        "  error     line 20: x: connection refused",
        "  error     line 21: step 1: ValueError: bad",
        "  error     line 33: none failed",
        "  | line 1", "  | line 2", "  | line 3", "  | … 31 more lines …", *(f"  | {line}" for line in lines[-LAST:]),
    ] == found.shown()  # fmt: skip


def test_a_short_output_is_whole_in_its_digest(tmp_path: Path) -> None:
    assert ("a", "b", "c") == summary(tmp_path, b"a\nb\n\nc").first
    assert (("a", "b"), (), 2) == ((found := summary(tmp_path, b"a\nb")).first, found.last, found.lines)
    assert Digest() == summary(tmp_path)
    assert Digest() == summarise(tmp_path / "none")
    assert ["  output    none"] == Digest().shown()


def test_lines_are_put_together_over_chunks(tmp_path: Path) -> None:
    found = summary(tmp_path, b"x" * (CHUNK - 3), b"\nerror: over the edge\n", b"y\n" * CHUNK, b"last")

    assert ((2, "error: over the edge"),) == found.wrong
    assert (CHUNK + 3, 1, ("last",)) == (found.lines, found.errors, found.last[-1:])


def test_a_line_of_many_megabytes_keeps_its_ends(tmp_path: Path) -> None:
    found = summary(tmp_path, b"error: big ", b"z" * (20 * CHUNK), b"\r99%\nlast\n")

    assert (2, 1) == (found.lines, found.errors)
    assert found.wrong[0][1].startswith("error: big zz")
    assert "last" == found.last[-1]
    assert sys_size(found) <= 8192


def sys_size(found: Digest) -> int:
    return len(msgspec.json.encode(found))


def test_the_hole_in_a_sparse_output_is_no_line_and_is_counted(tmp_path: Path) -> None:
    path = tmp_path / "log"
    with path.open("wb") as file:
        file.write(b"head\n")
        file.seek(1 << 30)
        file.write(b"\nerror: end\n")

    found = summarise(path)

    assert (("head",), "error: end", 3) == (found.first, found.last[-1], found.lines)
    assert ((3, "error: end"),) == found.wrong
    assert (1 << 30) - 2 * CHUNK < found.lost <= 1 << 30
    assert "in the middle were given up" in found.shown()[0]


def test_zeros_that_were_written_are_a_hole_as_well(tmp_path: Path) -> None:
    found = summary(tmp_path, b"a\n", b"\0" * (8 * CHUNK), b"b\n")

    assert ("a", "b") == (found.first[0], found.last[-1])
    assert found.lost >= 6 * CHUNK


def test_what_is_not_text_is_not_shown(tmp_path: Path) -> None:
    data = random.Random(1).randbytes(300_000)

    found = summary(tmp_path, data)

    assert found.binary
    assert ((), (), ()) == (found.first, found.last, found.wrong)
    assert 1 == len(found.shown())
    assert found.shown()[0].endswith("not text")


def test_letters_of_any_language_are_text(tmp_path: Path) -> None:
    assert not summary(tmp_path, "Größe: 5 · 東京\n".encode() * 10_000).binary


def test_secrets_and_control_sequences_do_not_get_in(tmp_path: Path) -> None:
    line = b"\x1b[31merror\x1b[0m: password=hunter2\n"

    found = summary(tmp_path, line * 50)

    assert f"error: password={MARK}" == found.first[0] == found.last[0] == found.wrong[0][1]
    assert b"hunter2" not in msgspec.json.encode(found)


def test_of_a_line_that_writes_over_itself_the_end_is_shown(tmp_path: Path) -> None:
    assert ("100 %", "done") == summary(tmp_path, b"10 %\r50 %\r100 %\r\ndone\r").first


WIDE = "error é東\"\\'\t\x1b[0m→ dist/ä.whl: 5 passed "


@given(st.lists(st.text(alphabet=WIDE, max_size=700), max_size=60), st.binary(max_size=200))
def test_a_digest_is_bounded_as_json_and_as_text(lines: list[str], junk: bytes) -> None:
    text = "\n".join(lines).encode("utf-8", "replace") + junk
    with TemporaryDirectory() as folder:
        found = summary(Path(folder), text)

    assert sys_size(found) <= 8192
    assert len("\n".join(found.shown()).encode()) <= 4096
    assert found == read_digest(msgspec.json.decode(msgspec.json.encode(found)))


def test_the_worst_output_is_bounded_as_well(tmp_path: Path) -> None:
    quotes, strokes, folder = '"' * 90, "\\" * 900, "d" * 90
    worst = "\n".join(f"{quotes} error {chr(0x4E00 + n)} -> {folder}/{n}.whl {strokes}" for n in range(90))

    found = summary(tmp_path, worst.encode(), b"\n" + b"1 passed, " * 30 + b"1 failed\n" * 2)

    assert WRONG == len(found.wrong)
    assert FIRST + LAST == len(found.first) + len(found.last)
    assert sys_size(found) <= 8192
    assert len("\n".join(found.shown()).encode()) <= 4096


def test_an_unreadable_digest_is_an_empty_one() -> None:
    assert Digest() == read_digest(None) == read_digest({"size": "x"})


@pytest.mark.parametrize(
    "line",
    [
        "error: x", "ValueError: x", "2 errors", "1 failed, 0 passed", "npm ERR! code",
        "Permission denied (publickey).",
        "ssh: connect to host a port 22: Connection refused", "bash: x: command not found", "panic: runtime",
        "FATAL: x",
        "Traceback (most recent call last):", "Segmentation fault (core dumped)", "cat: x: No such file or directory",
        "0 errors, but 1 failure",
    ],
)  # fmt: skip
def test_lines_look_like_errors(line: str) -> None:
    assert looks_wrong(line)


@pytest.mark.parametrize(
    "line",
    ["ok", "0 errors", "12 passed, 0 failed", "no errors found", "web1 : ok=3 unreachable=0 failed=0", "error_log on",
     "errors: 0", "without any error", "mirrors", ""],
)  # fmt: skip
def test_lines_that_tell_of_no_error_do_not(line: str) -> None:
    assert not looks_wrong(line)


@pytest.mark.parametrize(
    "line",
    [
        "12 passed, 1 failed in 3.21s", "3 passed, 2 warnings in 0.1s (0:00:01)", "Ran 5 tests in 0.001s",
        "FAILED (failures=1)", "Tests:       1 failed, 12 passed, 13 total", "test result: ok. 12 passed; 0 failed",
        "12 passing (3s)", "ok  \texample.org/x\t0.012s", "[INFO] Tests run: 5, Failures: 0, Errors: 0",
        "web1 : ok=3    changed=1    unreachable=0    failed=0", "Apply complete! Resources: 1 added, 0 changed",
        "[INFO] BUILD SUCCESS", "Found 3 errors in 1 file",
    ],
)  # fmt: skip
def test_sums_of_known_programs_are_found(line: str) -> None:
    assert (line.strip("= "),) == told(["before", line, "after"])


def test_the_latest_sums_are_kept() -> None:
    assert ("2 passed", "3 passed") == told(["1 passed", "2 passed", "x", "3 passed"])
    assert () == told(["nothing passed here", "a passed b"])


@pytest.mark.parametrize(
    ("line", "found"),
    [
        ("Wrote dist/x.whl", ("dist/x.whl",)),
        ("/src/a.c -> build/a.o", ("build/a.o",)),
        ("Successfully tagged app:1.2", ("app:1.2",)),
        ("saved model to 'out/m.bin'.", ("out/m.bin",)),
        ("report written to /tmp/a.html", ("/tmp/a.html",)),
        ("created user bob", ()),
        ("if x -> y", ()),
        ("x->next", ()),
        ("1 -> 2", ()),
        ("wrote token=abcdef", ()),
    ],
)
def test_files_that_were_written_are_found(line: str, found: tuple[str, ...]) -> None:
    assert found == made([line])


def test_not_many_files_are_named() -> None:
    assert [f"a{number}.txt" for number in range(6)] == list(made([f"wrote a{number}.txt" for number in range(60)]))


def test_the_end_of_the_output_is_where_sums_are_looked_for(tmp_path: Path) -> None:
    found = summary(tmp_path, b"wrote a.txt\n", b"x\n" * END * 2, b"5 passed in 1.0s\n")

    assert (("5 passed in 1.0s",), ("a.txt",)) == (found.told, found.made)
