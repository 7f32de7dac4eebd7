"""In which language the app speaks: that of the system, as far as it is one of ours."""

from __future__ import annotations

import locale
import os
import subprocess
import sys
from collections.abc import Mapping
from dataclasses import dataclass

from selfserve.desktop.wordings import WORDS

LANGUAGES = ("en", "de")
"""In the order of the table."""


@dataclass(frozen=True)
class Speaker:
    """Says the app's own words in one language."""

    language: str = "en"

    def say(self, key: str, **values: object) -> str:
        """The sentence of `key` with `values` at its `{names}`."""
        words = WORDS[key][LANGUAGES.index(self.language)]
        return words.format(**values)


def language(environ: Mapping[str, str], platform: str = sys.platform) -> str:
    """The language of the system as far as the app speaks it; English else."""
    named = next((environ[name] for name in ("LANGUAGE", "LC_ALL", "LC_MESSAGES", "LANG") if environ.get(name)), "")
    if not named and platform == "darwin":
        named = _of_the_mac()
    elif not named and platform == "win32":
        named = (locale.getlocale()[0] or "").replace("German", "de")
    first = named.split(":")[0][:2].lower()
    return first if first in LANGUAGES else LANGUAGES[0]


def _of_the_mac() -> str:
    """Programs started from the Dock have no LANG; the first preferred language stands in the defaults."""
    try:
        told = subprocess.run(
            ["/usr/bin/defaults", "read", "-g", "AppleLocale"], capture_output=True, text=True, timeout=2, check=False
        )
    except (OSError, subprocess.TimeoutExpired):
        return ""
    return told.stdout.strip()


def of_system() -> Speaker:
    """Who speaks here."""
    return Speaker(language(os.environ))
