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
        case s.Unknown(bodies) | s.Expansion(bodies=bodies):
            return f"?({'; '.join(map(sketch, bodies))})"
        case s.Assignment(name, None, others, array):
            return f"{name}={'' if array else '?'}({' '.join(map(sketch, others))})"
        case s.Assignment(name, value, appends=appends):
            return f"{name}{'+' if appends else ''}={sketch(value)}"
        case s.Redirect(op, None, body, filled):
            return f"{op}{sketch(filled) if filled else repr(body)}"
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
        (r"echo e\ f", "'echo' 'e f'"),
        (r"echo $'a\tb\x41\101\u00e9'", r"'echo' 'a\tbAAé'"),
        (r'echo "a\$b\"c\d"', "'echo' 'a$b\"c\\\\d'"),
        ("s''sh we\"b\"1", "'ssh' 'web1'"),
        ('echo a{b,c} "{b,c}"', "'echo' a{b,c} '{b,c}'"),
        ('echo $x "$x" ${x}', "'echo' $x \"$x\" $x"),
        ("echo ${x:-$(a)} $((1 + $(b)))", "'echo' ?('a') ?('b')"),
        ('echo "a  b  $x  c"', "'echo' 'a  b  '+\"$x\"+'  c'"),
        ("echo a \\\n b", "'echo' 'a' 'b'"),
        ("ss\\\nh web1", "'ssh' 'web1'"),
        (r"echo `echo \`a\` $'\x73'`", "'echo' $('echo' $('a') 's')"),
        ('echo "`a \\"b c\\"`"', "'echo' \"$('a' 'b c')\""),
        ("echo $[1+$(a)] ${x[$(b)]} ${x/$(c)/`d`}", "'echo' ?('a') ?('b') ?('c'; 'd')"),
        ("echo ${x:-'}'} \"${y:-'$(a)'}\"", "'echo' ?() ?('a')"),
        ("echo $((1)) $( (a) )", "'echo' ?() $(subshell('a'))"),
        ("echo @(a|$(b)) a<(c)", "'echo' @+?('b') a+?('c')"),
    ],
)
def test_a_word_is_what_its_quotes_leave(text: str, tree: str) -> None:
    assert tree == sketch(parse(text))


@pytest.mark.parametrize(
    ("text", "tree"),
    [
        ("X=1 Y=$Z cmd", "X='1' Y=$Z 'cmd'"),
        ("A=(a b) B+=c C[1]=d", "A=('a' 'b') B+='c' C=?(?() 'd')"),
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
        ("case $x in a|b) c;; *) d;; esac", "choice('c'; 'd') of $x of 'a' of 'b' of '*'"),
        ("for i in 1 2; do a $i; done", "for(i: '1' '2': 'a' $i)"),
        ("for i; do a; done", "for(i: \"$@\": 'a')"),
        ("for ((i=0; i<3; i++)); do a; done", "for(for ((i=0; i<3; i++)): ?: 'a')"),
        ("select x in a b; do c; done", "for(x: 'a' 'b': 'c')"),
        ("while a; do b; done", "while('a': 'b')"),
        ("until a; do b; done", "until('a': 'b')"),
        ("f() { a; }", "def f('a')"),
        ("function f { a; }", "def f('a')"),
        ("[[ -n $(a) ]]", "test('a')"),
        ("(( $(a) ))", "test('a')"),
        ("[ -f x ] && y", "and_or('[' '-f' 'x' ']'; 'y')"),
        ("echo $(a) `b` <(c) >(d)", "'echo' $('a') $('b') ?('c') ?('d')"),
        ("time -p a; time { b; }; ! ! c", "seq('time' '-p' 'a'; 'b'; 'c')"),
        ("coproc X { a; }; coproc b", "seq(background('a'); 'coproc' 'b')"),
        (
            "for i in a; { b; }; (c) done",
            "seq(for(i: 'a': 'b'); subshell('c'); broken(the text does not parse: `done` closes nothing))",
        ),
        ("if a; then (b) fi", "choice(seq('a'; subshell('b')))"),
        ("f() ( a ) > g", "def f([subshell('a') >'g'])"),
        ("case x in (a) b;& c|d) e;;& esac", "choice('b'; 'e') of 'x' of 'a' of 'c' of 'd'"),
        ("[[ a =~ ^(b|c)$ && $(d) ]] || e", "and_or(test('d'); 'e')"),
        ("echo if; a=b if", "seq('echo' 'if'; a='b' 'if')"),
    ],
)
def test_a_statement_has_its_shape(text: str, tree: str) -> None:
    assert tree == sketch(parse(text))


