"""Text to our tree; the only module that knows the grammar library."""

from collections.abc import Callable

import tree_sitter
import tree_sitter_bash

from headgate.classify.shell.doubt import doubt
from headgate.classify.shell.parse_words import MAX_DEPTH, assignment, bodies, word
from headgate.classify.shell.placing import with_redirects, with_word
from headgate.classify.shell.syntax import (
    AndOr,
    Assignment,
    Background,
    Broken,
    Choice,
    For,
    Function,
    Node,
    Pipeline,
    Redirect,
    Redirected,
    Sequence,
    Simple,
    Subshell,
    Test,
    While,
    Word,
)

MAX_BYTES = 64 * 1024
"""Longer texts are not parsed: their classes are unknown (measured: linear time, but seconds at 1 MB)."""

_PARSER = tree_sitter.Parser(tree_sitter.Language(tree_sitter_bash.language()))


def parse(text: str) -> Node:
    """Return the tree of *text*; what cannot be read is a `Broken` node in it, never an exception."""
    source = text.encode("utf-8", "surrogatepass")
    if len(source) > MAX_BYTES:
        return Broken(0, len(source), "the text is too long to judge")
    why = doubt(text)
    if why:
        return Broken(0, len(source), why)
    root = _PARSER.parse(source).root_node
    tree = _Reader(source).block(root.children, 0)
    if root.has_error:
        return Sequence((tree, Broken(0, len(source), "the text does not parse")))
    return tree


