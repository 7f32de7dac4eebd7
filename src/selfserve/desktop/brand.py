"""`brand.toml`: whose app this is, and which server it is a window on."""

from __future__ import annotations

import os
import re
import stat
import sys
import tomllib
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit
from xml.parsers import expat

from selfserve.desktop.certificates import certificates

VARIABLE = "SELFSERVE_DESKTOP_BRAND"
LOOPBACK = ("127.0.0.1", "::1", "localhost")
LARGEST_ICON = 1024 * 1024
_PNG = b"\x89PNG\r\n\x1a\n"
_LABEL = r"[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?"
_ID = re.compile(rf"[a-z](?:[a-z0-9-]{{0,61}}[a-z0-9])?(?:\.{_LABEL}){{1,5}}")
_SCHEME = re.compile(r"[a-z][a-z0-9+.-]{1,30}")
_TAKEN = frozenset(
    {"about", "blob", "data", "file", "ftp", "http", "https", "javascript", "mailto", "sms", "ssh", "tel", "ws", "wss"}
)
_MAIL = re.compile(r"[^\s@<>\"(),:;\\\[\]]+@[A-Za-z0-9](?:[A-Za-z0-9.-]*[A-Za-z0-9])?")
_CONTROLS = re.compile(r"[\x00-\x1f\x7f-\x9f\u200b-\u200f\u2028-\u202e\u2066-\u2069]")


class BrandError(ValueError):
    """A brand file that cannot be used; the text names file, key, what was found and what is allowed."""


@dataclass(frozen=True)
class Help:
    """How to reach a human when the server cannot be reached; "" for what the company does not offer."""

    phone: str = ""
    mail: str = ""
    url: str = ""
    text: str = ""


@dataclass(frozen=True)
class Size:
    """The window's size at the first start, in pixels."""

    width: int = 1180
    height: int = 820


@dataclass(frozen=True)
class Brand:
    """One company's app. `server` is an origin, `icon` and `ca_file` are absolute."""

    name: str
    id: str
    server: str
    scheme: str = "selfserve"
    accent: str = "#1f4fd8"
    icon: Path | None = None
    ca_file: Path | None = None
    help: Help = Help()
    window: Size = Size()


def of_environment(chosen: str) -> Brand:
    """The brand this program starts with; raises BrandError."""
    return load(find(chosen, os.environ))


def of_package(built: Path, platform: str = sys.platform, machine: Path | None = None, root: int = 0) -> Brand:
    """The brand of a packaged app: the one it was `built` with, or what an administrator says of the same app here.

    That is a file in the machine's folder with the same `id`, which nobody but `root` can write; raises BrandError for
    one that others can. No variable has a say. On Windows everybody may make a folder below ProgramData, so that
    nothing there is read.
    """
    own = load(built)
    place = machine or _of_the_machine({}, platform)
    if platform == "win32" or not place.is_file():
        return own
    for one in (place.resolve(), place.resolve().parent):
        found = one.stat()
        if found.st_uid != root or found.st_mode & (stat.S_IWGRP | stat.S_IWOTH):
            raise BrandError(
                f"{one} can be changed by others than the administrator; make it root's, for root to write."
            )
    told = load(place)
    return told if told.id == own.id else own


def find(chosen: str, environ: Mapping[str, str], platform: str = sys.platform) -> Path:
    """Where the brand file lies: `chosen` (`--brand`), the variable, the machine's folder, beside the program.

    Raises BrandError where there is none.
    """
    told = chosen or environ.get(VARIABLE, "")
    if told:
        return Path(told)
    places = (_of_the_machine(environ, platform), Path(__file__).parent / "brand.toml")
    for place in places:
        if place.is_file():
            return place
    looked = " nor ".join(map(str, places))
    raise BrandError(f"There is no brand file at {looked}; name one with --brand or {VARIABLE}.")


