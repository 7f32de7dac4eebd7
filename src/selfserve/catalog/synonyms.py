"""What people say for what a catalog calls otherwise, in English and German."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Final

from selfserve.catalog.folding import Phrase, phrase

_GROUPS: Final = """
unlock, locked, locked out, cannot log in, cannot login, cannot logon, cannot sign in, account blocked, account
disabled, too many attempts, gesperrt, entsperren, ausgesperrt, kann mich nicht anmelden, kann mich nicht
einloggen, keine anmeldung, kein login, komme nicht rein, konto gesperrt;
password, forgot password, forgotten password, passwort, kennwort, passwort vergessen, pw, passphrase, cannot log
in, cannot sign in, kann mich nicht anmelden, kann mich nicht einloggen;
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
    """Groups of sayings, looked up as phrases. `longest` is the number of words in the longest saying."""

    by_phrase: dict[Phrase, tuple[frozenset[str], ...]]
    longest: int

    @classmethod
    def of(cls, groups: Iterable[Iterable[str]]) -> Sayings:
        """The look-up over `groups`; a saying may be in several, and one without a meaning of its own is in none."""
        found: dict[Phrase, list[frozenset[str]]] = {}
        for group in groups:
            said = {one for one in map(phrase, group) if one is not None}
            single = frozenset(parts[0] for parts, fails in said if len(parts) == 1 and not fails)
            for one in said:
                found.setdefault(one, []).append(single)
        longest = max((len(parts) for parts, _ in found), default=0)
        return cls({one: tuple(singles) for one, singles in found.items()}, longest)

    def words(self) -> list[str]:
        """The sayings of one word."""
        return [parts[0] for parts, fails in self.by_phrase if len(parts) == 1 and not fails]

    def meanings(self, saying: Phrase) -> dict[str, float]:
        """The single words that mean the same as `saying`, with how surely: an earlier group counts a little more."""
        found: dict[str, float] = {}
        parts, fails = saying
        for rank, group in enumerate(self.by_phrase.get(saying, ())):
            for word in group if fails else group - set(parts):
                found.setdefault(word, 0.9**rank)
        return found
