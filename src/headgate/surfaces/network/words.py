"""What `headgate status` says of the network, in lines."""

from typing import Any


def network_lines(told: dict[str, Any]) -> list[str]:
    """Return what listens, what is sent, and, loudly, what does not; nothing where nothing is configured."""
    makers = {"api": _api, "webhook": _webhook}
    return [line for part, make in makers.items() if part in told for line in make(told[part])]


def _api(told: dict[str, Any]) -> list[str]:
    if told["mistake"]:
        return [f"api      DOES NOT LISTEN: {told['mistake']}"]
    wrong = told["wrong_tokens"]
    return [f"api      {told['address']}{f', {wrong} wrong tokens' if wrong else ''}"]


def _webhook(told: dict[str, Any]) -> list[str]:
    if told["mistake"]:
        return [f"webhook  SENDS NOTHING: {told['mistake']}"]
    lost = f", {told['given_up']} given up" if told["given_up"] else ""
    lines = [f"webhook  {told['sent']} sent, {told['waiting']} waiting{lost}"]
    return [*lines, *(f"         {item}" for item in told["failing"])]