def _of_the_machine(environ: Mapping[str, str], platform: str) -> Path:
    if platform == "win32":
        return Path(environ.get("PROGRAMDATA", r"C:\ProgramData")) / "selfserve-desktop" / "brand.toml"
    if platform == "darwin":
        return Path("/Library/Application Support/selfserve-desktop/brand.toml")
    return Path("/etc/selfserve-desktop/brand.toml")


def load(path: Path) -> Brand:
    """The brand that `path` holds; raises BrandError with one sentence."""
    try:
        told = tomllib.loads(path.read_text("utf-8-sig"))
    except OSError as error:
        raise BrandError(f"{path} cannot be read ({error.strerror or error}); a brand file is a TOML file.") from None
    except UnicodeDecodeError:
        raise BrandError(f"{path} is no text in UTF-8; a brand file is a TOML file.") from None
    except tomllib.TOMLDecodeError as error:
        raise BrandError(f"{path} is no TOML: {error}.") from None
    read = _Table(path, "", told)
    brand = Brand(
        name=read.text("name", _line(40), needed=True),
        id=read.text("id", _id, needed=True),
        server=read.text("server", _origin, needed=True),
        scheme=read.text("scheme", _scheme) or Brand.scheme,
        accent=read.text("accent", _colour) or Brand.accent,
        icon=read.file("icon", _icon),
        ca_file=read.file("ca_file", certificates),
        help=_help(read.table("help")),
        window=_size(read.table("window")),
    )
    read.table("package")  # for whoever builds the app; of no concern to the app itself
    read.done()
    return brand


def _help(read: _Table) -> Help:
    found = Help(
        phone=read.text("phone", _phone),
        mail=read.text("mail", _mail),
        url=read.text("url", _address),
        text=read.text("text", _line(300)),
    )
    read.done()
    return found


def _size(read: _Table) -> Size:
    found = Size(read.number("width", 480, 4096, Size.width), read.number("height", 360, 4096, Size.height))
    read.done()
    return found


class _Table:
    """One table of the file, each key taken once; what is left at the end is unknown."""

    def __init__(self, path: Path, prefix: str, told: Mapping[str, Any]) -> None:
        self._path, self._prefix, self._left = path, prefix, dict(told)
        self._known: list[str] = []

    def text(self, key: str, judge: Callable[[str], str], *, needed: bool = False) -> str:
        """A text that `judge` passes; "" where it is absent. `judge` raises ValueError with what is allowed."""
        found = self._take(key)
        if found is None:
            if needed:
                raise BrandError(f"{self._path}: {self._prefix}{key} is missing; every brand file names it.")
            return ""
        if not isinstance(found, str):
            raise self._bad(key, found, "a text in quotes")
        try:
            return judge(found)
        except ValueError as error:
            raise self._bad(key, found, str(error)) from None

    def number(self, key: str, least: int, most: int, usual: int) -> int:
        """A whole number between the two; `usual` where it is absent."""
        found = self._take(key)
        if found is None:
            return usual
        if isinstance(found, bool) or not isinstance(found, int) or not least <= found <= most:
            raise self._bad(key, found, f"a whole number from {least} to {most}")
        return found

    def file(self, key: str, judge: Callable[[Path], object]) -> Path | None:
        """A file beside this one that `judge` passes; None where none is named."""
        name = self.text(key, _line(200))
        if not name:
            return None
        place = (self._path.parent / name).resolve()
        try:
            judge(place)
        except (OSError, ValueError) as error:
            told = f"a file that can be read ({error.strerror})" if isinstance(error, OSError) else str(error)
            raise self._bad(key, name, told) from None
        return place

    def table(self, key: str) -> _Table:
        """The table below `key`; an empty one where it is absent."""
        found = self._take(key)
        if not isinstance(found, dict | None):
            raise self._bad(key, found, f"a table [{key}]")
        return _Table(self._path, f"{key}.", found or {})

    def done(self) -> None:
        """Raise BrandError where a key is left that nobody knows."""
        if self._left:
            known = ", ".join(self._known)
            raise BrandError(f"{self._path}: {self._prefix}{min(self._left)} is no key; there are {known}.")

    def _take(self, key: str) -> Any:
        self._known.append(key)
        return self._left.pop(key, None)

    def _bad(self, key: str, found: object, allowed: str) -> BrandError:
        shown = found if isinstance(found, int | float) else ascii(str(found)[:80])
        return BrandError(f"{self._path}: {self._prefix}{key} is {shown}; allowed is {allowed}.")


