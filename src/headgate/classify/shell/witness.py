"""The second reading: which commands the grammar library sees; the only module that knows it."""

import tree_sitter
import tree_sitter_bash

_LANGUAGE = tree_sitter.Language(tree_sitter_bash.language())
_PARSER = tree_sitter.Parser(_LANGUAGE)
_COMMANDS = tree_sitter.Query(_LANGUAGE, "(command name: (_) @name) @command")


def witness(text: str) -> tuple[bool, list[tuple[int, int, int]]]:
    """Return whether the library read all of *text*, and each command: where it, its name and its end stand.

    Places are in characters. It misreads some valid texts without saying so, and errs on others; so it only bears
    witness to commands, and its errors count for nothing.
    """
    source = text.encode("utf-8", "surrogatepass")
    root = _PARSER.parse(source).root_node
    found = [
        (match["command"][0].start_byte, match["name"][0].start_byte, match["command"][0].end_byte)
        for _, match in tree_sitter.QueryCursor(_COMMANDS).matches(root)
    ]
    if len(source) != len(text):
        found = [tuple(len(source[:byte].decode("utf-8", "replace")) for byte in places) for places in found]  # type: ignore[misc]
    return not root.has_error, found
