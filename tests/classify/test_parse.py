"""Text to tree: each row is a text and a sketch of the tree that it must give."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from headgate.classify.shell import parse as reader
from headgate.classify.shell import syntax as s
from headgate.classify.shell.parse import parse


def sketch(node: object) -> str:  # noqa: C901, PLR0911, PLR0912, PLR0915 one line a node type
    """Return the tree on one line, without spans; quotes are what the text alone tells."""
    match node:
        case s.Word(literal=str(text)):
            return repr(text)
        case s.Word(parts=parts):
            return "+".join(sketch(part) for part in parts if part != s.Text("", quoted=True))
        case s.Text(text, quoted):
            return repr(text) if quoted else text
        case s.Variable(name, quoted):
            return f'"${name}"' if quoted else f"${name}"
        case s.Substitution(body, quoted):
            return f'"$({sketch(body)})"' if quoted else f"$({sketch(body)})"
        case s.Unknown(bodies):
            return f"?({'; '.join(map(sketch, bodies))})"
        case s.Assignment(name, None, others):
            return f"{name}=?({' '.join(map(sketch, others))})"
        case s.Assignment(name, value):
            return f"{name}={sketch(value)}"
        case s.Redirect(op, None, body, expands):
            return f"{op}{'$' if expands else ''}{body!r}"
        case s.Redirect(op, target):
            return f"{op}{sketch(target)}"
        case s.Simple(words=words, assignments=assignments):
            return " ".join(map(sketch, (*assignments, *words)))
        case s.Redirected(body, redirects):
            return f"[{sketch(body)} {' '.join(map(sketch, redirects))}]"
        case s.Pipeline(stages):
            return f"pipe({' | '.join(map(sketch, stages))})"
        case s.Sequence(items):
            return f"seq({'; '.join(map(sketch, items))})"
        case s.AndOr(items):
            return f"and_or({'; '.join(map(sketch, items))})"
        case s.Background(body):
            return f"background({sketch(body)})"
        case s.Subshell(body):
            return f"subshell({sketch(body)})"
        case s.Choice(branches, words):
            return " of ".join(filter(None, (f"choice({'; '.join(map(sketch, branches))})", *map(sketch, words))))
        case s.While(condition=condition, body=body, until=until):
            return f"{'until' if until else 'while'}({sketch(condition)}: {sketch(body)})"
        case s.For(name=name, items=items, body=body, header=header):
            over = "?" if items is None else " ".join(map(sketch, items))
            return f"for({name or header.strip()}: {over}: {sketch(body)})"
        case s.Function(name, body):
            return f"def {name}({sketch(body)})"
        case s.Test(parts):
            return f"test({'; '.join(map(sketch, parts))})"
        case s.Broken(why=why):
            return f"broken({why})"
        case _:
            raise AssertionError(node)


@pytest.mark.parametrize(
    ("text", "tree"),
    [
        ("echo a", "'echo' 'a'"),
        ("echo 'a b' \"c d\" ''", "'echo' 'a b' 'c d' ''"),
        (r"echo e\ f", "'echo' e+' '+f"),
        (r"echo $'a\tb\x41\101\u00e9'", r"'echo' 'a\tbAAé'"),
        (r'echo "a\$b\"c\d"', "'echo' 'a$b\"c\\\\d'"),
        ("s''sh we\"b\"1", "s+sh we+'b'+1"),
        ('echo a{b,c} "{b,c}"', "'echo' a+{+b,c+} '{b,c}'"),
        ('echo $x "$x" ${x}', "'echo' $x \"$x\" $x"),
        ("echo ${x:-$(a)} $((1 + $(b)))", "'echo' ?('a') ?('b')"),
        ('echo "a  b  $x  c"', "'echo' 'a  b  '+\"$x\"+'  c'"),
        ("echo a \\\n b", "'echo' 'a' 'b'"),
    ],
)
def test_a_word_is_what_its_quotes_leave(text: str, tree: str) -> None:
    assert tree == sketch(parse(text))


@pytest.mark.parametrize(
    ("text", "tree"),
    [
        ("X=1 Y=$Z cmd", "X='1' Y=$Z 'cmd'"),
        ("A=(a b) B+=c", "A=?('a' 'b') B=?('c')"),
        ("export A=1 B", "A='1' 'export' 'B'"),
        ("unset x", "'unset' 'x'"),
        ("a; b & c", "seq('a'; background('b'); 'c')"),
        ("a && b || c", "and_or('a'; 'b'; 'c')"),
        ("a | b |& c", "pipe('a' | 'b' | 'c')"),
        ("(a; b)", "subshell(seq('a'; 'b'))"),
        ("{ a; b; }", "seq('a'; 'b')"),
        ("! a", "'a'"),
        ("a # b", "'a'"),
        ("if a; then b; elif c; then d; else e; fi", "choice(seq('a'; 'b'); seq('c'; 'd'); 'e')"),
        ("case $x in a|b) c;; *) d;; esac", "choice('c'; 'd') of $x of a of 'b' of *"),
        ("for i in 1 2; do a $i; done", "for(i: '1' '2': 'a' $i)"),
        ("for i; do a; done", "for(i: : 'a')"),
        ("for ((i=0; i<3; i++)); do a; done", "for(for ((i=0; i<3; i++));: ?: 'a')"),
        ("select x in a b; do c; done", "for(x: 'a' 'b': 'c')"),
        ("while a; do b; done", "while('a': 'b')"),
        ("until a; do b; done", "until('a': 'b')"),
        ("f() { a; }", "def f('a')"),
        ("function f { a; }", "def f('a')"),
        ("[[ -n $(a) ]]", "test('a')"),
        ("(( $(a) ))", "test('a')"),
        ("[ -f x ] && y", "and_or(test(); 'y')"),
        ("echo $(a) `b` <(c) >(d)", "'echo' $('a') $('b') ?('c') ?('d')"),
    ],
)
def test_a_statement_has_its_shape(text: str, tree: str) -> None:
    assert tree == sketch(parse(text))


@pytest.mark.parametrize(
    ("text", "tree"),
    [
        ("a > f 2>&1 < g >> h", "['a' >'f' >&'1' <'g' >>'h']"),
        ('cat <<< "hi $x"', "['cat' <<<'hi '+\"$x\"]"),
        ("cat <<EOF\nx $y\nEOF", "['cat' <<$'x $y\\n']"),
        ("cat <<'EOF'\nx $y\nEOF", "['cat' <<'x $y\\n']"),
        ('cat <<"EOF"\nx $y\nEOF', "['cat' <<'x $y\\n']"),
        ("cat <<EOF | sh\nx\nEOF", "pipe(['cat' <<$'x\\n'] | pipe('sh'))"),
        ("cat <<EOF > file\nx\nEOF", "[['cat' <<$'x\\n'] >'file']"),
        ("cat <<EOF && b\nx\nEOF", "and_or(['cat' <<$'x\\n']; 'b')"),
    ],
)
def test_a_redirection_keeps_its_body_and_what_follows_it(text: str, tree: str) -> None:
    assert tree == sketch(parse(text))


@pytest.mark.parametrize(
    ("text", "tree"),
    [
        ("if", "seq(broken(`ERROR` is not understood); broken(the text does not parse))"),
        ("echo 'a", "seq(seq('echo'; broken(`ERROR` is not understood)); broken(the text does not parse))"),
        ("echo a\x00b", "broken(it holds control characters)"),
        ("ss\\\nh web1", "broken(a word is broken by a line continuation)"),
        ('echo "`a` `b`"', "broken(it nests or repeats backticks)"),
        ("echo $[1+1]", "broken(it uses an expansion that cannot be read)"),
        ("#" * (reader.MAX_BYTES + 1), "broken(the text is too long to judge)"),
    ],
)
def test_what_cannot_be_read_is_a_broken_node(text: str, tree: str) -> None:
    assert tree == sketch(parse(text))


def test_the_longest_text_is_still_read() -> None:
    text = "a #".ljust(reader.MAX_BYTES, "x")

    assert "'a'" == sketch(parse(text))


def test_nesting_is_followed_to_a_bound() -> None:
    deep = "( " * 200 + "a" + " )" * 200

    assert sketch(parse(deep)).endswith("broken(nested too deep)" + ")" * (reader.MAX_DEPTH + 1))


def test_a_span_is_the_bytes_of_the_command() -> None:
    assert s.Simple(6, 13, (s.Word(6, 9, "ssh"), s.Word(10, 13, "web"))) == parse("é a; ssh web").items[1]  # type: ignore[union-attr]


@given(st.text())
def test_parsing_raises_nothing(text: str) -> None:
    assert sketch(parse(text)) == sketch(parse(text))