def _line(most: int) -> Callable[[str], str]:
    def judge(value: str) -> str:
        if not 1 <= len(value.strip()) <= most or _CONTROLS.search(value):
            raise ValueError(f"one line of 1 to {most} characters")
        return value.strip()

    return judge


def _id(value: str) -> str:
    if len(value) > 100 or not _ID.fullmatch(value):
        raise ValueError("a name turned round such as com.example.selfserve, in small letters")
    return value


def _scheme(value: str) -> str:
    if not _SCHEME.fullmatch(value) or value in _TAKEN:
        raise ValueError("a scheme of the app's own such as selfserve, in small letters")
    return value


def _colour(value: str) -> str:
    if not re.fullmatch(r"#[0-9a-fA-F]{6}", value):
        raise ValueError("a colour such as #1f4fd8")
    return value.lower()


def _phone(value: str) -> str:
    if not re.fullmatch(r"\+?[0-9][0-9 ()/.-]{1,30}", value):
        raise ValueError("a telephone number such as +49 30 123456")
    return value


def _mail(value: str) -> str:
    if len(value) > 254 or not _MAIL.fullmatch(value):
        raise ValueError("a mail address such as help@example.com")
    return value


def _address(value: str) -> str:
    if not _host(value) or len(value) > 500 or re.search(r"[\s<>\"\\]", value) or not value.startswith("https://"):
        raise ValueError("an address such as https://intranet.example.com/help")
    return value


def _origin(value: str) -> str:
    """`scheme://host[:port]`; the app never takes a server's address from anywhere else."""
    wanted = "an address such as https://help.example.com, without a path (http only for this machine)"
    host = _host(value)
    parts = urlsplit(value)
    if not host or parts.path not in ("", "/") or parts.query or parts.fragment or parts.username is not None:
        raise ValueError(wanted)
    if parts.scheme != "https" and not (parts.scheme == "http" and host in LOOPBACK):
        raise ValueError(wanted)
    name = f"[{host}]" if ":" in host else host
    usual = {"https": 443, "http": 80}[parts.scheme]
    return f"{parts.scheme}://{name}" + (f":{parts.port}" if parts.port not in (None, usual) else "")


def _host(value: str) -> str:
    try:
        parts = urlsplit(value)
        port = parts.port
    except ValueError:
        return ""
    host = parts.hostname or ""
    plain = not _CONTROLS.search(value) and bool(re.fullmatch(r"[a-z0-9.:-]+", host))
    return host if plain and port != 0 else ""


def _icon(path: Path) -> None:
    if path.suffix not in (".svg", ".png") or path.stat().st_size > LARGEST_ICON:
        raise ValueError("an .svg or .png file of 1 MiB at most")
    content = path.read_bytes()
    if not (content.startswith(_PNG) if path.suffix == ".png" else _is_svg(content)):
        raise ValueError(f"a picture; this file is called {path.suffix} and is none")


def _is_svg(content: bytes) -> bool:
    """Whether it is XML as a whole, and its outermost element SVG's."""
    found: list[str] = []
    parser = expat.ParserCreate(namespace_separator=" ")
    parser.StartElementHandler = lambda name, _: found.append(name) if not found else None
    try:
        parser.Parse(content, True)
    except expat.ExpatError:
        return False
    return found == ["http://www.w3.org/2000/svg svg"]


def main(arguments: list[str]) -> int:
    """Check the file named: 0 where it can be used, 2 after a sentence on standard error."""
    if len(arguments) != 1:
        sys.stderr.write("Name one brand file: python3 -m selfserve.desktop.brand FILE\n")
        return 2
    try:
        load(Path(arguments[0]))
    except BrandError as error:
        sys.stderr.write(f"{error}\n")
        return 2
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
