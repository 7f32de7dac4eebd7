"""What people say for what a catalog calls otherwise, in English and German."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Final

from selfserve.catalog.folding import words

_GROUPS: Final = """
unlock, locked, locked out, cannot log in, cant log in, cannot login, cant login, cannot sign in, cant sign in,
login not working, account blocked, account disabled, too many attempts, gesperrt, entsperren, ausgesperrt, kann
mich nicht anmelden, anmelden geht nicht, konto gesperrt, login geht nicht;
password, forgot password, forgotten password, passwort, kennwort, passwort vergessen, pw, passphrase, cannot log
in, cant log in, cannot sign in, kann mich nicht anmelden;
laptop, notebook, computer, macbook, thinkpad, rechner, pc;
wifi, wlan, wi fi, wireless, hotspot, guest internet, gast internet;
vpn, remote access, home office, homeoffice, fernzugriff, tunnel, von zuhause, from home;
licence, license, seat, lizenz;
access, permission, permissions, rights, membership, zugriff, zugang, berechtigung, rechte;
install, software, app, application, program, programm, installieren, anwendung;
browser, web browser, internet browser;
ide, code editor, entwicklungsumgebung, intellij, pycharm, webstorm;
video call, meeting, conference, videokonferenz, besprechung, zoom;
chat, messenger, messaging, nachrichten;
documentation, wiki, docs, knowledge base, handbuch, dokumentation;
report, reports, figures, berichte, zahlen, auswertung;
repository, repositories, repo, source code, git, quellcode;
design, mockup, prototype, entwurf, gestaltung;
customer data, crm, kundendaten, kunden;
welcome, onboarding, starter, first day, einarbeitung, erster tag;
monitor, screen, display, bildschirm;
visitor, guest, besucher, gast;
two factor, 2fa, mfa, second factor, authenticator, zweiter faktor
"""
BUILT_IN: Final[tuple[tuple[str, ...], ...]] = tuple(
    tuple(saying.strip() for saying in group.split(",")) for group in _GROUPS.split(";")
)
"""Groups of sayings that mean each other; a saying in two groups means the first one rather."""


@dataclass(frozen=True, slots=True)
class Sayings:
    """Groups of sayings, looked up by their words. `longest` is the number of words in the longest saying."""

    by_words: dict[tuple[str, ...], tuple[frozenset[str], ...]]
    longest: int

    @classmethod
    def of(cls, groups: Iterable[Iterable[str]]) -> Sayings:
        """The look-up over `groups`; a saying may be in several."""
        found: dict[tuple[str, ...], list[frozenset[str]]] = {}
        for group in groups:
            said = {tuple(words(saying)) for saying in group} - {()}
            single = frozenset(saying[0] for saying in said if len(saying) == 1)
            for saying in said:
                found.setdefault(saying, []).append(single)
        longest = max(map(len, found), default=0)
        return cls({saying: tuple(singles) for saying, singles in found.items()}, longest)

    def meanings(self, saying: tuple[str, ...]) -> dict[str, float]:
        """The single words that mean the same as `saying`, with how surely: an earlier group counts a little more."""
        found: dict[str, float] = {}
        for rank, group in enumerate(self.by_words.get(saying, ())):
            for word in group - set(saying):
                found.setdefault(word, 0.9**rank)
        return found
