"""`brand.toml` as a build needs it: what the app reads, and its table `[package]`."""

from __future__ import annotations

import re
import tomllib
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, Any

from pydantic import AfterValidator, Field, ValidationError

from selfserve.desktop import brand as app
from selfserve.desktop.certificates import certificates
from selfserve.packaging.problems import CannotPackage
from selfserve.settings.keys import toml
from selfserve.settings.problems import sentences
from selfserve.settings.section import Section


def _text(most: int, least: int = 1) -> Any:
    def judge(value: str) -> str:
        if not least <= len(value) <= most or not value.isprintable():
            raise ValueError(f"one line of {least} to {most} characters")
        return value

    return AfterValidator(judge)


def _matching(pattern: str, allowed: str) -> Any:
    def judge(value: str) -> str:
        if not re.fullmatch(pattern, value):
            raise ValueError(allowed)
        return value

    return AfterValidator(judge)


_NAME = _matching(r"[a-z0-9][a-z0-9+.-]{1,62}", "a Debian package's name: small letters, digits and + . -")
_MAINTAINER = _matching(
    r"[^<>\n,]{1,80} <[^\s<>@]{1,64}@[^\s<>@]{1,190}>", "a name and a mail address: TechOps <help@…>"
)
_HOMEPAGE = _matching(r"(https://[!-;=?-~]{1,300})?", "an address that begins with https://")


class Package(Section):
    """How the app is packaged; the app itself does not read it."""

    name: Annotated[str, _NAME] = "selfserve-desktop"
    """The package's name, which is the command's as well."""
    revision: Annotated[int, Field(ge=1, le=65_534)] = 1
    """Which packaging of the same version; count up when the brand changes, so that machines take the new one; Windows
    counts no further than 65534."""
    maintainer: Annotated[str, _MAINTAINER] = "TechOps <techops@localhost.localdomain>"
    """Who answers for the package."""
    publisher: Annotated[str, _text(80)] = "TechOps"
    """The company, as software centres and installers show it."""
    homepage: Annotated[str, _HOMEPAGE] = ""
    """An address about the app, such as a page of the intranet; none is shown where it is empty."""
    summary: Annotated[str, _text(70)] = "Self-service for devices, software and access"
    """One line about the app."""
    autostart: bool = False
    """Whether the app starts when somebody signs in to their machine."""


@dataclass(frozen=True)
class Branding:
    """A brand file, read and checked."""

    app: app.Brand
    package: Package


def load(path: Path) -> Branding:
    """The brand that `path` holds; raises CannotPackage with a sentence for each mistake."""
    try:
        read = app.load(path)
        told = tomllib.loads(path.read_text("utf-8-sig")).get("package", {})
        return Branding(read, Package.model_validate(told))
    except app.BrandError as error:
        raise CannotPackage(str(error)) from None
    except ValidationError as error:
        raise CannotPackage("\n".join(sentences(error, Package, lambda _: path.name, "package"))) from None


def authorities(brand: app.Brand) -> bytes:
    """The certificates of the brand's `ca_file` and nothing else of it, b"" for none; raises CannotPackage."""
    if brand.ca_file is None:
        return b""
    try:
        return certificates(brand.ca_file).encode("ascii")
    except (OSError, ValueError) as error:
        raise CannotPackage(f"{brand.ca_file} cannot be packaged; allowed is {error}.") from None


def installed(brand: app.Brand, icon: str, ca_file: str) -> str:
    """The text of the brand file that is installed; `icon` and `ca_file` are names beside it, empty for none."""
    plain = {
        "name": brand.name, "id": brand.id, "scheme": brand.scheme, "server": brand.server, "accent": brand.accent,
        "icon": icon, "ca_file": ca_file,
    }  # fmt: skip
    ways = {name: getattr(brand.help, name) for name in ("phone", "mail", "url", "text")}
    size = {"width": brand.window.width, "height": brand.window.height}
    tables = [("", plain), ("\n[help]\n", ways), ("\n[window]\n", size)]
    return "".join(
        head + "".join(f"{key} = {toml(value)}\n" for key, value in of.items() if value) for head, of in tables
    )
