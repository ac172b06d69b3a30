"""A throw-away Postgres that listens on a TCP address too, with TLS where it is given a certificate."""

import os
import shutil
from pathlib import Path

from postgres import OWNER, Server


def listen(
    server: Server, address: str, allowed: str, *, port: int = 5432, certificate: tuple[Path, Path] | None = None
) -> None:
    """Start *server* again so that whoever comes from the network *allowed* reaches it at *address*.

    The *certificate* is a file with the certificate and one with its key; then nobody connects without TLS.
    """
    kind, options = "host", ["-c", f"listen_addresses={address}"]
    if certificate is not None:
        kind = "hostssl"
        for source, name in zip(certificate, ("server.crt", "server.key"), strict=True):
            target = server.folder / "data" / name
            shutil.copy(source, target)
            target.chmod(0o600)
            if os.getuid() == 0:
                shutil.chown(target, OWNER, OWNER)
        options += ["-c", "ssl=on"]
    with (server.folder / "data" / "pg_hba.conf").open("a") as file:
        file.write(f"{kind} all all {allowed} trust\n")
    server.stop()
    _with_options(server, port, options)
    server.start()


def _with_options(server: Server, port: int, options: list[str]) -> None:
    """Give *server* programs that have *options*: of several values the last counts."""
    real, own = server._bin, server.folder / "bin"
    own.mkdir()
    own.chmod(0o755)
    _script(own / "postgres", f"'{real}/postgres' \"$@\" -c port={port} {' '.join(options)}")
    _script(own / "pg_isready", f"'{real}/pg_isready' -p {port} \"$@\"")
    server._bin = own


def _script(path: Path, command: str) -> None:
    path.write_text(f"#!/bin/sh\nexec {command}\n")
    path.chmod(0o755)