@pytest.mark.parametrize(
    ("text", "tree"),
    [
        ("a > f 2>&1 < g >> h", "['a' >'f' >&'1' <'g' >>'h']"),
        ('cat <<< "hi $x"', "['cat' <<<'hi '+\"$x\"]"),
        ("cat <<EOF\nx $y\nEOF", "['cat' <<'x '+\"$y\"+'\\n']"),
        ("cat <<'EOF'\nx $y\nEOF", "['cat' <<'x $y\\n']"),
        ('cat <<"EOF"\nx $y\nEOF', "['cat' <<'x $y\\n']"),
        ("cat <<EOF | sh\nx\nEOF", "pipe(['cat' <<'x\\n'] | 'sh')"),
        ("cat <<EOF > file\nx\nEOF", "['cat' <<'x\\n' >'file']"),
        ("cat <<EOF && b\nx\nEOF", "and_or(['cat' <<'x\\n']; 'b')"),
        ("cat <<A <<'B'; c\n1\nA\n$2\nB\nd", "seq(['cat' <<'1\\n' <<'$2\\n']; 'c'; 'd')"),
        ("cat <<-EOF\n\tx\n\tEOF\na", "seq(['cat' <<'x\\n']; 'a')"),
        ("cat <<EOF\nx\nE\\\nOF\na", "seq(['cat' <<'x\\n']; 'a')"),
        ("cat <<EOF\n`a` $(b)\nEOF", "['cat' <<\"$('a')\"+' '+\"$('b')\"+'\\n']"),
        ("<<EOF cat\nx\nEOF", "['cat' <<'x\\n']"),
        ("exec 3<>f {g}<h >&2", "['exec' <>'f' <'h' >&'2']"),
        ("x=$(cat <<E\na\nE\n) b", "x=$(['cat' <<'a\\n']) 'b'"),
    ],
)
def test_a_redirection_keeps_its_body_and_what_follows_it(text: str, tree: str) -> None:
    assert tree == sketch(parse(text))


@pytest.mark.parametrize(
    ("text", "tree"),
    [
        ("{" * 5000, "broken(it holds more braces or here-documents than are read)"),
        ("if", "seq(broken(the text does not parse: `then` is missing))"),
        ("a; echo 'b", "seq(seq('a'; broken(the text does not parse: a quote is not closed)); choice('echo'))"),
        ("a )", "seq('a'; broken(the text does not parse: a command is missing))"),
        (
            "x=$(cat <<E) b\na\nE",
            "seq(broken(the text does not parse: a here-document starts where its line does not end))",
        ),
        ("a\rb", "broken(it holds control characters)"),
        ("echo a\x00b", "broken(it holds control characters)"),
        ("#" * (reader.MAX_CHARACTERS + 1), "broken(the text is too long to judge)"),
    ],
)
def test_what_cannot_be_read_is_a_broken_node(text: str, tree: str) -> None:
    assert tree == sketch(parse(text))


def test_the_longest_text_is_still_read() -> None:
    text = "a #".ljust(reader.MAX_CHARACTERS, "x")

    assert "'a'" == sketch(parse(text))


def test_nesting_is_followed_to_a_bound() -> None:
    deep = "( " * 200 + "a" + " )" * 200

    assert "seq(seq(broken(the text does not parse: nested too deep)); choice('a'))" == sketch(parse(deep))


def test_a_span_is_the_characters_of_the_command() -> None:
    assert s.Simple(5, 12, (s.Word(5, 8, "ssh"), s.Word(9, 12, "web"))) == parse("é a; ssh web").items[1]  # type: ignore[union-attr]


@given(st.text())
def test_parsing_raises_nothing(text: str) -> None:
    assert sketch(parse(text)) == sketch(parse(text))
