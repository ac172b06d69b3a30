"""Texts of any size, each of one kind: what a parser may take too long for."""

from collections.abc import Callable


def _times(piece: str) -> Callable[[int], str]:
    return lambda size: piece * (size // len(piece) + 1)


def _nested(opening: str, inner: str, closing: str) -> Callable[[int], str]:
    def made(size: int) -> str:
        depth = size // (len(opening) + len(closing)) + 1
        return opening * depth + inner + closing * depth

    return made


def _around(before: str, piece: str, after: str) -> Callable[[int], str]:
    return lambda size: before + piece * (size // len(piece) + 1) + after


KINDS: dict[str, Callable[[int], str]] = {
    "words": _times("word "),
    "one word": _times("w"),
    "lines": _times("echo hello world\n"),
    "remote lines": _times("ssh web1 uptime\n"),
    "lists": _times("true && false || ls; "),
    "pipeline": _around("cat f", " | grep x", ""),
    "assignments": _times("a=b c=$d "),
    "single quotes": _times("'a b' "),
    "double quotes": _times('"a $b" '),
    "open quote": _around("echo '", "x ", ""),
    "odd quotes": _times("\"'"),
    "backslashes": _times("\\"),
    "escaped lines": _times("a \\\n"),
    "comments": _times("# it's a comment\n"),
    "substitutions": _times("$(echo a) "),
    "nested substitutions": _nested("$(echo ", "a", ")"),
    "open substitutions": _times("$("),
    "backticks": _times("`echo a` "),
    "odd backticks": _times("`a\\`"),
    "open backticks": _times("`"),
    "parentheses": _nested("( ", "ls", " )"),
    "open parentheses": _times("("),
    "groups": _nested("{ ", "ls", "; }"),
    "open braces": _times("{"),
    "brace expansion": _times("{a,b}"),
    "nested brace expansion": _nested("{a,", "b", "}"),
    "ranges": _times("{1..9999}"),
    "parameters": _times("${a:-b} "),
    "nested parameters": _nested("${a:-", "b", "}"),
    "open parameters": _times("${a:-"),
    "replacements": _times("${a/b/c}${a//[x]/}"),
    "arithmetic": _times("$((1+2)) "),
    "open arithmetic": _times("$(("),
    "nested arithmetic": _nested("$((", "1", "))"),
    "here-document": _around("cat <<'E'\n", "some text $(x)\n", "E\n"),
    "here-document that expands": _around("cat <<E\n", "some $text $(x)\n", "E\n"),
    "here-document for a shell": _around("bash <<'E'\n", "echo hello\n", "E\n"),
    "here-documents": _times("cat <<E\na\nE\n"),
    "open here-documents": _times("<<E "),
    "here-strings": _times("cat <<< a; "),
    "base64": _around("echo ", "ZWNobyBo", " | base64 -d | sh"),
    "coded": _around("printf '", "\\x61", "' | sh"),
    "eval": _nested("eval '", "ls", "'"),
    "if": _nested("if true; then ", "ls; ", "fi; "),
    "for": _nested("for i in a b; do ", "ls; ", "done; "),
    "while": _nested("while a; do ", "ls; ", "done; "),
    "case": _nested("case a in a) ", "ls ", ";; esac "),
    "negations": _times("! "),
    "functions": _times("f() { ls; }; "),
    "calls": _around("f() { ls; }; ", "f; ", ""),
    "doubling calls": lambda size: (
        "f0() { ls; }; "
        + "".join(f"f{n + 1}() {{ f{n}; f{n}; }}; " for n in range(min(60, size // 30)))
        + f"f{min(60, size // 30)}"
    ),
    "doubling variables": lambda size: "a=xx; " + "a=$a$a; " * (size // 8 + 1) + "echo $a",
    "doubling aliases": lambda size: (
        "".join(f"alias a{n + 1}='a{n};a{n}'; " for n in range(min(60, size // 25))) + "a60"
    ),
    "arrays": _around("a=(", "b ", ")"),
    "redirects": _around("ls", " > f", ""),
    "jobs": _times("ls & "),
    "tests": _times("[[ -n a && b == c ]]; "),
    "python": _around("python3 -c '", "x = [1, 2]; ", "'"),
    "nested python": _around("python3 -c '", "[", "'"),
    "awk": _around("awk '", "{ print $1 } ", "'"),
    "sql": _around("psql -h db -c '", "select 1; ", "'"),
    "sudo": _around("", "sudo ", "ls"),
    "xargs": _around("", "xargs ", "ls"),
    "nested shells": _around("", "bash -c ", "ls"),
    "spaces": _times(" "),
    "new lines": _times("\n"),
    "semicolons": _times(";"),
    "pipes": _times("|"),
    "dollars": _times("$"),
    "globs": _times("*?["),
    "tildes": _times("~/"),
    "nulls": _times("\x00"),
    "other scripts": _times("日本é🙂 "),
    "marks": _times("\u202e\ufeff\u200d"),
}
"""A kind's function returns a text of about *size* characters."""
