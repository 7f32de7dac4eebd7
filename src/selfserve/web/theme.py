"""How pages look in one company: addresses of the static files, the brand's accent, what every head holds."""

from __future__ import annotations

import hashlib
from functools import cache
from pathlib import Path

from markupsafe import Markup
from nicegui import __version__ as nicegui_version

from selfserve.settings.colours import readable

STATIC = Path(__file__).parent / "static"
ACCENT_ON_LIGHT = "#f7f7f8"
ACCENT_ON_DARK = "#0d0e11"
EASY_ON_LIGHT, EASY_ON_DARK = 5.4, 8.0
"""More than that, since counts and pills stand on a tint of the accent itself, which costs contrast."""


@cache
def asset(name: str) -> str:
    """The address of a static file, changed whenever its content is, so that browsers may keep it for ever."""
    digest = hashlib.sha256((STATIC / name).read_bytes()).hexdigest()[:12]
    return f"/static/{name}?v={digest}"


def head(accent: str) -> str:
    """What stands in the head of every page; no script."""
    light = readable(accent, ACCENT_ON_LIGHT, EASY_ON_LIGHT)
    dark = readable(accent, ACCENT_ON_DARK, EASY_ON_DARK)
    made = Markup(
        '<link rel="preload" href="{font}" as="font" type="font/woff2" crossorigin>'
        '<link rel="stylesheet" href="{css}">'
        '<meta name="theme-color" content="#f7f7f8" media="(prefers-color-scheme: light)">'
        '<meta name="theme-color" content="#0d0e11" media="(prefers-color-scheme: dark)">'
        "<style>:root{{--brand-accent:{light};--brand-accent-dark:{dark}}}</style>"
    ).format(font="/static/inter.woff2", css=asset("app.css"), light=light, dark=dark)
    return str(made)


def ahead(language: str) -> str:
    """What lets a browser fetch at once the scripts that NiceGUI names last, or only in another script.

    They are many and wait for each other; the page stands when the last has run. `language` is that of the page.
    """
    base = f"/_nicegui/{nicegui_version}/static"
    scripts = ("quasar.umd.prod.js", "nicegui.js", "socket.io.min.js", f"lang/{language}.umd.prod.js")
    made = Markup("").join(Markup('<link rel="preload" href="{}/{}" as="script">').format(base, one) for one in scripts)
    return str(made + Markup('<link rel="modulepreload" href="{}/dompurify.mjs">').format(base))


LOOK_COOKIE = "selfserve-appearance"


def boot(words: str, look: str = "") -> str:
    """What is seen until the page is: the frame's outlines and `words`, gone as soon as the page stands; in the look
    that was chosen, where it is a known one."""
    chosen = look if look in ("light", "dark") else "system"
    made = Markup(
        '<div id="s-boot" data-look="{}"><p>{}</p><div class="s-skeleton"><i></i><i></i><i></i></div></div>'
    ).format(chosen, words)
    return str(made)
