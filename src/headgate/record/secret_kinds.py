"""What secrets look like: by a mark of their own, or by the place where a program takes them."""

import re
from collections.abc import Iterator
from functools import cache
from math import log2

import msgspec


class Kind(msgspec.Struct, frozen=True):
    """Texts with one of *marks* may have a secret: group `s` of the pattern *written*. Small letters stand for both.

    A *telling* place is sure of itself; elsewhere the secret has to look like chance.
    """

    marks: tuple[str, ...]
    written: str
    telling: bool = True

    @property
    def pattern(self) -> re.Pattern[str]:
        """The pattern; it is compiled when a text first has a mark of it, as all of them take a tenth of a second."""
        return _compiled(self.written)


@cache
def _compiled(written: str) -> re.Pattern[str]:
    return re.compile(written)


# -- what carries its own mark --------------------------------------------------------------------

_TOKENS = r"""
AKIA ASIA ABIA ACCA A3T    (?:AKIA|ASIA|ABIA|ACCA|A3T[A-Z0-9])[0-9A-Z]{16,}
AIza                       AIza[\w-]{35,}
ya29.                      ya29\.[\w-]{20,}
GOCSPX-                    GOCSPX-[\w-]{20,}
Q~                         [\w~.-]{3}[0-9]Q~[\w~.-]{31,34}
ghp_ gho_ ghu_ ghs_ ghr_   gh[pousr]_[A-Za-z0-9]{20,}
github_pat_                github_pat_\w{20,}
glpat- gldt- glrt- glcbt- glptt- glft- glimt- glagent- glsoat- gloas-  gl(?:pat|dt|rt|cbt|ptt|ft|imt|agent|soat|oas)-[\w.-]{20,}
GR1348941                  GR1348941[\w-]{20,}
xox                        (?i:xox)[a-zA-Z][-.](?:[\w.-]{10,}|[0-9]+-[\w-]+)
xapp-                      xapp-[0-9]-[\w-]{20,}
sk_live_ sk_test_ rk_live_ rk_test_  [sr]k_(?:live|test)_[0-9A-Za-z]{10,}
whsec_                     whsec_[\w+/=-]{20,}
sk-                        sk-[A-Za-z0-9_-]{16,}
eyJ                        eyJ[\w-]{10,512}\.[\w-]{10,}\.[\w-]{5,}
npm_                       npm_[A-Za-z0-9]{36,}
pypi-                      pypi-[\w-]{16,}
SG.                        SG\.[\w-]{16,}\.[\w-]{16,}
hf_                        hf_[A-Za-z0-9]{30,}
gsk_                       gsk_[A-Za-z0-9]{30,}
r8_                        r8_[A-Za-z0-9]{30,}
dop_v1_ doo_v1_ dor_v1_    do[opr]_v1_[0-9a-f]{64,}
dapi                       dapi[0-9a-f]{32,}(?:-[0-9])?
hvs. hvb. hvr.             hv[sbr]\.[\w-]{20,}
dp.                        dp\.(?:pt|st|ct|sa|scim|audit)\.[A-Za-z0-9]{40,}
lin_api_                   lin_api_[A-Za-z0-9]{30,}
shpat_ shpca_ shppa_ shpss_  shp(?:at|ca|pa|ss)_[0-9a-fA-F]{32,}
NRAK-                      NRAK-[A-Z0-9]{27,}
glsa_ glc_                 (?:glsa|glc)_[\w+/=]{20,}
.atlasv1.                  [A-Za-z0-9]{14}\.atlasv1\.[\w-]{60,}
sntrys_ sntryu_            sntry[su]_[\w+/=-]{40,}
dckr_pat_ dckr_oat_        dckr_[po]at_[\w-]{20,}
ATATT3                     ATATT3[\w=-]{40,}
AGE-SECRET-KEY-            AGE-SECRET-KEY-1[0-9A-Z]{58,}
tskey-                     tskey-[a-z]+-[\w-]{10,}
ntn_                       ntn_[0-9A-Za-z]{40,}
PMAK-                      PMAK-[0-9a-f]{24}-[0-9a-f]{34,}
pul-                       pul-[0-9a-f]{40,}
sbp_                       sbp_[0-9a-f]{40,}
sq0 EAAA                   (?:sq0[a-z]{3}-[\w\\-]{22,}|EAAA[\w-]{60,})
AKC AP                     (?:AKC[A-Za-z0-9]{10,}|AP[0-9A-F](?=[A-Za-z]*[0-9])[A-Za-z0-9]{8,})
SK AC                      (?:SK|AC)[0-9a-zA-Z]{32,}
-us                        [0-9a-z]{32}-us[0-9]{1,2}
:                          [0-9]{8,10}:[\w-]{35,}
"""

_LONG = r"""
PRIVATE                    (?P<s>-----BEGIN[A-Z0-9 ]{0,40}PRIVATE KEY(?: BLOCK)?-----(?:(?!-----END)[\s\S])*(?:-----END[A-Z0-9 ]*-----)?)
hooks.slack.com discord    (?i)(?:hooks\.slack\.com/(?:services|workflows)/|discord(?:app)?\.com/api/webhooks/)(?P<s>[\w/-]{5,})
M N O                      \b(?P<s>[MNO][\w-]{23,25}\.[\w-]{6}\.[\w-]{27,38})
softlayer.com              softlayer\.com/soap/v3(?:\.1)?/(?P<s>[0-9a-z]{32,})
aws                        (?i)aws.{0,20}?(?:key|pwd|pw|password|pass|token).{0,20}?["'](?P<s>[0-9a-zA-Z/+]{40})["']
sig=                       [?&]sig=(?P<s>[\w%+/=-]{20,})
"""

# -- where programs take it -----------------------------------------------------------------------