class _Reader:
    """Turns the grammar's nodes into ours; *depth* is passed down and bounded."""

    def __init__(self, source: bytes) -> None:
        self.source = source

    def raw(self, node: tree_sitter.Node) -> str:
        return self.source[node.start_byte : node.end_byte].decode("utf-8", "replace")

    # -- statements --------------------------------------------------------------------------

    def block(self, children: list[tree_sitter.Node], depth: int) -> Node:
        """Read a list of statements and the separators between them."""
        items: list[Node] = []
        for child in children:
            if child.is_named:
                if child.type in _SKIPPED:
                    continue
                items.append(self.statement(child, depth))
            elif child.type == "&" and items:
                items[-1] = Background(items[-1])
        return items[0] if len(items) == 1 else Sequence(tuple(items))

    def statement(self, node: tree_sitter.Node, depth: int) -> Node:
        read = _STATEMENTS.get(node.type)
        if read is None:
            return Broken(node.start_byte, node.end_byte, f"`{node.type}` is not understood")
        if depth > MAX_DEPTH:
            return Broken(node.start_byte, node.end_byte, "nested too deep")
        return read(self, node, depth + 1)

    def command(self, node: tree_sitter.Node, depth: int) -> Node:
        words: list[Word] = []
        assignments: list[Assignment] = []
        redirects: list[Redirect] = []
        for child in node.children:
            kind = child.type
            if kind == "command_name":
                words.append(word(self, child.children[0] if child.children else child, depth))
            elif kind == "variable_assignment":
                assignments.append(assignment(self, child, depth))
            elif kind in _REDIRECTS:
                redirects.append(self.redirect(child, depth))
            elif child.is_named:
                words.append(word(self, child, depth))
            elif kind in {"==", "=~"}:
                words.append(Word(child.start_byte, child.end_byte, kind))
        simple = Simple(node.start_byte, node.end_byte, tuple(words), tuple(assignments))
        return Redirected(simple, tuple(redirects)) if redirects else simple

    def assigned(self, node: tree_sitter.Node, depth: int) -> Node:
        return Simple(node.start_byte, node.end_byte, (), (assignment(self, node, depth),))

    def assigned_many(self, node: tree_sitter.Node, depth: int) -> Node:
        found = tuple(assignment(self, child, depth) for child in node.named_children)
        return Simple(node.start_byte, node.end_byte, (), found)

    def declaration(self, node: tree_sitter.Node, depth: int) -> Node:
        words = [Word(node.children[0].start_byte, node.children[0].end_byte, node.children[0].type)]
        assignments: list[Assignment] = []
        for child in node.named_children:
            if child.type == "variable_assignment":
                assignments.append(assignment(self, child, depth))
            else:
                words.append(word(self, child, depth))
        return Simple(node.start_byte, node.end_byte, tuple(words), tuple(assignments), exports=True)

    def unset(self, node: tree_sitter.Node, depth: int) -> Node:
        words = [Word(node.start_byte, node.end_byte, "unset")]
        words += [word(self, child, depth) for child in node.named_children]
        return Simple(node.start_byte, node.end_byte, tuple(words))

    def pipeline(self, node: tree_sitter.Node, depth: int) -> Node:
        return Pipeline(tuple(self.statement(child, depth) for child in node.named_children if child.type != "comment"))

    def sequence(self, node: tree_sitter.Node, depth: int) -> Node:
        items: list[Node] = []
        chained = True
        while node.type == "list":  # the grammar nests to the left, without end
            left, *rest = (child for child in node.named_children if child.type != "comment")
            items.extend(self.statement(child, depth) for child in reversed(rest))
            chained = chained and all(child.type != "||" for child in node.children)
            node = left
        items.append(self.statement(node, depth))
        return AndOr(tuple(reversed(items)), chained)

    def subshell(self, node: tree_sitter.Node, depth: int) -> Node:
        return Subshell(self.block(node.children, depth))

    def group(self, node: tree_sitter.Node, depth: int) -> Node:
        if node.children and node.children[0].type == "((":
            return self.test(node, depth)
        return self.block(node.children, depth)

    def choice(self, node: tree_sitter.Node, depth: int) -> Node:
        clauses = [child for child in node.named_children if child.type in _CLAUSES]
        first = [child for child in node.children if child.type not in _CLAUSES]
        return Choice(
            tuple(self.block(children, depth) for children in (first, *(child.children for child in clauses)))
        )

    def case(self, node: tree_sitter.Node, depth: int) -> Node:
        words: list[Word] = []
        branches: list[Node] = []
        for child in node.named_children:
            if child.type == "case_item":
                branches.append(self.case_item(child, words, depth))
            elif child.type not in _SKIPPED:
                words.append(word(self, child, depth))
        return Choice(tuple(branches), tuple(words))

    def case_item(self, node: tree_sitter.Node, words: list[Word], depth: int) -> Node:
        close = next((n for n, child in enumerate(node.children) if child.type == ")"), 0)
        words.extend(word(self, child, depth) for child in node.children[:close] if child.is_named)
        return self.block(node.children[close:], depth)

    def loop(self, node: tree_sitter.Node, depth: int) -> Node:
        condition = node.children_by_field_name("condition")
        body = node.child_by_field_name("body")
        return While(
            node.start_byte,
            node.end_byte,
            self.block(condition, depth),
            self.block(body.children if body else [], depth),
            node.children[0].type == "until",
        )

    def for_each(self, node: tree_sitter.Node, depth: int) -> Node:
        name = node.child_by_field_name("variable")
        body = node.child_by_field_name("body")
        items = tuple(word(self, child, depth) for child in node.children_by_field_name("value"))
        return For(
            node.start_byte,
            node.end_byte,
            self.raw(name) if name else "",
            items,
            self.block(body.children if body else [], depth),
        )

    def c_for(self, node: tree_sitter.Node, depth: int) -> Node:
        body = node.child_by_field_name("body")
        header_end = body.start_byte if body else node.end_byte
        header = self.source[node.start_byte : header_end].decode("utf-8", "replace")
        inside = bodies(self, node, depth, skip=body)
        loop = For(node.start_byte, node.end_byte, "", None, self.block(body.children if body else [], depth), header)
        return Sequence((*inside, loop)) if inside else loop

    def function(self, node: tree_sitter.Node, depth: int) -> Node:
        name = node.child_by_field_name("name")
        body = node.child_by_field_name("body")
        if name is None or body is None:
            return Broken(node.start_byte, node.end_byte, "a function without a body")
        return Function(self.raw(name), self.statement(body, depth))

    def negated(self, node: tree_sitter.Node, depth: int) -> Node:
        return self.block(node.children, depth)

    def test(self, node: tree_sitter.Node, depth: int) -> Node:
        return Test(bodies(self, node, depth), self.raw(node))

    def redirected(self, node: tree_sitter.Node, depth: int) -> Node:
        body = node.child_by_field_name("body")
        redirects = [child for child in node.named_children if child.type in _REDIRECTS]
        found = tuple(self.redirect(child, depth) for child in redirects)
        inner: Node = self.statement(body, depth) if body else Sequence(())
        tree = with_redirects(inner, found)
        for child in redirects:
            if child.type == "heredoc_redirect":
                tree = self.after_heredoc(tree, child, depth)
        return tree

    # -- redirections ------------------------------------------------------------------------

    def redirect(self, node: tree_sitter.Node, depth: int) -> Redirect:
        if node.type == "heredoc_redirect":
            return self.heredoc(node)
        target = node.named_children[-1] if node.named_children else None
        op = next((child.type for child in node.children if not child.is_named), "<")
        return Redirect(op, word(self, target, depth) if target is not None else None)

    def heredoc(self, node: tree_sitter.Node) -> Redirect:
        mark = next((self.raw(child) for child in node.children if child.type == "heredoc_start"), "")
        body = "".join(self.raw(child) for child in node.children if child.type == "heredoc_body")
        return Redirect("<<", None, body, expands=not any(quote in mark for quote in "'\"\\"))

    def after_heredoc(self, tree: Node, node: tree_sitter.Node, depth: int) -> Node:
        """Attach what follows a here-document's mark on its line; the grammar hides it inside the redirection."""
        words = [child for child in node.named_children if child.type not in _HEREDOC_OWN]
        if not words:
            return tree
        joined: list[Node] = [tree]
        piped = False
        for child in words:
            if child.type == "pipeline":
                joined.append(self.pipeline(child, depth))
                piped = True
            elif child.type in _REDIRECTS:
                joined[0] = with_redirects(joined[0], (self.redirect(child, depth),))
            elif child.type in _STATEMENTS:
                joined.append(self.statement(child, depth))
            else:
                joined[0] = with_word(joined[0], word(self, child, depth))
        if len(joined) == 1:
            return joined[0]
        return Pipeline(tuple(joined)) if piped and len(joined) == 2 else AndOr(tuple(joined))  # noqa: PLR2004 two sides


_CLAUSES = frozenset({"elif_clause", "else_clause"})
_REDIRECTS = frozenset({"file_redirect", "heredoc_redirect", "herestring_redirect"})
_SKIPPED = frozenset({"comment", "heredoc_start", "heredoc_body", "heredoc_end", "heredoc_content"})
_HEREDOC_OWN = _SKIPPED | {"file_descriptor"}

_STATEMENTS: dict[str, Callable[[_Reader, tree_sitter.Node, int], Node]] = {
    "command": _Reader.command,
    "variable_assignment": _Reader.assigned,
    "variable_assignments": _Reader.assigned_many,
    "declaration_command": _Reader.declaration,
    "unset_command": _Reader.unset,
    "test_command": _Reader.test,
    "pipeline": _Reader.pipeline,
    "list": _Reader.sequence,
    "subshell": _Reader.subshell,
    "compound_statement": _Reader.group,
    "do_group": _Reader.group,
    "if_statement": _Reader.choice,
    "case_statement": _Reader.case,
    "while_statement": _Reader.loop,
    "for_statement": _Reader.for_each,
    "c_style_for_statement": _Reader.c_for,
    "function_definition": _Reader.function,
    "negated_command": _Reader.negated,
    "redirected_statement": _Reader.redirected,
}
