"""The ways to the gate that name none of its files: its commands behind a program, its address, its processes."""

import re

from headgate.classify import effect as fx
from headgate.classify.addresses import names_api, ports
from headgate.classify.effect import HIDDEN, Effect
from headgate.classify.paths import inside
from headgate.classify.programs.call import Call

_STEERING = (
    "approve|refuse|override|token|authority|journal|serve|stop|install|uninstall|release|drain|worker|store|attach"
)
_COMMAND = re.compile(rf"(?:^|[/#\s'\"\0])headgate['\"]?\s+(?:--\s+|-\S+\s+)*['\"]?(?:{_STEERING})(?![\w-])")
_LOOKS = re.compile(r"headgate['\"]?\s+(?:override\s+list|\w+(?:\s+\w+)?\s+--help)")
_QUOTES = str.maketrans("", "", "'\"\\()$`")

_SPEAKS = frozenset("git gh glab hub tea jj hg svn claude codex gemini aider opencode cursor-agent amp llm".split())
"""Programs whose words are prose: messages, descriptions, questions to a model."""

_CLIENTS = frozenset(
    """
    curl wget http https xh xhs curlie httpie aria2c lynx w3m links elinks nc ncat netcat telnet socat websocat wscat
    openssl grpcurl ab hey wrk k6 siege vegeta bombardier hurl httping open xdg-open sensible-browser www-browser
    chromium chromium-browser google-chrome firefox ssh autossh sshuttle lwp-request GET POST HEAD fetch dog nmap
    gnutls-cli evans oha xdotool
    """.split()
)
_BY_NUMBER = frozenset(
    """
    perf bpftrace pyrasite memray austin ionice taskset chrt cpulimit criu nsenter cgclassify htop top rr uftrace
    sysdig lldb gdb strace ltrace renice gcore prlimit schedtool autogroup choom numactl migratepages reredirect
    injcode retty neercs dtrace dtruss
    """.split()
)
_SERVICES = frozenset(
    """
    systemctl service rc-service invoke-rc.d initctl monit circusctl sv s6-svc svc supervisorctl pm2 launchctl brew
    busctl dbus-send gdbus rcctl update-rc.d chkconfig
    """.split()
)
_LOGINS = re.compile(r"(?:user@|user-)[\w\0]*|user\.slice|session-\w+\.scope")
_ENDS_LOGIN = frozenset("terminate-user kill-user terminate-session kill-session terminate-seat".split())
_INSTALLERS = frozenset(
    "pip pip3 uv pipx conda mamba micromamba poetry pdm rye apt apt-get dnf yum brew pacman zypper apk dpkg rpm".split()
)
_REMOVES = re.compile(
    r"(?<!\S)(?:uninstall|remove|purge|autoremove|erase|upgrade|update|reinstall|-U|--upgrade|--force-reinstall|-[ReP]\w*"
    r"|--purge|--remove|--ignore-installed|--target|-t)(?!\S)"
)
_PACKAGE = re.compile(r"(?<!\S)headgate(?:\[[\w,]*\])?(?:@\S*)?(?!\S)")
_ANOTHER = re.compile(r"(?<!\S)(?:headgate(?:\[[\w,]*\])?\s*(?:[=<>!~]=?|@)|\S*[/+]headgate(?:\.git|@|#|/?(?!\S)))")
_PROXIED = frozenset("claude codex gemini opencode cursor-agent amp".split())


def reached(call: Call, effect: Effect) -> str:
    """Return why *call*, which runs on this machine, reaches the gate past its files; empty where it does not."""
    text = " ".join(call.words)
    if call.around.api and _talks(call, effect) and names_api(text, call.around):
        return "speaks with the gate's API, which is for people"
    if call.name in _BY_NUMBER and _numbers(call):
        return f"`{call.name}` reaches a process of the gate"
    named = _named(call, effect, text) if "headgate" in text else ""
    return named or _among_others(call, effect, text) or _without(call, text)


