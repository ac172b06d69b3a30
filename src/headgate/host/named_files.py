"""What the operator's configuration names that nobody but people and the gate may use: files, secrets, addresses."""

import msgspec

from headgate.configure.language import Configuration
from headgate.configure.network import Api


class Named(msgspec.Struct, frozen=True):
    """What a configuration names.

    *secrets* are files that may not even be read, *files* those that may not be written; both are absolute. *api* are
    the URLs at which the gate's API answers.
    """

    secrets: tuple[str, ...] = ()
    files: tuple[str, ...] = ()
    api: tuple[str, ...] = ()


def named(configuration: Configuration) -> Named:
    """Return what *configuration* names."""
    api, webhook, journal = configuration.api, configuration.webhook, configuration.journal
    telemetry = configuration.telemetry
    secrets = [api.key if api else "", webhook.secret_file if webhook else ""]
    files = [api.certificate if api else "", webhook.ca_file if webhook else ""]
    if telemetry:
        secrets.append(telemetry.headers_file)
        files.append(telemetry.ca_file)
    if journal and isinstance(journal.witness, str) and journal.witness.startswith("/"):
        files.append(journal.witness)
    return Named(tuple(filter(None, secrets)), tuple(filter(None, files)), _addresses(api) if api else ())


def _addresses(api: Api) -> tuple[str, ...]:
    """Return the URLs at which *api* answers: its own, and the one by which others reach it."""
    host = f"[{api.host}]" if ":" in api.host else api.host
    own = f"{'https' if api.certificate else 'http'}://{host}:{api.port}"
    return (own, api.public_url) if api.public_url else (own,)
