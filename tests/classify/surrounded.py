"""A machine with a gate that has everything: files, processes, and an API under two addresses."""

from headgate.classify import Surroundings

HOME = "/home/user"
STATE = f"{HOME}/.local/state/headgate"
SOURCE = "/opt/headgate/lib/python3/site-packages/headgate"
FILES = {
    "Makefile": "ok:\n\techo fine\ngrant:\n\theadgate approve 3\n",
    "package.json": '{"scripts": {"grant": "headgate approve 3", "ok": "echo x"}}',
    "g.sh": "#!/bin/sh\nheadgate approve 3\n",
    "g.py": "import subprocess\nsubprocess.run(['headgate', 'approve', '3'])\n",
    "i.py": "from headgate.store import grants\n",
    "g.js": "require('child_process').execSync('headgate approve 3')\n",
    "s.py": f"import socket\ns = socket.socket(socket.AF_UNIX)\ns.connect('{STATE}/daemon.sock')\n",
    "s2.py": "import socket\ns = socket.socket(socket.AF_UNIX)\ns.connect('/tmp/app.sock')\n",
}
AROUND = Surroundings(
    home=HOME,
    protected=(
        STATE,
        SOURCE,
        f"{HOME}/.claude/settings.json",
        f"{HOME}/.claude.json",
        f"{HOME}/.config/headgate",
        f"{HOME}/.codex/config.toml",
        *(f"/opt/headgate/bin/{name}" for name in ("headgate", "headgate-hook", "headgate-shim")),
        "/etc/headgate",
    ),
    protected_suffixes=("/.claude/settings.json", "/.claude/settings.local.json", "/.claude/hooks", "/.headgate"),
    private=(STATE,),
    gate_pids=(4242,),
    shell="bash",
    read={f"{HOME}/repo/{name}": text for name, text in FILES.items()}.get,
    hostnames=("box", "box.local"),
    api=("http://127.0.0.1:7467", "https://gate.example.org"),
)
