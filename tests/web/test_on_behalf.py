"""Whoever leads somebody and acts for them reads of them by their name, and never that they have it themselves."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import timedelta

import sqlalchemy as sa

from selfserve.requests.submit import Submitted, submit
from selfserve.store.tables import Grant, Request
from selfserve.web.parts.dialog import Dialog
from selfserve.web.parts.form import Form
from tests.web.conftest import Calls, Visitor
from tests.web.stand import PageStand
from tests.web.waiting import until

WHY = {"reason": "Forecast for the design budget."}


def _for_jonas(
    stand: PageStand,
    item: str = "vpn-access",
    answers: Mapping[str, object] | None = None,
    *,
    though_held: bool = False,
) -> Submitted:
    return submit(
        stand.house,
        customer_id=stand.id("jonas"),
        asked_by_id=stand.id("tomas"),
        item_id=item,
        answers=answers or {},
        though_held=though_held,
    )


def _asked(told: Calls) -> dict[str, str]:
    question = next(args[0] for name, args in told if name == "ask")
    assert isinstance(question, dict)
    return question


async def test_a_manager_reads_who_has_it(visitor: Visitor, stand: PageStand) -> None:
    """Jonas has it, not Tomás, who asked; Jonas himself, who reads German, that he does."""
    name = _for_jonas(stand).name
    tomas, jonas = visitor("tomas"), visitor("jonas")
    await tomas.open(f"/requests/{name}")
    await tomas.should_see("Jonas has this until")
    await tomas.should_not_see("You have this")
    await jonas.open(f"/requests/{name}")
    await jonas.should_see("Das hast du, bis")


async def test_a_manager_who_gives_it_back_is_asked_about_the_customer(
    visitor: Visitor, stand: PageStand, told: Calls
) -> None:
    """The dialog says whom it is taken back from, and for whom it can be asked for again."""
    tomas = visitor("tomas")
    await tomas.open(f"/requests/{_for_jonas(stand).name}")
    tomas.find(marker="give-it-back").click()
    await until(lambda: any(name == "ask" for name, _ in told))
    words = "It is taken back from Jonas Müller now. You can ask for it again for them at any time."
    assert _asked(told)["words"] == words


async def test_a_manager_who_gives_all_of_it_back_reads_whose_it_is(
    visitor: Visitor, stand: PageStand, told: Calls
) -> None:
    """Asked for twice by the manager: Jonas has it because of the other as well."""
    first = _for_jonas(stand).name
    with stand.house.database.write() as session:
        session.execute(sa.update(Request).values(asked_at=stand.house.now() - timedelta(days=1)))
    second = _for_jonas(stand, though_held=True)
    tomas = visitor("tomas")
    await tomas.open(f"/requests/{second.name}")
    tomas.find(marker="give-it-back").click()
    await until(lambda: any(name == "ask" for name, _ in told))
    question = _asked(told)
    assert question["words"].startswith(f"Jonas Müller has it because of {first} as well.")
    tomas.find(Dialog).trigger("sure", question["name"])
    await tomas.should_see("You gave it back", retries=60)


async def test_a_manager_who_cancels_or_extends_is_asked_about_the_customer(
    visitor: Visitor, stand: PageStand, told: Calls
) -> None:
    """Nobody is told that Tomás does not want it, or has it for longer."""
    tomas = visitor("tomas")
    await tomas.open(f"/requests/{_for_jonas(stand, 'finance-reports', WHY).name}")
    tomas.find(marker="cancel-the-request").click()
    await until(lambda: any(name == "ask" for name, _ in told))
    assert _asked(told)["words"].endswith("What Jonas Müller has already is taken back.")
    told.clear()
    name = _for_jonas(stand).name
    with stand.house.database.write() as session:
        session.execute(sa.update(Grant).values(ends_at=stand.house.now() + timedelta(days=2)))
    await tomas.open(f"/requests/{name}")
    tomas.find(marker="extend").click()
    await until(lambda: any(name == "ask" for name, _ in told))
    assert _asked(told)["words"].startswith("Jonas Müller has it until ")


async def test_what_happens_next_speaks_of_who_it_is_for(visitor: Visitor) -> None:
    """Tomás picks Jonas, and the aside says what Jonas gets; empty again, it speaks of Tomás."""
    tomas = visitor("tomas")
    await tomas.open("/items/vpn-access")
    await tomas.should_see("You get access to the VPN")
    tomas.find(Form).trigger("changed", {"_for": "person-jonas"})
    await tomas.should_see("Jonas gets access to the VPN", retries=60)
    await tomas.should_see("Jonas has it")
    await tomas.should_see("Jonas can extend it, and so can you.")
    await tomas.should_not_see("You have it")
    await tomas.should_not_see("Connect with the VPN app that is on your laptop")
    tomas.find(Form).trigger("changed", {"_for": ""})
    await tomas.should_see("You get access to the VPN", retries=60)


async def test_what_happens_next_forgets_who_it_was_for(visitor: Visitor, told: Calls) -> None:
    """Not named any more in what the form tells, or named as nobody can be: it speaks of Tomás again, and the name is
    told to be wrong where it stands, but not what was left empty."""
    tomas = visitor("tomas")
    await tomas.open("/items/vpn-access")
    wrong = "You can ask for yourself and for people you lead. Choose somebody from the list."
    for after, judged in (({}, []), ({"_for": "Nobody at all"}, [("_for", "Nobody at all", wrong)])):
        tomas.find(Form).trigger("changed", {"_for": "person-jonas"})
        await tomas.should_see("Jonas gets access to the VPN", retries=60)
        tomas.find(Form).trigger("changed", after)
        await tomas.should_see("You get access to the VPN", retries=60)
        await tomas.should_not_see("Jonas has it")
        await until(lambda judged=judged: [args for name, args in told if name == "judge"] == judged)  # type: ignore[misc]


async def test_who_has_to_be_named_is_not_yet_a_mistake(visitor: Visitor, told: Calls) -> None:
    """Ingrid may ask for a Figma seat for others alone: nobody named is told at the end, nobody's name at once."""
    ingrid = visitor("ingrid")
    await ingrid.open("/items/figma-editor")
    reason = {"reason": "Screens", "how_long": "week"}
    ingrid.find(Form).trigger("changed", {"_for": "person-jonas", **reason})
    await ingrid.should_see("Jonas hat es", retries=60)
    ingrid.find(Form).trigger("changed", {"_for": "", **reason})
    await ingrid.should_see("Es wird geprüft", retries=60)
    await ingrid.should_not_see("Jonas hat es")
    assert not [name for name, _ in told if name == "judge"]
    ingrid.find(Form).trigger("changed", {"_for": "Niemand", **reason})
    await until(lambda: any(name == "judge" for name, _ in told))
    wrong = "Du kannst für dich selbst fragen und für Leute, die du führst. Wähle jemanden aus der Liste."
    assert told[-1] == ("judge", ("_for", "Niemand", wrong))


async def test_what_a_connector_says_to_its_customer_is_not_told_to_another(visitor: Visitor) -> None:
    """An item that does not say what it gives: the connector's own words are for whoever has it."""
    tomas = visitor("tomas")
    await tomas.open("/items/figma-editor")
    tomas.find(Form).trigger("changed", {"_for": "person-jonas", "reason": "Screens", "how_long": "week"})
    await tomas.should_see("It is done for Jonas", retries=60)
    await tomas.should_see("Jonas has it")
    await tomas.should_not_see("You get a seat")
