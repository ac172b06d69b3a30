"""What a tree connects to by itself, without any program that the gate knows, is decided too: with real sockets."""

import subprocess
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path

import pytest
from connecting import CONNECT, PYTHON, PYTHON3, Way, World, place, ways, world

from sshd import needed, sshd


@pytest.fixture(scope="module")
def heavy() -> Iterator[World]:
    """A world in which connections are decided whose port or machine says so."""
    with pytest.MonkeyPatch.context() as patch, world() as found:
        patch.setenv("XDG_CONFIG_HOME", "/dev/null/no-configuration")
        found.begin('connections = "heavy"')
        yield found


@pytest.fixture(scope="module")
def roads(heavy: World) -> list[Way]:
    return list(ways(heavy.folder))


@pytest.mark.parametrize("number", range(len(PYTHON) + 9))
def test_no_way_leads_to_a_known_machine_unseen(heavy: World, roads: list[Way], number: int) -> None:
    if number >= len(roads):
        pytest.skip("this machine has fewer ways")
    way = roads[number]
    plain = subprocess.run([*way.words, way.host, str(heavy.there.port)], capture_output=True, timeout=60, check=False)
    assert (way.name, 0, 1) == (way.name, plain.returncode, heavy.there.came(60)), plain

    before = len(heavy.decided())
    done = heavy.go(way)

    assert (way.name, 0) == (way.name, heavy.there.came()), done
    assert "HG715 headgate: " in done.stderr, done
    assert f"opens a connection to prod-1, port {heavy.there.port} (ssh) by itself" in done.stderr.replace("-6", "-1")
    assert "headgate delegate -- " in done.stderr
    said = heavy.decided()[before:]
    assert ["delegate refuse remote-session prod-1"] == [item.replace("-6", "-1") for item in said]


PORTS = {
    22: "(ssh) by itself",
    5432: "(PostgreSQL) by itself",
    6443: "(a Kubernetes API) by itself",
    2375: "(a container engine) by itself",
    873: "(rsync) by itself",
}


def test_ports_of_other_machines_say_what_is_there_and_those_of_this_one_do_not(heavy: World) -> None:
    text = (
        "import socket, sys\n"
        "for host in ('198.51.100.7', '2001:db8::7', '127.0.0.1'):\n"
        "    for port in map(int, sys.argv[1:]):\n"
        "        s = socket.socket(socket.AF_INET6 if ':' in host else socket.AF_INET)\n"
        "        s.setblocking(False)\n"
        "        print(host, port, s.connect_ex((host, port)))\n"
    )
    done = heavy.guarded(PYTHON3, "-c", text, *map(str, PORTS))

    codes = [line.split() for line in done.stdout.splitlines()]
    far = {code for host, _, code in codes if host != "127.0.0.1"}
    near = {code for host, _, code in codes if host == "127.0.0.1"}
    assert ({"13"}, 15) == (far, len(codes)), done
    assert "13" not in near, done
    for port, said in PORTS.items():
        assert f"opens a connection to 198.51.100.7, port {port} {said}" in done.stderr


def test_http_on_this_machine_is_as_it_was(heavy: World) -> None:
    class Answers(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            self.send_response(200)
            self.end_headers()
            self.wfile.write(b"served")

        def log_message(self, *_words: object) -> None:
            pass

    with HTTPServer(("127.0.0.1", 0), Answers) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        text = f"import urllib.request as u; print(u.urlopen('http://127.0.0.1:{server.server_port}/').read())"
        before = heavy.decided()
        done = heavy.guarded(PYTHON3, "-c", f"{text}\n{text}")
        server.shutdown()

    assert ("b'served'\n" * 2, "") == (done.stdout, done.stderr), done
    assert before == heavy.decided()


def test_plain_http_of_another_machine_is_let_through(heavy: World) -> None:
    text = "import socket; s = socket.socket(); s.setblocking(False); print(s.connect_ex(('198.51.100.7', 443)))"
    before = heavy.decided()
    done = heavy.guarded(PYTHON3, "-c", text)

    assert "13\n" != done.stdout, done
    assert ("", before) == (done.stderr, heavy.decided())


def test_names_that_are_looked_up_and_sockets_of_files_are_let_through(heavy: World) -> None:
    text = (
        "import socket\n"
        "socket.getaddrinfo('localhost', 22)\n"
        "a, b = socket.socketpair(); a.sendmsg([b'x']); print(b.recv(1))\n"
        "s = socket.socket(socket.AF_INET, socket.SOCK_DGRAM); s.connect(('198.51.100.7', 22)); print('ready')\n"
        "s = socket.socket(socket.AF_UNIX)\n"
        "print(s.connect_ex('/no/such/socket'), s.connect_ex(chr(0) + 'nobody'))\n"
    )
    done = heavy.guarded(PYTHON3, "-c", text)

    assert ("b'x'\nready\n2 111\n", "") == (done.stdout, done.stderr), done


def test_a_client_of_ssh_in_another_language_does_not_get_its_banner(heavy: World) -> None:
    needed()
    folder = heavy.folder / "server"
    folder.mkdir()
    banner = CONNECT + "s.sendall(b'SSH-2.0-paramiko_3.4.0\\r\\n'); print(s.recv(8))"
    with sshd(folder) as server:
        config = heavy.home / ".ssh" / "config"
        was = config.read_text()
        config.write_text(f"{was}Host prod-2\n  HostName 127.0.0.1\n  Port {server.port}\n")
        plain = subprocess.run([PYTHON3, "-c", banner, "127.0.0.1", str(server.port)], capture_output=True, check=True)
        done = heavy.guarded(PYTHON3, "-c", banner, "127.0.0.1", str(server.port))
        look = heavy.guarded("ssh", "-F", str(server.config_path), "web1", "uptime")
        config.write_text(was)

    assert b"b'SSH-2.0-'\n" == plain.stdout
    assert (1, "") == (done.returncode, done.stdout), done
    assert "opens a connection to prod-2" in done.stderr
    assert (0, True) == (look.returncode, "load average" in look.stdout), look  # its words had been decided


@pytest.mark.parametrize(("name", "made"), [("kubectl", 1), ("mytool", 0)])
def test_what_had_to_say_where_it_connects_was_decided_when_it_started(
    heavy: World, tmp_path: Path, name: str, made: int
) -> None:
    program = tmp_path / name
    program.write_text(f"#!/bin/bash\nprintf x > /dev/tcp/127.0.0.1/{heavy.there.port}\n")
    program.chmod(0o755)
    done = heavy.guarded(str(program), "version", "--client")

    assert made == heavy.there.came(), done
    assert (made == 0) == ("HG715" in done.stderr), done


@pytest.mark.parametrize("who", ["thread", "process"])
def test_the_address_cannot_be_changed_behind_the_decision(heavy: World, tmp_path: Path, who: str) -> None:
    program = tmp_path / "flips"
    source = Path(__file__).with_name("flips.c")
    subprocess.run(["cc", "-O1", "-pthread", str(source), "-o", str(program)], check=True)
    with place() as light:
        words = [str(program), who, str(light.port), str(heavy.there.port), "800"]
        reached = 0
        for _ in range(50):  # on a busy machine nobody may have run in between
            subprocess.run(words, capture_output=True, text=True, timeout=60, check=True)
            reached += heavy.there.came()
            light.came()
            if reached:
                break
        done = heavy.guarded(*words)

    assert (True, 0) == (reached > 0, heavy.there.came()), done
    assert 0 == done.returncode, done
