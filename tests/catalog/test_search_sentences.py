"""The catalog that comes with selfserve, asked as people ask: whole sentences, in both languages, typed badly too."""

from __future__ import annotations

import pytest
from tests.catalog.folders import HOUSE, good

INDEX = good(HOUSE).search

SENTENCES = {
    "network-trouble": (
        "wlan geht nicht",
        "Mein WLAN geht gerade gar nicht",
        "wlan geht niht",
        "internet geht nicht",
        "kein internet",
        "wifi does not work",
        "my wifi is not working",
        "internet is slow",
        "the video call stutters",
        "Videoanruf ruckelt",
    ),
    "vpn-access": (
        "vpn geht nicht",
        "mein vpn funktioniert nicht mehr",
        "VPN doesn't work",
        "von zuhause arbeiten",
        "I need to work from home",
        "vpm",
    ),
    "unlock-account": (
        "kann mich nicht einloggen",
        "ich kann mich leider nicht mehr anmelden",
        "einlogen geht nicht",
        "anmeldung geht nicht",
        "konto gesperrt",
        "I cannot log in",
        "my login is not working",
        "I can't get into my email",
        "I can't get into my account",
        "my email is not working",
        "can't open outlook",
        "I typed my password wrong too often",
        "komme nicht in mein Konto",
        "ich komme nicht mehr in meine E-Mails",
        "kein Zugriff auf mein Konto",
        "E-Mail geht nicht",
        "Passwort zu oft falsch eingegeben",
    ),
    "reset-password": (
        "ich habe mein passwort vergessen",
        "passwort vergesen",
        "neues passwort bitte",
        "forgot my pasword",
        "how do I change my password",
        "mein Passwort geht nicht",
    ),
    "repair-device": (
        "mein laptop ist kaputt",
        "my laptop is broken",
        "laptop startet nicht",
        "my laptop won't turn on",
        "mein laptop ist langsam",
        "my screen stays black",
        "Bildschirm bleibt schwarz",
    ),
    "new-laptop": ("ich brauche bitte einen neuen laptop", "need a new labtop please"),
    "lost-device": ("mein laptop wurde gestohlen", "I lost my phone", "Handy ist weg"),
    "new-phone-sign-in": ("ich habe ein neues handy",),
    "desk-equipment": ("brauche einen zweiten monitor", "I need a second screen"),
    "guest-wifi": ("wlan für besuch", "guest wifi password"),
    "guest-account": ("intern", "a contractor needs an account"),
    "new-colleague": (
        "neuer kollege fängt an",
        "new colleague starts on monday",
        "somebody new joins my team",
        "ein Azubi fängt an",
    ),
    "leaving-colleague": (
        "Kollege geht",
        "eine Kollegin geht",
        "ein Mitarbeiter kündigt",
        "mein Kollege hört auf",
        "ein Kollege verlässt uns",
        "a colleague is going",
        "an employee quits",
        "somebody in my team is leaving",
    ),
    "legacy-crm": ("zugriff auf kundendaten",),
    "figma-editor": ("figma lizenz", "i need figma please"),
    "zoom-pro": ("zoom geht nicht",),
    "new-software": ("software kaufen",),
}


@pytest.mark.parametrize(("said", "meant"), [(said, item) for item, all_of in SENTENCES.items() for said in all_of])
def test_a_sentence_finds_first_what_it_is_about(said: str, meant: str) -> None:
    """What is named wins over words that every sentence has."""
    assert [hit.item.id for hit in INDEX.search(said)][:1] == [meant]


@pytest.mark.parametrize(
    "padding", ["bitte {}", "ich brauche {}", "{} geht nicht", "my {} doesn't work", "please help with {}"]
)
def test_words_without_a_meaning_of_their_own_change_nothing_of_what_is_found(padding: str) -> None:
    """The things found for a name are those found for a sentence around it."""
    for name in ("figma", "slack", "vpn", "wiki"):
        alone = [hit.item.id for hit in INDEX.search(name)]
        assert [hit.item.id for hit in INDEX.search(padding.format(name))] == alone
