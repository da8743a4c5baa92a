"""Bodies in HTTP Archives as text, whatever a recorder has left of their encodings, and back."""

from __future__ import annotations

import base64
import binascii
import re
import zlib
from collections.abc import Mapping
from typing import Any, Final

from attrs import frozen

MAX_SIZE: Final = 100 * 2**20  # bytes of a body once it is decompressed
LAYERS: Final = 3  # compressions of one body
GZIP: Final = b"\x1f\x8b"
# What a compressed or otherwise encoded body would be kept as, unread.
OPAQUE_ENCODINGS: Final = re.compile(r"\b(?:br|zstd|compress|dcb|dcz)\b")


@frozen
class ArchivedBody:
    """The text of a body, and how to write another one in its place.

    Attributes:
        text: The text, empty without one.
        charset: The encoding of the bytes, or None if the archive has the text itself.
        is_readable: Whether it is the text; if not, secrets in it cannot be seen.
    """

    text: str
    charset: str | None = None
    is_readable: bool = True

    def written(self, text: str) -> str:
        """Return what stands for another text: uncompressed."""
        if self.charset is None:
            return text
        return base64.b64encode(text.encode(self.charset, errors="replace")).decode()


def read_body(body: Mapping[str, Any], headers: Mapping[str, str]) -> ArchivedBody:
    """Return the body of `content` or `postData`. The names of the headers are in lower case."""
    text = body.get("text")
    if not isinstance(text, str):
        return ArchivedBody("")
    if str(body.get("encoding")).strip().lower() != "base64":
        return ArchivedBody(text)
    encoding = headers.get("content-encoding", "").lower()
    digits = re.sub(r"\s", "", text).rstrip("=").translate(str.maketrans("-_", "+/"))
    if not re.fullmatch("[A-Za-z0-9+/]*", digits):
        return ArchivedBody(text)  # another text, whatever the recorder says
    try:
        data = base64.b64decode(f"{digits}==")
        for _ in range(LAYERS):
            unpacked = _unpacked(data, encoding)
            if unpacked is data:
                break
            data = unpacked
    except (binascii.Error, ValueError, zlib.error):
        return ArchivedBody(text, is_readable=False)
    charset = _charset(data, f"{body.get('mimeType')} {headers.get('content-type')}".lower())
    is_opaque = charset == "latin-1" and bool(OPAQUE_ENCODINGS.search(encoding))
    return ArchivedBody(data.decode(charset, errors="replace"), charset, not is_opaque)


def _unpacked(data: bytes, encoding: str) -> bytes:
    """Return data without one compression, or the same object if it has none."""
    is_zlib = len(data) > 2 and data[0] == 0x78 and (data[0] << 8 | data[1]) % 31 == 0
    bits = zlib.MAX_WBITS | 32 if data.startswith(GZIP) or is_zlib else 0
    if not bits and "deflate" in encoding and not is_utf8(data):
        bits = -zlib.MAX_WBITS
    if not bits:
        return data
    try:
        return zlib.decompressobj(wbits=bits).decompress(data, MAX_SIZE)
    except zlib.error:
        if is_zlib or bits < 0:  # these bytes may begin anything
            return data
        raise


def _charset(data: bytes, media_type: str) -> str:
    """Return an encoding that all the bytes can be written in again."""
    has_mark = data[:2] in {b"\xff\xfe", b"\xfe\xff"}
    wide = ("utf-16",) if has_mark else ("utf-16-le", "utf-16-be") if "utf-16" in media_type or b"\0" in data else ()
    for charset in wide:
        # Any bytes can be UTF-16; text in it consists of characters that are in use.
        text = data.decode(charset, errors="replace")
        if sum(character.isascii() for character in text) * 2 > len(text):
            return charset
    return "utf-8" if is_utf8(data) else "latin-1"


def is_utf8(data: bytes) -> bool:
    """Return whether data is UTF-8."""
    try:
        data.decode()
    except UnicodeDecodeError:
        return False
    return True
