"""A file of the company's authorities: certificates and nothing else, since every machine gets what is in it."""

from __future__ import annotations

import binascii
import re
import ssl
from pathlib import Path

_BEGIN = re.compile(r"-{4,}[ \t]*BEGIN[ \t]+([^\r\n]*?)[ \t]*-{4,}", re.IGNORECASE)
_BLOCK = re.compile(r"-----BEGIN CERTIFICATE-----([A-Za-z0-9+/=\s]*)-----END CERTIFICATE-----")
ALLOWED = "a file of certificates in PEM"


def certificates(path: Path) -> str:
    """The certificates of the file in PEM, each in a block; what stands between them is left out.

    Raises ValueError with what is allowed where there is none, where one cannot be read, or where anything else is
    in it (RFC 7468 names kinds of blocks), such as the authority's key. Raises OSError.
    """
    text = path.read_bytes().decode("latin-1")
    other = next((kind for kind in _BEGIN.findall(text) if kind != "CERTIFICATE"), None)
    if other is not None:
        raise ValueError(
            f"{ALLOWED} and nothing else, as every machine gets it: {other[:40]!a} has to be taken out of this one"
        )
    blocks = _BLOCK.findall(text)
    if not blocks or len(blocks) != len(_BEGIN.findall(text)):
        raise ValueError(ALLOWED)
    return "".join(_certificate(block) for block in blocks)


def _certificate(block: str) -> str:
    try:
        content = binascii.a2b_base64("".join(block.split()), strict_mode=True)
        ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT).load_verify_locations(cadata=content)
    except (binascii.Error, ssl.SSLError, ValueError):
        raise ValueError(ALLOWED) from None
    return ssl.DER_cert_to_PEM_cert(content)
