"""What each language's interpreter takes, and the words with which its code starts processes or removes files."""

import re

from headgate.classify.programs.code_entry import Language
from headgate.classify.programs.options import words_of

_BACKTICKS = re.compile(r"`((?:[^`\\]|\\.)*)`|%x[\[({]([^\])}]*)[\])}]|\bqx\s*[\[({/]([^\])}/]*)[\])}/]")
_PERL_TEXTS = re.compile(
    _BACKTICKS.pattern
    + r"|\bopen\s*\(?\s*(?:my\s+)?\$?\w+\s*,\s*['\"](?:(?!-\|)([^'\"|<>]+)\||\|(?!-)([^'\"]+))\s*['\"]"
)
_C_LIKE = r"\s*\(\s*"
_PERL_STARTS = re.compile(
    r"\bopen\s*\(?\s*(?:my\s+)?\$?\w+\s*,\s*['\"](?:-\||\|-)['\"]\s*,\s*|\bopen[23]\s*\((?:\s*[\\$\w]+\s*,)+\s*|"
    r"(?<![\w$@%>{&:-])(?:system|exec|readpipe)(?:\s*\(\s*|\s+(?=['\"$@q]))"
)
_RUBY_STARTS = re.compile(
    r"(?<![\w$@>])(?:system|exec|spawn|IO\.popen|Open3\.\w+|Process\.spawn|PTY\.spawn)(?:\s*\(\s*|\s+(?=['\"$@%A-Za-z_]))"
)
_NODE_STARTS = re.compile(
    r"\b(?:new\s+)?(?:Deno\.Command|Deno\.run|Bun\.spawn|Bun\.spawnSync)\s*\(\s*(?:\{\s*cmd\s*:\s*)?|"
    r"(?:(?<![\w.])|\.)(?:spawn|spawnSync|execFile|execFileSync|fork)\s*\(\s*"
    r"|(?:(?<![\w.])|(?:child_process['\"]?\s*\)?|\bcp|\bchildProcess|\bchild)\s*\.)exec\s*\(\s*|(?:(?<!\w))execSync\s*\(\s*"
)

