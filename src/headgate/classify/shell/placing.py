"""Redirections and words that the grammar hangs on the wrong node, put where the shell has them."""

from headgate.classify.shell.syntax import AndOr, Broken, Node, Redirect, Redirected, Sequence, Simple, Word


def with_redirects(body: Node, redirects: tuple[Redirect, ...]) -> Node:
    """Give *redirects* to the command they belong to: the grammar hangs those of a list's last on the whole list."""
    if isinstance(body, AndOr):
        return AndOr((*body.items[:-1], Redirected(body.items[-1], redirects)), body.chained)
    return Redirected(body, redirects)


def with_word(node: Node, word: Word) -> Node:
    """Add *word* to the simple command inside *node*: an argument written behind a here-document's mark."""
    match node:
        case Redirected(body, redirects):
            return Redirected(with_word(body, word), redirects)
        case AndOr(items, chained):
            return AndOr((*items[:-1], with_word(items[-1], word)), chained)
        case Simple(start, end, words, assignments, exports):
            return Simple(start, end, (*words, word), assignments, exports)
        case _:
            return Sequence((node, Broken(word.start, word.end, "a word in a strange place")))
