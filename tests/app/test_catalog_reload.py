"""The catalog follows its files while the installation runs; a broken edit changes nothing, and staff are told."""

from __future__ import annotations

from tests.app.installation import Installation, told

from selfserve.app import App

TECHOPS = "techops@fernhill.example"
TITLE = "The catalog has a mistake, so the last edit is not served"


def test_a_good_edit_is_served_at_once(place: Installation, app: App) -> None:
    """The next look at the files finds it, and nobody is told."""
    _edit(place, "Slack", "Chat")

    assert app.house.catalog.refresh()
    assert "Chat" in app.house.catalog.current.items["slack-app"].name
    assert told(app, mailbox=TECHOPS) == []


def test_a_broken_edit_keeps_the_last_version_and_tells_staff_once(place: Installation, app: App) -> None:
    """Mailbox and members hear of it; however often, and by however many processes, it is looked at."""
    good = app.house.catalog.current
    web = place.build(works=False)
    _edit(place, "risk: low", "risk: none")

    for _ in range(3):
        for process in (app, web):
            assert not process.house.catalog.refresh(force=True)
    assert app.house.catalog.current is good
    assert told(app, mailbox=TECHOPS) == [TITLE]
    assert told(app, login="ruth") == [TITLE]
    web.stop()


def test_the_same_mistake_made_again_is_told_again(place: Installation, app: App) -> None:
    """It was mended in between, so it is another edit."""
    for _ in range(2):
        _edit(place, "risk: low", "risk: none")
        assert not app.house.catalog.refresh()
        _edit(place, "risk: none", "risk: low")
        assert app.house.catalog.refresh()

    assert told(app, mailbox=TECHOPS) == [TITLE, TITLE]
    assert app.house.catalog.problems == ()


def _edit(place: Installation, before: str, after: str) -> None:
    item = place.folder / "catalog" / "items" / "slack-app.yaml"
    text = item.read_text()
    assert before in text
    item.write_text(text.replace(before, after))