def _among_others(call: Call, effect: Effect, text: str) -> str:
    """Return why *call* ends what the gate is one of: a login, all processes of a port, a file system or a user."""
    if call.name in _SERVICES and not effect.read_only and _LOGINS.search(text):
        return "ends or stops what the gate runs in"
    if call.name == "loginctl" and not _ENDS_LOGIN.isdisjoint(call.words):
        return "ends the login that the gate runs in"
    wide = call.name in {"fuser", "renice", "systemctl"} and _wide(call, text)
    return f"`{call.name}` reaches the gate among others" if wide else ""


def _wide(call: Call, text: str) -> bool:
    """Whether *call* reaches processes by a port, a file system, a user or a manager that the gate's are among."""
    home = call.around.home
    if call.name == "systemctl":
        return "--user" in call.words and not {"exit", "isolate", "kexec"}.isdisjoint(call.words)
    if call.name == "renice":
        return not {"-u", "--user"}.isdisjoint(call.words) and home.rpartition("/")[2] in call.words
    options = "".join(word for word in call.words if word.startswith("-") and not word[1:2].isupper())
    if "k" not in options:
        return False
    files = "m" in options and any(inside(home, word) for word in call.words if word.startswith("/"))
    return files or not ports(call.around).isdisjoint(re.split(r"[\s/]", text))


def _talks(call: Call, effect: Effect) -> bool:
    """Whether *call* may open a connection to what its words name."""
    return call.name in _CLIENTS or (bool(effect.does & (fx.UNSURE | fx.NETWORK)) and call.name not in _SPEAKS)


def _numbers(call: Call) -> bool:
    """Whether the words hold the number of a process of the gate."""
    numbers = {part for word in call.words for part in re.split(r"\D+", word) if part}
    return any(str(pid) in numbers for pid in call.around.gate_pids)


def _named(call: Call, effect: Effect, text: str) -> str:
    """Return why *text*, the words of *call*, steers the gate that it names."""
    if call.name in _SERVICES and not effect.read_only:
        return "stops or changes the service of the gate"
    if call.name in _INSTALLERS and ((_PACKAGE.search(text) and _REMOVES.search(text)) or _replaced(text)):
        return "removes the gate or puts another version in its place"
    if effect.does & (fx.UNSURE | fx.INTERACTIVE) and call.name not in _SPEAKS and steers(text):
        return "holds a command that steers the gate"
    return ""


def _replaced(text: str) -> bool:
    return "install" in text and _ANOTHER.search(text) is not None


def steers(text: str) -> bool:
    """Whether *text*, quoted or not, holds the words of a command that steers the gate."""
    plain = text.translate(_QUOTES)
    return _COMMAND.search(plain) is not None and _LOOKS.search(plain) is None


def _without(call: Call, text: str) -> str:
    """Return why *call* takes away or replaces the variables by which the gate or its hook is found."""
    if call.name in {"unset", "env"} and ("HEADGATE_" in text or "CLAUDE_CONFIG_DIR" in text or "CODEX_HOME" in text):
        return "takes away a variable by which the gate is found"
    home = call.environment.get("HOME", call.around.home) if call.name in _PROXIED else call.around.home
    if home != call.around.home or (call.name == "codex" and "XDG_CONFIG_HOME" in call.environment):
        return f"starts `{call.name}` with another home, where no hook of the gate is installed"
    return ""


def hunts(commands: list[str]) -> bool:
    """Whether *commands*, those of one text, look for the gate's processes and signal what they found."""
    looked = any(line.startswith(("ps ", "ss ", "lsof", "netstat", "top ")) for line in commands)
    named = looked and any("eadgate" in line for line in commands)
    return named and any(line.startswith(("kill", "xargs kill")) and _open(line) for line in commands)


def _open(line: str) -> bool:
    """Whether a command that signals leaves open whom."""
    return HIDDEN in line or not re.search(r"\s-?\d{2,}|\s[1-9](?!\S)", re.sub(r"\s-\w+", "", line, count=1))
