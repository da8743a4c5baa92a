# Generated from scripts/client/secret_patterns.py by `make generate`; do not edit.

"""What secrets look like in free text: those of widespread products, and pairs of a name and a value."""

from __future__ import annotations

import re
from typing import Final

# The start of a term, also after an escaped line break of JSON.
_START: Final = r"(?:(?<!\w)|(?<=\\[nrt]))"

# What secrets of widespread products look like, also in free text.
LIKENESS: Final = re.compile(
    rf"""
    (?=[0-9AGHNPSa-hklnprsvwxy-]) {_START} (?:  # the first characters, for speed
      eyJ[\w-]{{5,}}\.[\w-]{{2,}}(?:\.[\w-]*){{0,3}}                               # JSON Web Token
    | v[1-4]\.(?:local|public)\.[\w-]{{20,}}(?:\.[\w-]*)?                          # PASETO
    | -----BEGIN[ A-Z0-9]*PRIVATE[ ]KEY(?:[ ]BLOCK)?-----.*?(?:-----END[ A-Z0-9]*PRIVATE[ ]KEY(?:[ ]BLOCK)?-----|\Z)
    | AGE-SECRET-KEY-1[0-9A-Z]{{20,}}
    | A(?:KIA|SIA)[0-9A-Z]{{16}}\b | AIza[\w-]{{35}} | ya29\.[\w-]{{20,}} | GOCSPX-[\w-]{{20,}}  # AWS, Google
    | gh[oprsu]_\w{{30,}} | github_pat_\w{{20,}} | gl(?:agent|cbt|dt|ft|imt|oas|pat|ptt|rt|soat)-[\w-]{{18,}}
    | xox[abeoprs][-.][\w.-]{{10,}} | xapp-[\w-]{{10,}}                            # Slack
    | [rs]k_(?:live|test)_\w{{10,}} | whsec_\w{{20,}} | sq0(?:atp|csp)-[\w-]{{20,}}  # Stripe, Square
    | sk-[\w-]{{20,}} | hf_\w{{30,}} | gsk_\w{{20,}} | r8_\w{{30,}} | pplx-\w{{30,}} | xai-[\w-]{{20,}}
    | npm_\w{{30,}} | pypi-[\w-]{{50,}} | do[oprt]_v1_\w{{40,}} | hv[bsr]\.[\w-]{{20,}} | SG\.[\w-]{{16,}}\.[\w-]{{16,}}
    | shp(?:at|ca|pa|ss)_[0-9a-fA-F]{{32}} | ATATT3x[\w=-]{{20,}} | dckr_[op]at_[\w-]{{20,}} | sbp_[0-9a-f]{{40}}
    | PMAK-[\w-]{{20,}} | figd_[\w-]{{20,}} | gl(?:sa|c)_[\w+/=]{{20,}} | lin_api_\w{{20,}} | dapi[0-9a-f]{{32}}
    | NRAK-[0-9A-Z]{{20,}} | HRKU-[\w-]{{20,}} | pul-[0-9a-f]{{40}} | ntn_\w{{30,}} | fo1_[\w-]{{30,}}
    | SK[0-9a-f]{{32}}\b | key-[0-9a-f]{{32}}\b | [0-9a-f]{{32}}-us\d{{1,2}}\b       # Twilio, Mailgun, Mailchimp
    | atlasv1\.[\w-]{{40,}}
    | kg-[0-9a-f]{{8}}-(?:[0-9a-f]{{4}}-){{3}}[0-9a-f]{{12}}
    )
    """,
    re.VERBOSE | re.DOTALL,
)
# Paths that are credentials: all who know them may post there.
WEBHOOK: Final = re.compile(
    r"(hooks\.slack\.com/\w{1,20}/|discord(?:app)?\.com/api/webhooks/|webhook\.office\.com/\w{1,20}/)[^\s\"'<>?#\\]+"
    r"|(api\.telegram\.org/(?:file/)?bot)[^\s\"'<>?#\\/]+"
)
SCHEME: Final = re.compile(
    r"\b(ApiKey|Basic|Bearer|Digest|GenieKey|Negotiate|SSWS|Token)(\s+|%20|\+|,\s*)([\w.~+/%-]{8,}=*)", re.IGNORECASE
)
# A header of credentials in text, to the end of its line.
HEADER_NAME: Final = re.compile(r"(?:proxy-)?authorization|(?:set-)?cookie2?", re.IGNORECASE)
HEADER: Final = re.compile(
    rf"\b(?P<name>{HEADER_NAME.pattern})(?P<sign>\s{{0,3}}:\s{{0,3}})"
    r"(?P<value>(?!\s)(?:=\\*\"[^\"\\]*\\*\"|[^\r\n\"'\\<>]){1,4000})",
    re.IGNORECASE,
)
USERINFO: Final = re.compile(r"(://)([^/?#\s:@\"'<>]*)(:[^/?#\s\"'<>]+)?@")
USER_OPTION: Final = re.compile(r"((?:(?<=\s)|^)(?:-u|--user)[ =]\s{0,3}[\"']?[^\s:\"']{1,100}:)[^\s\"'\\]+")

