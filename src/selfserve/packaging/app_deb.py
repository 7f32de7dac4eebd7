"""The app as a Debian package, on the distribution's Python, GTK and WebKitGTK."""

from __future__ import annotations

import gzip
from collections.abc import Iterator
from datetime import datetime
from email.utils import format_datetime

from selfserve.desktop import VERSION
from selfserve.packaging import desktop_entry
from selfserve.packaging.app_files import app_files, archives, icon_of, icon_place
from selfserve.packaging.brand import Branding, authorities, installed
from selfserve.packaging.deb import Deb
from selfserve.packaging.sbom import sbom
from selfserve.packaging.templates import template
from selfserve.packaging.tree import PLAIN, PROGRAM, File

DEPENDS = (
    "python3 (>= 3.11)", "python3-gi", "gir1.2-gtk-3.0", "gir1.2-webkit2-4.1", "python3-keyring",
    "python3-secretstorage", "python3-bottle", "python3-typing-extensions", "desktop-file-utils",
    "hicolor-icon-theme",
)  # fmt: skip
RECOMMENDS = ("gnome-keyring | kwalletmanager | keepassxc", "xdg-utils", "glib-networking")


def app_deb(branding: Branding, when: datetime) -> Deb:
    """The package; raises CannotPackage where a part of it cannot be had."""
    package, words = branding.package, _words(branding, when)
    whose = f"selfserve-app-{branding.app.id}"  # its menu entry, icon and autostart bear the id, whatever its own name
    fields = {
        "Package": package.name,
        "Version": words["VERSION"],
        "Section": "admin",
        "Priority": "optional",
        "Architecture": "all",
        "Maintainer": package.maintainer,
        "Depends": ", ".join(DEPENDS),
        "Recommends": ", ".join(RECOMMENDS),
        "Provides": whose,
        "Conflicts": whose,
        "Replaces": whose,
        "Homepage": package.homepage,
        "Description": f"{package.summary}\n {branding.app.name}: a window on your company's self-service server.\n"
        " .\n It holds no secret of the company; you sign in with your browser.",
    }
    wanted = ("postinst", "prerm") if package.autostart else ("preinst", "postinst", "prerm", "postrm")
    scripts = {name: template(f"app.{name}", words) for name in wanted}
    return Deb(fields, tuple(_files(branding, words, when)), scripts)


_KEEP = "# The file that starts the app at sign-in is dpkg's to see to."
_FORGET = """\
# dpkg alone would leave the file of another version, which starts the app at sign-in, for ever. It may be any version,
# also a later one on the way back; so none is named.
dpkg-maintscript-helper rm_conffile /{place} -- "$@\""""
"""dpkg-maintscript-helper(1): called alike by all scripts but `prerm`."""


def _autostart(branding: Branding) -> str:
    return f"etc/xdg/autostart/{branding.app.id}.desktop"


def _words(branding: Branding, when: datetime) -> dict[str, str]:
    package = branding.package
    return {
        "PACKAGE": package.name,
        "NAME": branding.app.name,
        "SUMMARY": package.summary,
        "SCHEME": branding.app.scheme,
        "AUTOSTART": _KEEP if package.autostart else _FORGET.format(place=_autostart(branding)),
        "VERSION": f"{VERSION}-{package.revision}",
        "MAINTAINER": package.maintainer,
        "DATE": format_datetime(when),
        "DAY": f"{when:%Y-%m-%d}",
    }


def _files(branding: Branding, words: dict[str, str], when: datetime) -> Iterator[File]:
    name, app_id = branding.package.name, branding.app.id
    yield from app_files(f"usr/lib/{name}")
    yield File(f"usr/bin/{name}", template("app.launcher", words).encode(), PROGRAM)
    yield from _brand(branding)
    entry = desktop_entry.entry(branding, name)
    yield File(f"usr/share/applications/{app_id}.desktop", entry.encode())
    page = desktop_entry.metainfo(branding, words["VERSION"], words["DAY"], "stock", name)
    yield File(f"usr/share/metainfo/{app_id}.metainfo.xml", page.encode())
    if branding.package.autostart:
        yield File(_autostart(branding), desktop_entry.autostart(branding, name).encode())
    yield from documents(name, words, "app")
    yield File(f"usr/share/doc/{name}/sbom.cdx.json", sbom(name, words["VERSION"], archives(), when).encode())
    yield File(f"usr/share/man/man1/{name}.1.gz", packed(template("app.1", words)))


def _brand(branding: Branding) -> Iterator[File]:
    name, icon, trusted = branding.package.name, icon_of(branding.app.icon), authorities(branding.app)
    yield File(icon_place(branding.app.id, icon), icon.read_bytes())
    yield File(f"usr/share/{name}/icon{icon.suffix}", icon.read_bytes())
    if trusted:
        yield File(f"usr/share/{name}/ca.pem", trusted)
    text = installed(branding.app, f"icon{icon.suffix}", "ca.pem" if trusted else "")
    yield File(f"usr/share/{name}/brand.toml", text.encode(), PLAIN)


def documents(name: str, words: dict[str, str], kind: str) -> Iterator[File]:
    """What Debian wants to be told about every package: licences and what changed."""
    yield File(f"usr/share/doc/{name}/copyright", template(f"{kind}.copyright", words).encode())
    yield File(f"usr/share/doc/{name}/changelog.Debian.gz", packed(template("changelog", words)))


def packed(text: str) -> bytes:
    """The text as gzip, without name or time of anything."""
    return gzip.compress(text.encode(), 9, mtime=0)