_JVM_STARTS = re.compile(
    r"(?:getRuntime\s*\(\s*\)\s*\.\s*exec|\bProcessBuilder|\bProcess)\s*\(\s*(?:new\s+String\s*\[\s*\]\s*\{\s*)?"
)
LANGUAGES: dict[str, Language] = {
    "node": Language(
        code=words_of("-e --eval -p --print -pe"),
        valued=words_of(
            """
            -r --require -C --conditions --import --loader --experimental-loader --env-file --input-type
            """
        ),
        starts=_NODE_STARTS,
        unknown=re.compile(r"(?<![\w.])eval\s*\(\s*[^'\"`\s)]|\bnew\s+Function\s*\(\s*[^'\"`\s)]"),
    ),
    "ruby": Language(
        code=frozenset({"-e"}),
        valued=words_of("-r -I -C -E -X"),
        attached="iFKTWx0",
        starts=_RUBY_STARTS,
        texts=_BACKTICKS,
        unknown=re.compile(r"(?<![\w.])(?:eval|instance_eval)[\s(]+[^'\"\s)]"),
    ),
    "perl": Language(
        code=frozenset({"-e", "-E"}),
        valued=words_of("-I -M -m"),
        attached="iFxCD0",
        starts=_PERL_STARTS,
        texts=_PERL_TEXTS,
        unknown=re.compile(
            r"(?<![\w$@%-])(?:eval[\s(]+[$<`]|do\s+[$<]|(?:system|exec|qx)[\s(]+(?:un)?(?:pack|join|map|reverse|chr)\b)"
        ),
    ),
    "php": Language(
        code=words_of("-r -B -R -E --run"),
        valued=words_of("-d -c -t -z -S --server --docroot"),
        looks=words_of("--version -v --help -h -m -i --ini -l --syntax-check --rf --rc --info"),
        opens=frozenset({"-a", "--interactive"}),
        starts=re.compile(r"(?<![\w$>:])(?:system|exec|shell_exec|passthru|popen|proc_open|pcntl_exec)" + _C_LIKE),
        texts=_BACKTICKS,
        unknown=re.compile(r"(?<![\w$>:])eval\s*\(\s*[^'\"\s)]|\b(?:call_user_func\w*|array_map)\s*\(\s*\$"),
    ),
    "lua": Language(
        code=frozenset({"-e"}),
        valued=frozenset({"-l"}),
        looks=frozenset({"-v"}),
        starts=re.compile(r"\b(?:os\.execute|io\.popen|vim\.fn\.system)(?:\s*\(\s*|\s*(?=['\"\[]))"),
        unknown=re.compile(r"\bload(?:string)?\s*\(\s*[^'\"\s)]"),
    ),
    "Rscript": Language(
        code=frozenset({"-e"}),
        valued=frozenset({"-f", "-g", "--file"}),
        starts=re.compile(r"(?<![\w.])(?:system2?|shell|pipe)" + _C_LIKE),
        unknown=re.compile(r"\beval\s*\(\s*parse|\bsource\s*\(\s*['\"]https?:"),
    ),
    "julia": Language(
        code=words_of("-e -E --eval --print"),
        valued=words_of("-L --load -p --procs -t --threads -J --sysimage -H --home -C"),
        starts=re.compile(r"(?<![\w.])(?:run|read|readchomp|pipeline)\s*\(\s*(?=`|[a-z]\w*\s*\))"),
    ),
    "osascript": Language(
        code=frozenset({"-e"}),
        valued=frozenset({"-l", "-s"}),
        looks=frozenset(),
        starts=re.compile(r"\bdo (?:shell )?script\s+"),
    ),
    "tclsh": Language(
        looks=frozenset(),
        texts=re.compile(r"(?:^|[;\[{])\s*exec\s+([\w./:@=, \t-]+)", re.MULTILINE),
        unknown=re.compile(r"\bexec\s+[^\w\s./-]|\bopen\s+[\"{]?\|"),
    ),
    "ghci": Language(
        code=frozenset({"-e"}),
        valued=frozenset({"-package"}),
        starts=re.compile(r"\b(?:callCommand|callProcess|readProcess|rawSystem|system)\s+"),
    ),
    "groovy": Language(
        code=frozenset({"-e"}),
        valued=words_of("-cp -classpath --classpath"),
        texts=re.compile(r"[\"']([^\"'\n]+)[\"']\s*\.\s*execute\s*\(|\[([^\]\n]*)\]\s*\.\s*execute\s*\("),
    ),
    "elixir": Language(
        code=words_of("-e --eval"),
        valued=words_of("-r -pr -pa -pz --name --sname --cookie"),
        starts=re.compile(r"(?:\bSystem\.(?:cmd|shell)|:os\.cmd|\bPort\.open)\s*\(\s*(?:~[cC])?(?:\{:spawn\w*,\s*)?"),
    ),
    "erl": Language(
        code=frozenset({"-eval"}),
        valued=words_of("-s -run -pa -pz -name -sname -setcookie -config"),
        starts=re.compile(r"\bos:cmd\s*\(\s*|\bopen_port\s*\(\s*\{spawn\w*\s*,\s*"),
    ),
    "scala": Language(
        code=frozenset({"-e"}),
        valued=words_of("-cp -classpath"),
        starts=_JVM_STARTS,
        texts=re.compile(r"\"([^\"\n]+)\"\s*\.?\s*!+"),
    ),
    "jshell": Language(valued=words_of("--class-path -R -J"), starts=_JVM_STARTS),
    "kotlin": Language(code=frozenset({"-e"}), valued=words_of("-cp -classpath"), starts=_JVM_STARTS),
    "clojure": Language(
        code=words_of("-e --eval"),
        valued=words_of("-i --init -Sdeps -cp"),
        starts=re.compile(r"\(\s*(?:[\w.]+/)?(?:sh|shell|process|exec)\s+(?=\")"),
    ),
    "lisp": Language(
        code=words_of("-c -e --eval -eval --expr"),
        valued=words_of("-l --load -L -s --script -t"),
        starts=re.compile(r"\(\s*(?:[\w.:*]+:)?(?:system\*?|process|run-program|run-shell-command|execlp?)\s+(?=\")"),
    ),
    "ocaml": Language(
        code=frozenset({"-e"}),
        valued=words_of("-I -init"),
        starts=re.compile(r"\b(?:Sys\.command|Unix\.(?:system|open_process\w*|execvp?|create_process))\s*\(?\s*"),
    ),
    "octave": Language(
        code=words_of("--eval -r -batch"),
        valued=words_of("-p --path"),
        starts=re.compile(r"(?<![\w.])(?:system|unix|shell_cmd|popen)" + _C_LIKE),
    ),
    "plain": Language(
        code=words_of("-e -c eval"),
        starts=re.compile(
            r"\b(?:system|Process\.(?:run|runSync|start|spawn)|Process::Command::new|execvp?|popen)" + _C_LIKE
        ),
    ),
}


REMOVES = re.compile(
    r"(?:(?<![\w$@])|\.)(?:rmSync|rmdirSync|unlinkSync|rm|rmdir|unlink|rm_rf|rm_r|rmtree|remove_tree|File\.delete"
    r"|os\.remove|FileUtils\.remove_dir|remove_entry|deleteDir|rimraf(?:\.sync)?)(?:\s*\(\s*|\s+)(['\"])(~?/[^'\"\n$]*)\1"
)
"""What removes a file or a folder whose whole path stands there, in the usual languages."""
