"""The clients that we understand, by name."""

from headgate.intercept import claude_code, codex
from headgate.intercept.dialect import Dialect

DIALECTS: dict[str, Dialect] = {dialect.NAME: dialect for dialect in (claude_code, codex)}
