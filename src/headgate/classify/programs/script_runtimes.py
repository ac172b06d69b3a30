"""Runtimes that run TypeScript and its kin as node runs JavaScript, and deno and bun by their own words."""

from headgate.classify import effect as fx
from headgate.classify.effect import Effect
from headgate.classify.programs.builds import serving
from headgate.classify.programs.call import Call
from headgate.classify.programs.options import split, words_of

_VALUED = words_of("--tsconfig -P --project -O --compiler-options --cwd-mode -r --require --import --conditions -C")
_CODE = ("-e", "--eval", "-p", "--print", "-pe")
_DENO = words_of(
    """
    -c --config --import-map --cert --location --seed --inspect --inspect-brk --env-file --ext -L --log-level --lock
    """
)
_SOURCES = (".ts", ".js", ".mjs", ".cjs", ".tsx", ".jsx", ".mts", ".cts")


def typescript(call: Call) -> Effect:
    """Run code or a file as node would; watching never ends (tsx, ts-node)."""
    found = split(call.words, frozenset((*_VALUED, *_CODE)), stops=True)
    if found.has("--version", "-v", "--help", "-h"):
        return Effect(fx.READS)
    if found.has("--watch") or found.operands[:1] == ("watch",):
        return serving(call, f"`{call.name}` watches files without an end")
    code = found.value(*_CODE)
    if code:
        return call.start(("node", "-e", code))
    return call.start(("node", *found.operands))


def deno(call: Call, words: tuple[str, ...]) -> Effect:
    """Run a file or code (deno run, deno eval); what comes from an address cannot be read."""
    found = split(words[1:], _DENO, stops=True)
    name = found.operands[0] if found.operands else ""
    if words[0] == "eval":
        return call.start(("node", "-e", name))
    if found.has("--watch"):
        return serving(call, "watches files without an end")
    if "://" in name or name.startswith(("npm:", "jsr:")):
        return call.opaque("the program that it fetches cannot be read before it runs")
    return call.start(("node", *found.operands))


def bun(call: Call, words: tuple[str, ...]) -> Effect | None:
    """Return the effect of bun's running code or a file; `None` for its other words."""
    found = split(words, frozenset(_CODE), stops=True)
    code = found.value(*_CODE)
    if code:
        return call.start(("node", "-e", code))
    operands = found.operands[1:] if found.operands[:1] == ("run",) else found.operands
    return call.start(("node", *operands)) if operands and operands[0].endswith(_SOURCES) else None


PROGRAMS = dict.fromkeys(words_of("tsx ts-node ts-node-esm tsm esno vite-node babel-node jiti"), typescript)
