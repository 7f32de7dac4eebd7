"""Mails as they are drawn, as states of pages in a folder."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime
from pathlib import Path

from tests.settings.samples import settings
from tests.web.states import State

from selfserve.languages.reader import Reader
from selfserve.notify.mail import Addressee, Letter, compose

SETTINGS = settings(
    mail={"sender": "help@fernhill.example"},
    company={"name": "Fernhill", "support": "Call 4357, or come to the TechOps desk on the second floor."},
    brand={"name": "Fernhill Help", "links": {"Call 4357": "tel:4357"}},
)
NEWS = (
    Letter("a", "VPN access is ready to use", "You have access to the VPN until 24 December.", "/requests/R-7K3F"),
    Letter("b", "Tomás Reyes has a question about “Finance reports”", "Which cost centre?", "/requests/R-TX39P"),
    Letter("c", "Zoom Pro ends in 7 days", "Extend it if you still need it.", "/requests/R-8M4G"),
)


def mails(folder: Path) -> list[State]:
    """One notice, and a digest."""
    return [_kept(folder, "mail", NEWS[:1]), _kept(folder, "mail-digest", NEWS)]


def _kept(folder: Path, name: str, letters: Sequence[Letter]) -> State:
    to = Addressee("ana@fernhill.example", "Ana Sousa", "Ana", Reader())
    body = compose(SETTINGS, to, letters, datetime(2026, 11, 24, 9, 0, tzinfo=UTC)).get_body(("html",))
    assert body is not None
    place = folder / f"{name}.html"
    place.write_text(str(body.get_content()), encoding="utf-8")
    return State(name, "", place.as_uri())
