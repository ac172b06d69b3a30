"""Programs that nobody described: light, unless the words behind one read as a heavy command it may pass on."""

from itertools import pairwise

from headgate.classify import effect as fx
from headgate.classify.effect import HIDDEN, Effect, change, join
from headgate.classify.programs.call import Call
from headgate.classify.programs.options import words_of
from headgate.model.facts import Workload

_STRANGER = Effect(fx.UNSURE)
_PASSED_ON = words_of(
    """
    ssh scp sftp rsync mosh autossh rclone pssh pdsh clush parallel-ssh kubectl helm helmfile oc stern argocd flux
    istioctl k9s terraform tofu terragrunt pulumi ansible ansible-playbook salt fab cdk sam sls serverless packer nomad
    vault consul docker podman nerdctl docker-compose systemctl journalctl supervisorctl service pm2 launchctl nginx
    apachectl reboot shutdown poweroff halt aws gcloud az doctl hcloud fly flyctl heroku vercel netlify wrangler
    railway kamal dokku firebase git gh glab npm pnpm yarn npx twine cargo psql mysql mongosh redis-cli sqlite3
    clickhouse-client etcdctl pg_dump pg_restore mysqldump rm dd mkfs shred wipefs fdisk find bash sh zsh dash ksh fish
    sudo doas env timeout nohup nice xargs tail dmesg watch kill pkill killall crontab tmux headgate curl
    """
) - {"watch", "service", "fly"}
"""Names that seldom stand for anything but the program itself."""

_NAMES_THINGS = words_of(
    """
    install add use remove uninstall set update upgrade search show info help doc docs explain which list enable
    disable get plugin pin link describe config alias complete completion completions man tldr --help -h --version
    import init new create lint check grep query ask about tag label version
    """
)
"""Words before which a program's name is only a name."""

_TALKS = words_of(
    """
    tldr cheat howdoi navi how2 bropages eg tealdeer say espeak figlet cowsay toilet banner notify-send logger wall
    lolcat terminal-notifier zenity kdialog xmessage todo todo.sh jrnl glow explainshell jira linear slack note notes
    rg fd ugrep ast-grep sg semgrep tokei cloc git-grep pt sift hub-help chatgpt ask q mods fabric sgpt tgpt
    """
)
"""Programs that look words up, or only say them."""

_TEXT_OPTIONS = words_of("-c --command --cmd --exec --run")
_WHOLE = words_of("reboot shutdown poweroff halt")
_STRONG = frozenset(Workload) - {
    Workload.REMOTE_PROBE,
    Workload.INTERACTIVE,
    Workload.LONG_RUNNING,
    Workload.OPAQUE,
}
_MAX_WORDS = 16


def stranger(call: Call) -> Effect:
    """Return the effect of a program that nobody described, and of the command it may only wrap."""
    if call.name in _TALKS:
        return _STRANGER
    words = call.words[:_MAX_WORDS]
    texts = [call.run(text) for text in _texts(words)]
    if not _PASSED_ON.isdisjoint(word.rpartition("/")[2] for word in words):
        texts.append(_passed_on(call, words))
    heavy = [effect for effect in texts if not _STRONG.isdisjoint(item.workload for item in effect.evidence)]
    if not heavy:
        return _STRANGER
    inner = join(heavy)
    shown = call.shows(Workload.OPAQUE, f"`{call.name}` is not known, and the words behind it read as a command")
    return change(inner, does=inner.does | fx.UNSURE, evidence=(*inner.evidence, *shown), output=None)


def _texts(words: tuple[str, ...]) -> list[str]:
    """Return the values of options that usually hold a text for a shell."""
    found = [value for option, value in pairwise(words) if option in _TEXT_OPTIONS]
    found += [word.partition("=")[2] for word in words if word.partition("=")[0] in _TEXT_OPTIONS and "=" in word]
    return [text for text in found if " " in text and HIDDEN not in text]


def _passed_on(call: Call, words: tuple[str, ...]) -> Effect:
    """Return the effect of the words from the first that names a program; one that is only named has none."""
    for at, word in enumerate(words):
        if word in _NAMES_THINGS:
            return _STRANGER
        name = word.rpartition("/")[2] if word.startswith("/") else word
        if name in _PASSED_ON:
            alone = at + 1 == len(call.words) and name not in _WHOLE
            return _STRANGER if alone else call.start(call.words[at:])
    return _STRANGER
