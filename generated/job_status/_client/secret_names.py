# Generated from scripts/client/secret_names.py by `make generate`; do not edit.

"""Which names of headers, parameters and fields are those of secrets.

A name is split into terms, at case and punctuation. The first rule that applies decides:

1. The name of a header for credentials is secret.
2. A name whose last term is about a secret, such as `token_type` or `keyId`, is not.
3. A name with a term for a secret, or one that ends with it, is: `clientSecret`, `accesstoken`, `x-authtoken`.
4. A key is one of data after some terms, such as `sort_key` and `primaryKey`, and a secret after every other one.
   A code, a pin or a ticket is a secret after a term for a login, such as `device_code`; `error_code` is not.
5. `key`, `code`, `pin` and `ticket` alone are secret if their value looks like one.
"""

from __future__ import annotations

import functools
import re
import urllib.parse
from typing import Final


def _terms(text: str) -> frozenset[str]:
    return frozenset(text.split())


HEADERS: Final = _terms("authentication authorization proxy-authorization cookie set-cookie cookie2 set-cookie2")
# Parameters of credentials in the header Authorization that are no secrets, and may occur elsewhere.
PUBLIC_PARAMETERS: Final = _terms(
    "algorithm charset created credential expires headers keyid nc oauth_callback oauth_signature_method "
    "oauth_timestamp oauth_version opaque qop realm scope signedheaders timestamp uri username version"
)
_TERMS: Final = _terms(
    "apikey appkey assertion auth authorization bearer cookie cookies credential credentials creds csrf cvc cvv hmac "
    "hotp jsessionid jwt mnemonic otp otps passcode passcodes passphrase passwd password passwords phpsessid psw pswd "
    "pw pwd pword saml secret secrets sessionid sessid sid sig signature signatures token tokens totp verifier xsrf"
)
# A key, a pin or a ticket is secret after one of these terms, and a session before one of those.
_KEYS: Final = _terms(
    "access account admin api app application auth client consumer crypto decryption deploy device encryption function "
    "functions host license login master private rapidapi secret security service session shared signing ssh storage "
    "subscription user webhook x"
)
_SESSIONS: Final = _terms("cookie data id key token") | {""}
# A code is secret after one of these terms; a pin too.
_CODES: Final = _terms(
    "2fa access activation auth authentication authorization backup card confirmation current device factor fa invite "
    "login mfa new old one otp pairing pass recovery redemption reset secret security sim sms time totp unlock user "
    "verification voucher"
)
# Keys of data: of tables, stores, messages, trackers and keyboards.
_DATA: Final = _terms(
    "accelerator aggregate aggregation alternate any arrow artifact attribute binding blob board bucket build cache "
    "candidate category child city column composite config configuration context continuation correlation country "
    "cursor dag data dedup dedupe deduplication dictionary dimension document end entity error evaluated event "
    "facet feature field file filter first flag foreign geo group hash home hot i18n idempotency index issue item "
    "job join json kind label last locale location lookup map message meta metadata metric n name natural next "
    "object option order page parent partition path plan policy preference primary process product project property "
    "public queue range record resource result root routing row run s3 segment setting settings shard short "
    "shortcut socket sort space span start state status step stream string sub surrogate tag task text ticket topic "
    "trace translation type unique websocket xml"
)
# What passes, and is no password.
_PASSES: Final = _terms("band boarding com first high last low multi one render season second single test tres two")
# A name that ends with one of these terms is about a secret.
_ABOUT: Final = _terms(
    "age algorithm at attempts budget count created date days enabled endpoint error errors expired expires expiration "
    "expiry failures format hint hours id ids in interval length level limit max method methods min minutes mode ms "
    "name names policy provider providers reason remaining required retries rotation scheme schemes scope scopes "
    "seconds size state status supported time timeout ttl type types uri url usage used valid version window"
)
_PAIRS: Final = frozenset({("connection", "string"), ("recovery", "phrase"), ("seed", "phrase")})
_TERM: Final = re.compile("[A-Z]+(?![a-z])|[A-Z]?[a-z]+|[0-9]+")
# Of names in lower case without punctuation.
_ENDINGS: Final = (
    *(term for term in _TERMS if len(term) > 5),
    *(f"{term}key" for term in _KEYS if len(term) > 2),
    *("token", "creds", "csrf", "xsrf", "hmac", "dbpass", "userpass", "mypass", "connectionstring"),
)

BARE: Final = _terms("code key pin ticket")
_DIGITS: Final = re.compile(r"\d{4,12}")
_PARAMETER: Final = re.compile(r"(?=\D*\d)\S{8,}")
_RANDOM: Final = re.compile(
    r"(?=[^A-Z]*[A-Z])(?=[^a-z]*[a-z])(?=\D*\d)[\w+/~=-]{16,}|(?=[a-f]*\d)(?=\d*[a-f])[0-9a-f]{20,}", re.ASCII
)


@functools.lru_cache(maxsize=4096)
def is_secret_name(name: str) -> bool:
    """Return whether the name of a header, a parameter or a field is one of secrets, such as `clientSecret`."""
    if name.lower() in HEADERS:
        return True
    terms = [term.lower() for term in _TERM.findall(urllib.parse.unquote(name))]
    if not terms or terms[-1] in _ABOUT:
        return bool(terms) and _is_session(terms)
    if "".join(terms).endswith(_ENDINGS) or any(term in _TERMS or term.endswith(_ENDINGS) for term in terms):
        return True
    befores = ["", *terms]
    return (
        _is_session(terms)
        or any(term in {"key", "keys"} and before in _KEYS for before, term in zip(befores, terms, strict=False))
        or _is_secret_last(*_last_two(terms))
    )


def _last_two(terms: list[str]) -> tuple[str, str]:
    """Return the last two terms, without a number at the end."""
    named = terms[:-1] if terms[-1].isdigit() and len(terms) > 1 else terms
    return ("", *named)[-2], named[-1]


def _is_session(terms: list[str]) -> bool:
    afters = [*terms[1:], ""]
    recent = list(zip(terms, afters, strict=True))[-2:]
    return any(term in {"session", "sess"} and after in _SESSIONS for term, after in recent)


def _is_secret_last(before: str, term: str) -> bool:
    """Return whether a name is one of secrets by its last term, and the one before that."""
    if term in {"key", "keys"}:
        return before not in _DATA and bool(before) and not before.isdigit()
    if term in {"code", "codes"}:
        return before in _CODES
    if term in {"pin", "ticket"}:
        return before in _KEYS or (before in _CODES and term == "pin")
    if term == "pass":
        return before not in _PASSES
    return (before, term) in _PAIRS


def is_plural(name: str) -> bool:
    """Return whether a name is one of several secrets. A number is their count then, such as `max_tokens`."""
    return name.lower().endswith("s") and not name.lower().endswith("pass")


def is_secret_by_value(name: str, value: str, *, is_parameter: bool) -> bool:
    """Return whether a value is secret whose name does not show it.

    A parameter of a URL or a form is one if it has eight characters with a digit, and a member of an object if it looks
    random.
    """
    lowered = name.lower()
    if lowered not in BARE:
        return False
    if lowered == "pin" and _DIGITS.fullmatch(value):
        return True
    return (_PARAMETER if is_parameter else _RANDOM).fullmatch(value) is not None


def looks_random(value: str) -> bool:
    """Return whether a value has no meaning: letters of both cases with digits, or hexadecimal digits."""
    return _RANDOM.fullmatch(value) is not None