# The groups that have the value of a pair.
KINDS: Final = frozenset({"value", "number", "list", "double", "single"})
# `"name": "value"`, also within a JSON string; a number, and the strings of a list.
_NUMBER: Final = r"(?P<number>-?\d[\d.eE+-]{0,40})(?=[\s,\]}\\]|\Z)"
JSON_PAIR: Final = re.compile(
    r'"(?P<name>[^"\\]{1,100})"\s{0,9}:\s{0,9}'
    rf'(?:"(?P<value>(?:[^"\\]|\\.)+)|{_NUMBER}|(?P<list>[\[{{][^\[\]{{}}]+))',
    re.DOTALL,
)
ESCAPED_PAIR: Final = re.compile(
    r'\\{1,9}"(?P<name>[^"\\]{1,100})\\{1,9}"\s{0,9}:\s{0,9}' rf'(?:\\{{1,9}}"(?P<value>[^"\\]+)|{_NUMBER})'
)
# A number of JSON that was replaced.
UNQUOTED: Final = re.compile(r'(?<=[^\\]")(\s{0,9}:\s{0,9})\*\*\*(?=\s{0,9}[,}\]])')
SCALAR: Final = re.compile(
    r'"(?:[^"\\]|\\.)*"\s{0,9}:|"(?P<value>(?:[^"\\]|\\.)+)(?:"|\Z)'
    r"|(?<=[\s,:\[])(?P<number>\d{3,40}|\*\*\*)(?=[\s,}\]]|\Z)",
    re.DOTALL,
)
QUOTED_PAIR: Final = re.compile(
    r"'(?P<name>[^'\\]{1,100})'\s{0,9}(?::|=>|=)\s{0,9}(?:[bu]?'(?P<value>(?:[^'\\]|\\.)+)|" rf"{_NUMBER})"
)
# `name=value`; `name: value`; `name = "value"`. The rest of a value may look like another pair.
TEXT_PAIR: Final = re.compile(
    r"(?:(?<=\\[nrt])|(?<![\w.\-\[\]$~%\\]))(?P<name>[\w.\-\[\]$~%]{1,100})(?P<sign>\s{0,3}[:=]\s{0,3})"
    r"(?:\\*\"(?P<double>[^\"\\]+)|\\*'(?P<single>[^'\\]+)|(?P<value>[^&;\s\"'<>,}\\=:]+))"
)
REST: Final = re.compile(r"[^&;\s\"'<>,}\\]*")
# XML, HTML, and other pairs whose name is a value: `<input name="token" value="...">`, `{"name": ..., "value": ...}`.
ELEMENT: Final = re.compile(
    r"<(?P<name>[\w:.-]{1,100})(?:\s[^<>]*)?>"
    r"(?P<value>\s{0,99}<!\[CDATA\[(?:[^\]]|\](?!\]>)){1,2000}\]\]>|[^<>]+)(?=\s{0,99}</)"
)
_QUOTE: Final = r"\\*[\"']"
_MEMBER_NAME: Final = rf"\b(?:name|key|header)(?:{_QUOTE})?\s{{0,9}}[=:]\s{{0,9}}{_QUOTE}(?P<name>[^\"'\\]{{1,100}})"
_MEMBER_VALUE: Final = rf"\b(?:value|content)(?:{_QUOTE})?\s{{0,9}}[=:]\s{{0,9}}{_QUOTE}(?P<value>[^\"'\\]+)"
NAMED: Final = re.compile(rf"{_MEMBER_NAME}{_QUOTE}[^<>{{}}]{{0,200}}?{_MEMBER_VALUE}")
NAMED_AFTER: Final = re.compile(rf"{_MEMBER_VALUE}{_QUOTE}[^<>{{}}]{{0,200}}?{_MEMBER_NAME}")
# A field of a form of parts.
PART: Final = re.compile(
    r'\bname=(?P<quote>"?)(?P<name>[^"\r\n;]{1,100})(?P=quote)[^\r\n]{0,300}'
    r"(?:\r?\n[\w-]{1,50}:[^\r\n]{0,300}){0,9}\r?\n\r?\n(?P<value>[^\r\n]+)"
)
# What may be encoded once more, in a URL.
RUN: Final = re.compile(r"[^\s&=?#/:\"'<>\\{}]+")


def is_sentence(text: str) -> bool:
    """Return whether a value consists of plain terms, such as `is missing`, and no credential."""
    return all(
        term.isalpha() and term in {term.lower(), term.capitalize()} and len(term) < 16
        for term in text.rstrip(".!").split()
    )
