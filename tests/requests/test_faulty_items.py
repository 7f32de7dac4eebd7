"""What an item's own rules or arguments fail at is told to the team that owns it, before anybody reads that it was."""

from __future__ import annotations

import pytest
import sqlalchemy as sa
from structlog.testing import capture_logs
from tests.stand.house import Stand

from selfserve.requests import offers
from selfserve.requests.decide import Say
from selfserve.requests.plan import plan
from selfserve.requests.refusals import NotAllowed, NotFound, NotPossible, Refusal
from selfserve.store.states import RequestState
from selfserve.store.tables import Notice

DENIED = "This could not be worked out for you, so it is not given. The team has been told."
NOT_SET_UP = "This item is not set up rightly; the team that owns it has been told."
FAILING = 'customer.groups[99] == "x"'


def told(stand: Stand) -> list[Notice]:
    """What the mailboxes of teams were told of failing items, oldest first."""
    with stand.house.database.read() as session:
        about = sa.select(Notice).where(Notice.event.startswith("item:fault:"), Notice.mailbox != "")
        return list(session.scalars(about.order_by(Notice.made_at, Notice.id)))


def refused(stand: Stand, kind: type[Refusal] = Refusal, who: str = "ada") -> str:
    """What somebody reads who asks for a lamp in vain."""
    with pytest.raises(kind) as found:
        stand.ask(who, "lamp")
    return str(found.value)


def test_arguments_that_do_not_fit_are_told_to_the_owning_team(stand: Stand) -> None:
    """By mail to its mailbox and in the app to each member: the file, the argument, what is wrong, and for whom."""
    stand.edit("lamp", "thing: lamp", "thing: \"${customer.department == 'Design' ? 7 : 'lamp'}\"")
    assert refused(stand) == NOT_SET_UP
    (notice,) = told(stand)
    assert (notice.mailbox, notice.mail, notice.urgent) == ("techops@fern.example", "waiting", True)
    assert notice.title == "“Lamp” does not work as its file says"
    where, who = notice.body.split("\n")
    assert where == 'items/lamp.yaml:17:19: "shelf.put" refuses thing as it came out: This is to be a text.'
    assert who == (
        "Ada Fern could not get it because of this; nor can anybody else it fails for, until it is mended."
    )  # fmt: skip
    assert stand.notices("tess") == stand.notices("theo") == [notice.title]


@pytest.mark.parametrize(
    ("before", "after"),
    [
        ('who: "true"', f"who: '{FAILING}'\nvisible: true"),
        ('"${customer.login}"', '"${customer.groups[99]}"'),
        ("fulfil:", f"approve:\n  - when: '{FAILING}'\n    by: [team:designers]\nfulfil:"),
        ("ends: 8h", "ends: 'customer.groups[99] == \"x\" ? now : now'"),
    ],
    ids=["who", "argument", "when", "ends"],
)
def test_a_rule_that_fails_denies_and_its_team_is_told(stand: Stand, before: str, after: str) -> None:
    """Whichever rule it is: what was asked is not given, and the mail names the rule and why it failed."""
    stand.edit("lamp", before, after)
    with capture_logs() as logs:
        assert refused(stand, NotAllowed) == DENIED
    assert [line["event"] for line in logs] == ["rule_failed"]
    (notice,) = told(stand)
    assert "items/lamp.yaml:" in notice.body
    assert "customer.groups[99]" in notice.body
    assert "Ada Fern" in notice.body
    assert not stand.grants("ada")


def test_a_rule_that_fails_hides_the_item_and_its_team_is_told(stand: Stand) -> None:
    """The customer learns nothing of it; the team learns it from whoever looks first."""
    stand.edit("lamp", 'who: "true"', f"who: '{FAILING}'")
    assert "lamp" not in {item.id for item in offers.find(stand.house, stand.people["ada"])}
    assert len(told(stand)) == 1
    assert refused(stand, NotFound) == "This is not in the catalog."
    assert len(told(stand)) == 1


def test_a_fault_is_told_once_a_day_and_for_each_version_of_the_item(stand: Stand) -> None:
    """Seventy people who ask are no seventy mails; what was mended wrongly, or is still there tomorrow, is told."""
    stand.edit("lamp", 'who: "true"', f"who: '{FAILING}'\nvisible: true")
    for who in ("ada", "ben", "eli", "ada"):
        assert refused(stand, NotAllowed, who) == DENIED
    assert len(told(stand)) == 1
    stand.edit("lamp", "groups[99]", "groups[98]")
    refused(stand, NotAllowed)
    assert len(told(stand)) == 2
    stand.pass_time(days=1)
    refused(stand, NotAllowed)
    assert len(told(stand)) == 3


def test_what_would_happen_is_told_as_it_would_be(stand: Stand) -> None:
    """Who only looks at what would happen is told that it cannot be, and the team knows before anybody asks."""
    stand.edit("lamp", '"${customer.login}"', '"${customer.groups[99]}"')
    (act,) = plan(stand.house, customer_id=stand.people["ada"], item_id="lamp", answers={}).acts
    assert (act.blocked, act.for_good) == (DENIED, True)
    assert len(told(stand)) == 1


def test_a_rule_that_fails_at_the_decision_denies_and_tells(stand: Stand) -> None:
    """The one that was asked for by a rule which stood up, and is decided by one that does not."""
    made = stand.ask("ada", "screen")
    stand.edit("screen", 'who: "true"', f"who: '{FAILING}'")
    with pytest.raises(NotPossible, match="The team has been told"):
        stand.decide("dora", made.id, Say.APPROVE)
    assert stand.request(made.id).state == RequestState.DENIED
    assert stand.request(made.id).words == DENIED
    (notice,) = told(stand)
    assert "Ada Fern" in notice.body


def test_a_rule_that_fails_before_the_work_begins_denies_and_tells(stand: Stand) -> None:
    """It was asked for, and waits in the queue, when the rule changes to one that fails."""
    stand.shelf.offline = True
    made = stand.ask("ada", "lamp")
    stand.edit("lamp", 'who: "true"', f"who: '{FAILING}'")
    stand.shelf.offline = False
    stand.pass_time(minutes=2)
    assert stand.request(made.id).words == DENIED
    assert len(told(stand)) == 1


def test_arguments_that_do_not_fit_at_the_decision_are_told(stand: Stand) -> None:
    """The approver reads that the team was told, and it was; the request waits for them still."""
    stand.edit("screen", '"${customer.login}"', "\"${customer.department == 'Sales' ? 7 : customer.login}\"")
    made = stand.ask("ada", "screen")
    stand.change("ada", department="Sales")
    with pytest.raises(Refusal, match=f"^{NOT_SET_UP}$"):
        stand.decide("dora", made.id, Say.APPROVE)
    assert len(told(stand)) == 1
    assert stand.request(made.id).state == RequestState.AWAITING_APPROVAL
