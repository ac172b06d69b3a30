"""What an override covers, in words."""

from headgate.model.override import Scope


def scope_words(scope: Scope) -> str:
    """Return what *scope* covers, its parts in the order in which they are named."""
    if scope.everything:
        return "EVERYTHING that can be lifted"
    parts = {
        "work": scope.workloads,
        "machines": scope.machines,
        "environments": scope.environments,
        "sessions": scope.sessions,
        "directories": scope.projects,
        "rules": scope.rules,
        "exactly the action": tuple(f"{digest[:12]}…" for digest in scope.actions),
    }
    return "; ".join(f"{name} {', '.join(words)}" for name, words in parts.items() if words)
