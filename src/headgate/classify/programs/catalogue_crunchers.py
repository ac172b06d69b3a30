"""Encoders, recorders, scanners, crackers and benchmarks: they work on so much, or so hard, that it takes long."""

from headgate.classify.programs.catalogue import (
    ORDINARY,
    READS_LONG,
    SCREEN,
    WINDOW,
    WIPE_LONG,
    WORK,
    Kind,
    Program,
    given,
    rows,
    tool,
    unless,
    when,
)
from headgate.classify.programs.options import words_of
from headgate.classify.programs.verbs import SERVE

_FFMPEG = words_of(
    """
    -i -f -c -codec -c:v -c:a -c:s -vcodec -acodec -b:v -b:a -r -s -ss -to -t -vf -af -filter:v -filter:a
    -filter_complex -lavfi -map -crf -preset -pix_fmt -ar -ac -aspect -loglevel -v -frames:v -vframes -metadata
    -movflags -threads -loop -framerate -start_number -q:v -q:a -hwaccel -disposition -tune -profile:v -level -g
    """
)
"""The options of ffmpeg(1) whose value could be taken for the file it writes."""

_MEDIA = rows(
    (
        Kind(
            does=WORK,
            bare=ORDINARY,  # without a file to write it only tells about its input
            options=given(
                (
                    ORDINARY,
                    "-version -formats -codecs -encoders -decoders -filters -devices -protocols -pix_fmts -bsfs",
                ),
                (ORDINARY, "-h -L -buildconf -muxers -demuxers -hwaccels -layouts -sources -sinks"),
                (ORDINARY, "-c=copy -codec=copy -frames:v=1 -vframes=1"),
            ),
            valued=_FFMPEG,
            long_dash=True,
        ),
        "ffmpeg",
    ),
    (
        Kind(
            does=WINDOW,
            options=given((ORDINARY, "-version -formats -codecs -h -autoexit")),
            valued=_FFMPEG,
            long_dash=True,
        ),
        "ffplay",
    ),
    (unless(WORK, "--preset-list -z --encoder-list --version --scan"), "handbrakecli HandBrakeCLI"),
    (unless(WORK, "--list-targets --version"), "gst-transcoder-1.0"),
    (WORK, "gst-launch-1.0 ges-launch-1.0 guetzli"),
    (WINDOW, "gst-play-1.0"),
    (
        tool((WORK, "createcd, createdvd, createhd, createraw, extractcd, extractdvd, extracthd, copy, verify")),
        "chdman",
    ),
    (unless(WORK, "-Q --query -V --version -h"), "cdparanoia"),
    (tool((WORK, "read-cd, copy, write, simulate"), (WIPE_LONG, "blank")), "cdrdao"),
    (
        Kind(
            does=WORK,
            options=given((ORDINARY, "--devices -scanbus -prcap -inq -toc -version -checkdrive -atip -msinfo")),
            long_dash=True,
        ),
        "cdrecord",
    ),
    (tool((WORK, "burn"), (WIPE_LONG, "bulkerase, erase")), "drutil"),
    (
        unless(
            SERVE,
            "-d --duration -s --samples -l --list-devices -L --list-pcms --version",
            "-d --duration -f --format -c -r -D -t",
        ),
        "arecord",
    ),
    (
        unless(SERVE, "--list-capture-options --list-audio-devices --list-application-audio --info --version"),
        "gpu-screen-recorder",
    ),
    (WORK, "gdal2tiles.py"),
    (tool((WORK, "index, mem, aln")), "bwa"),
    (when(WORK, "-remote", long_dash=True), "blastn blastp"),
    (unless(WORK, "--showcmd --parse-only --cmdhelp --enghelp --version -h"), "fio"),
)

_SCANS = rows(
    (unless(READS_LONG, "--version -V"), "clamscan clamdscan foremost"),
    (unless(READS_LONG, "-l -V -h"), "chkrootkit"),
    (tool((READS_LONG, "audit system, audit dockerfile, audit")), "lynis"),
    (when(READS_LONG, "-i --init -C --check -u --update -E --compare", "-c --config -l --limit -r --report"), "aide"),
    (WORK, "extundelete infection"),
    (tool((READS_LONG, "enum, intel, db, viz, track")), "amass"),
    (READS_LONG, "cewl linkchecker gau"),
    (
        Kind(options=given((ORDINARY, "-N --noprompt"), (SCREEN, "-d --delete"))),
        "fdupes jdupes",
    ),
)

_CRACKERS = rows(
    (
        unless(
            WORK,
            (
                "--show --left -I --backend-info --hash-info --example-hashes --keyspace --total-candidates -V"
                " --version --identify"
            ),
            "-m --hash-type -a --attack-mode -o --outfile -r --rules-file -w -t -n -u -i --session",
        ),
        "hashcat",
    ),
    (
        Kind(does=WORK, bare=ORDINARY, options=given((ORDINARY, "--show --list --status"), (WORK, "--test --restore"))),
        "john",
    ),
    (WORK, "aircrack-ng bully crunch fcrackzip"),
    (when(WORK, "--unsign -u"), "flask-unsign"),
)

PROGRAMS: dict[str, Program] = {**_MEDIA, **_SCANS, **_CRACKERS}