_VALUE = r"""(?P<s>"[^"\n]*"|'[^'\n]*'|["']?[^\s'";&|]+)"""
_LOGIN = r"""(?P<q>["'])?[^\s:"']{0,200}:(?P<s>(?!//)(?(q)(?:(?!(?P=q))[^\n])+|[^\s"']+))"""
_GAP = r"\b[^\n;&|]{0,400}?\s"

_PLACES = r"""
curl                       \bcurlGAP(?:-[a-zA-Z]*u|-U|--user|--proxy-user)[ =]?LOGIN
http                       \b(?:http|https|xh|xhs)GAP(?:-a|--auth)[ =]LOGIN
mysql mariadb              \b(?:mysql\w*|mariadb[\w-]*)GAP-pVALUE
sshpass                    \bsshpassGAP-p\s?VALUE
redis                      \bredis-cliGAP(?:-a|--pass)\sVALUE
mongo                      \bmongo\w*GAP-p\sVALUE
login                      \bloginGAP(?:-p|--password)[ =]VALUE
ldap                       \bldap\w+GAP-w\s?VALUE
sqlcmd bcp                 \b(?:sqlcmd|bcp)GAP-P\s?VALUE
7z 7za                     \b7z[ar]?GAP-pVALUE
zip                        \b(?:un)?zipGAP-P\s?VALUE
smb                        \b(?:smb|rpc)\w+GAP(?:-U|--user)[ =]?["']?[^\s%"']{1,200}%(?P<s>[^\s"']+)
openssl                    \bopensslGAP(?:-passin|-passout|-pass)\s+pass:VALUE
openssl                    \bopensslGAP-[kK]\sVALUE
from-literal               --from-literal[ =]["']?[\w.-]{1,200}=VALUE
configure                  \bconfigure\s+set\s+\S*(?:secret|token|password)\S*\s+VALUE
authorization              (?i)authorization\s*:\s*(?!bearer\b|basic\b|‹)(?:[\w-]+\s+)?(?P<s>[^\s"']{6,})
cookie                     (?i)\bcookie\s*:\s*(?P<s>[^\s"'‹][^"'\n]{5,})
" ' ]                      (?i)(?:password|passwd|passphrase|secret|token|api[_-]?key|access[_-]?key|private[_-]?key|credential|pwd|pass|key)s?[\w-]{0,64}["'\]]{1,3}\s*(?::=|=>|[=:])\s*VALUE
pass pwd pw                (?i)(?:[_-]|api)(?:pass|pwd|pw)["'\]]{0,3}\s*(?:::|:=|=>|=)\s*VALUE
_pass= _pwd= sshpass=      (?i)\b(?:\w{1,64}_(?:pass|pwd)|sshpass)=VALUE
passphrase passcode        (?i)pass(?:phrase|code)(?:\s*[=:]\s*|\s+(?=\S*\d))VALUE
accountkey sharedaccesskey authtoken auth_token  (?i)(?:accountkey|sharedaccesskey|_?auth_?token)\s*[=:]\s*VALUE
"""

_CHANCE = r"""
key pass token secret pwd credential  (?i)(?:key|pass(?:word)?|token|secret|pwd|credential)s?["'\]]{0,3}\s+["']?(?P<s>[A-Za-z0-9+/=_~.-]{32,512})
key auth sig cookie session sid cred salt seed  (?i)(?:key|auth|sig|signature|cookie|session|sid|cred|salt|seed)["']?\s*[=:]\s*["']?(?P<s>[A-Za-z0-9+/=_~.-]{20,512})
"""


def _kinds(rows: str, before: str = "", behind: str = "", *, telling: bool = True) -> Iterator[Kind]:
    """Yield the kinds in *rows*: the marks, two blanks at least, and the pattern."""
    for row in rows.strip().splitlines():
        marks, _, pattern = row.partition("  ")
        written = (
            re.sub(r"^(\(\?i\))?\\b", r"\1(?<![\\w›])", pattern.strip())
            .replace("GAP", _GAP)
            .replace("VALUE", _VALUE)
            .replace("LOGIN", _LOGIN)
        )
        yield Kind(tuple(marks.split()), _made(before, written, behind), telling)


def _made(before: str, pattern: str, behind: str) -> str:
    flags = "(?i)" if pattern.startswith("(?i)") else ""
    return f"{flags}{before}{pattern.removeprefix('(?i)')}{behind}"


KINDS: tuple[Kind, ...] = (
    *_kinds(_LONG),
    *_kinds(_PLACES),
    *_kinds(_TOKENS, r"(?<![A-Za-z0-9›])(?P<s>", ")"),
    *_kinds(_CHANCE, telling=False),
)

_SMALL = [(mark, kind) for kind in KINDS for mark in kind.marks if mark == mark.lower()]
_AS_THEY_ARE = [(mark, kind) for kind in KINDS for mark in kind.marks if mark != mark.lower()]


def kinds_in(text: str) -> list[Kind]:
    """Return the kinds of which *text* has a mark, each once; for nearly every text that is none."""
    small = text.lower()
    found = [kind for mark, kind in _SMALL if mark in small]
    found += [kind for mark, kind in _AS_THEY_ARE if mark in text]
    return list({id(kind): kind for kind in found}.values()) if found else found


ENTROPY = 3.5
"""Bits for each character from which a value looks like chance (random hexadecimal digits: nearly 4)."""


FEWEST = 3
"""Digits of a value that looks like chance."""


def by_chance(text: str) -> bool:
    """Whether *text* looks like chance: letters and digits, and hardly one of them more often than another."""
    digits = sum(map(str.isdigit, text))
    if digits < FEWEST or digits == len(text):
        return False
    share = [text.count(mark) / len(text) for mark in set(text)]
    return -sum(part * log2(part) for part in share) >= ENTROPY
