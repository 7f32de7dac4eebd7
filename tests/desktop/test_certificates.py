"""The file of the company's authorities holds certificates and nothing else: a key in it would go to every machine."""

from __future__ import annotations

import ssl
import subprocess
from pathlib import Path

import pytest

from selfserve.desktop.brand import BrandError, load
from selfserve.desktop.certificates import certificates
from tests.servers.certificates import Certificates, make_certificates
from tests.servers.processes import program

BRAND = 'name = "Example"\nid = "com.example.selfserve"\nserver = "https://help.example.com"\nca_file = "both.pem"\n'


@pytest.fixture
def made(tmp_path: Path) -> Certificates:
    """An authority, and a server's key and certificate."""
    return make_certificates(tmp_path)


def _openssl(*words: str | Path) -> bytes:
    return subprocess.run([program("openssl", "openssl"), *words], check=True, capture_output=True).stdout


def _plain(made: Certificates) -> bytes:
    return made.key_file.read_bytes()


def _of_its_kind(made: Certificates) -> bytes:
    return _openssl("pkey", "-in", made.key_file, "-traditional")


def _behind_a_passphrase(made: Certificates) -> bytes:
    return _openssl("pkcs8", "-topk8", "-in", made.key_file, "-passout", "pass:1234")


def _with_crlf(made: Certificates) -> bytes:
    return made.key_file.read_bytes().replace(b"\n", b"\r\n")


def _indented(made: Certificates) -> bytes:
    return b"  " + made.key_file.read_bytes().replace(b"\n", b"\n  ")


def _cut_off(made: Certificates) -> bytes:
    return made.key_file.read_bytes()[:90] + b"\n"


def _of_ssh(_: Certificates) -> bytes:
    return b"---- BEGIN SSH2 ENCRYPTED PRIVATE KEY ----\nP2/56wAAAAA=\n---- END SSH2 ENCRYPTED PRIVATE KEY ----\n"


KEYS = (_plain, _of_its_kind, _behind_a_passphrase, _with_crlf, _indented, _cut_off, _of_ssh)


@pytest.mark.parametrize("key", KEYS)
@pytest.mark.parametrize("first", [True, False])
def test_a_key_beside_the_certificate_is_refused(tmp_path: Path, made: Certificates, key: object, first: bool) -> None:
    """Before or after it, in each form that a key is kept in: the sentence names the file and what to take out."""
    assert callable(key)
    parts = [key(made), made.ca_file.read_bytes()]
    (tmp_path / "both.pem").write_bytes(b"".join(parts if first else reversed(parts)))
    (tmp_path / "brand.toml").write_text(BRAND)
    with pytest.raises(BrandError, match=r"ca_file is 'both\.pem'; .*PRIVATE KEY' has to be taken out of this one\.$"):
        load(tmp_path / "brand.toml")


def test_what_is_neither_certificate_nor_key_is_refused_too(tmp_path: Path, made: Certificates) -> None:
    """Only what machines are to believe goes to them."""
    (tmp_path / "both.pem").write_bytes(
        made.ca_file.read_bytes() + b"-----BEGIN X509 CRL-----\n-----END X509 CRL-----\n"
    )
    with pytest.raises(ValueError, match="'X509 CRL' has to be taken out"):
        certificates(tmp_path / "both.pem")


@pytest.mark.parametrize("odd", ["", "text", "{half}", "{bent}", "{key}", "{more}", "{half}{ca}", "{unended}{ca}"])
def test_what_is_no_certificate_is_none_under_its_name_either(tmp_path: Path, made: Certificates, odd: str) -> None:
    """A key that is called certificate, or stands behind one in its block; one that is cut off or bent."""
    ca, key = made.ca_file.read_text(), made.key_file.read_text().replace("PRIVATE KEY", "CERTIFICATE")
    (tmp_path / "der").write_bytes(_openssl("x509", "-in", made.ca_file, "-outform", "DER") + b"\x30\x03\x02\x01\x00")
    block = _openssl("base64", "-in", tmp_path / "der").decode()
    more = f"-----BEGIN CERTIFICATE-----\n{block}-----END CERTIFICATE-----\n"
    half = ca.replace("-----END", "A-----END") if "half" in odd else ""
    unended = ca.partition("-----END")[0] + "\n"
    bent = ca.replace("MI", "!!", 1)
    told = odd.format(ca=ca, key=key, half=half, bent=bent, more=more, unended=unended)
    (tmp_path / "both.pem").write_text(told)
    with pytest.raises(ValueError, match=r"^a file of certificates in PEM$"):
        certificates(tmp_path / "both.pem")


def test_certificates_are_read_and_what_stands_between_them_is_not(tmp_path: Path, made: Certificates) -> None:
    """Several, with lines of Windows and words around them; the app believes what is written as the file."""
    one, two = made.ca_file.read_text(), made.cert_file.read_text()
    told = f"# The company's, mine\n{one}\nsecret words\n{two}".replace("\n", "\r\n")
    (tmp_path / "both.pem").write_text(told)
    assert certificates(tmp_path / "both.pem") == one + two
    (tmp_path / "written.pem").write_text(certificates(tmp_path / "both.pem"))
    believed = [ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT) for _ in range(2)]
    for context, name in zip(believed, ("both.pem", "written.pem"), strict=True):
        context.load_verify_locations(tmp_path / name)
    assert believed[0].get_ca_certs() == believed[1].get_ca_certs() != []
