"""What a machine says about itself on the server: kept while its customer lets it, used for comfort, never as proof."""

from __future__ import annotations

from typing import Any

import pytest

from selfserve.catalog.facts import rule_context
from selfserve.desktop.facts import Facts
from selfserve.people import device_facts
from selfserve.people.device_facts import MachineFacts
from selfserve.requests import asking, offers
from selfserve.requests.refusals import NotAllowed
from selfserve.requests.submit import submit
from selfserve.store.tables import Person, Request
from selfserve.web.pages.item_offer import _this_device
from tests.api.calls import both_stores, refused
from tests.desktop.installation import Installation

MAC = Facts(
    "macos", "Ada's Mac", "C02FERN01", "MacBook Pro", "macOS 15.2", "15.2", "24C101", True, 1 << 37, 1 << 39, 60
)
RULE = 'who: "true"'


def let_tell(home: Installation, login: str = "ada", facts: Facts = MAC) -> tuple[str, str]:
    """An app of somebody's whose machine has said this: its token, and the token's id."""
    told = home.signed_in_app(login)
    answer = home.call("PUT", "/device", told["token"], json=facts.plain())
    assert answer.status_code == 204, answer.text
    return told["token"], home.row().id


@both_stores
def test_what_is_told_is_kept_until_it_is_stopped(home: Installation) -> None:
    """One row, not a history; the trail tells that it was told, and not what."""
    token, app_id = let_tell(home)
    with home.stand.house.database.read() as session:
        assert device_facts.of_app(session, app_id) == MachineFacts.model_validate(MAC.plain())
    assert home.call("DELETE", "/device", token).status_code == 204
    assert home.row().facts is None
    assert home.kinds("device:") == ["device.signed_in", "device.told", "device.untold"]
    assert home.stand.event(f"device:{app_id}", "device.told").data == {}


def test_it_is_gone_with_the_app(home: Installation) -> None:
    """Sign-out leaves nothing of it."""
    token, app_id = let_tell(home)
    assert home.call("DELETE", "/token", token).status_code == 204
    assert home.row().facts is None
    with home.stand.house.database.read() as session:
        assert device_facts.of_app(session, app_id) is None


def test_nobody_who_is_not_signed_in_can_tell(home: Installation) -> None:
    """Nor with a token that was replaced."""
    assert home.call("PUT", "/device", json=MAC.plain()).status_code == 401
    first = home.signed_in_app()["token"]
    second = home.call("POST", "/start", first).json()["token"]
    assert home.call("PUT", "/device", second, json=MAC.plain()).status_code == 204
    assert home.call("PUT", "/device", first, json=MAC.plain()).status_code == 401


@pytest.mark.parametrize(
    "bent",
    [
        {"platform": "plan9"},
        {"serial": "x" * 121},
        {"serial": "turned\u202eround"},
        {"name": "two\nlines"},
        {"serial": None},
        {"encrypted": "perhaps"},
        {"free": -1},
        {"free": 1 << 80},
        {"uptime": 1.5},
        {"owner": "ada"},
        {"proven": True},
    ],
)
def test_a_hostile_machine_is_refused(home: Installation, bent: dict[str, Any]) -> None:
    """Nothing hidden, endless or invented is kept; least of all its own proof, or an owner."""
    token = home.signed_in_app()["token"]
    refused(home.call("PUT", "/device", token, json={**MAC.plain(), **bent}), 422, "malformed")
    assert home.row().facts is None


def test_a_claim_proves_nothing() -> None:
    """Neither that it is true, nor whose it is; what is not known to be encrypted is not."""
    found = device_facts.claim(MachineFacts.model_validate(MAC.plain()))
    assert found is not None
    assert (found["proven"], found["owner"], found["encrypted"]) == (False, "", True)
    unknown = device_facts.claim(MachineFacts(platform="linux"))
    assert unknown is not None
    assert unknown["encrypted"] is False
    assert device_facts.claim(None) is None


def test_a_rule_that_wants_proof_is_not_opened_by_a_claim(home: Installation) -> None:
    """The machine says what the rule wants to hear; without proof it is refused."""
    home.stand.edit("cup", RULE, 'visible: "true"\nwho: device != null && device.proven && device.encrypted')
    _, app_id = let_tell(home)
    with pytest.raises(NotAllowed):
        submit(home.stand.house, customer_id=home.stand.people["ada"], item_id="cup", answers={}, app_id=app_id)


@pytest.mark.parametrize(
    "rule",
    [
        "device != null && (device.proven || device.encrypted)",
        "device != null && !device.proven && device.encrypted",
        "device != null && has(device.proven) && device.encrypted",
    ],
)
def test_no_rule_that_mentions_proof_is_opened_by_a_claim(home: Installation, rule: str) -> None:
    """The catalog takes the rule for what its author may mean by it; a forged claim gets nobody in."""
    home.stand.edit("cup", RULE, f'visible: "true"\nwho: {rule}')
    _, app_id = let_tell(home)
    with pytest.raises(NotAllowed):
        submit(home.stand.house, customer_id=home.stand.people["ada"], item_id="cup", answers={}, app_id=app_id)


@both_stores
def test_a_claim_chooses_nothing_of_what_is_given(home: Installation) -> None:
    """Asked by an app whose machine says that it is encrypted, the step does what it does for a browser."""
    home.stand.edit(
        "cup",
        "thing: cup,",
        "thing: \"${device != null && (device.proven || device.encrypted) ? 'master-key' : 'cup'}\",",
    )
    _, app_id = let_tell(home)
    submit(home.stand.house, customer_id=home.stand.people["ada"], item_id="cup", answers={}, app_id=app_id)
    assert home.stand.shelf.things == {("cup", "ada")}


def test_a_claim_spares_no_decision(home: Installation) -> None:
    """The manager is asked, whatever the machine says of itself."""
    spared = "device == null || !device.encrypted || !device.proven && device.serial == ''"
    home.stand.edit("cup", RULE, f'{RULE}\napprove:\n  - {{when: "{spared}", by: [manager]}}')
    _, app_id = let_tell(home)
    made = submit(home.stand.house, customer_id=home.stand.people["ada"], item_id="cup", answers={}, app_id=app_id)
    with home.stand.house.database.read() as session:
        assert session.get_one(Request, made.id).state == "awaiting_approval"


def test_what_was_claimed_stays_with_the_request(home: Installation) -> None:
    """Rules asked again later see what was true of the ask; from a browser there is none."""
    token, app_id = let_tell(home)
    ada = home.stand.people["ada"]
    made = submit(home.stand.house, customer_id=ada, item_id="cup", answers={}, app_id=app_id)
    home.call("DELETE", "/device", token)
    with home.stand.house.database.read() as session:
        kept = session.get_one(Request, made.id).device
    assert kept is not None
    assert (kept["serial"], kept["proven"]) == ("C02FERN01", False)
    other = submit(home.stand.house, customer_id=home.stand.people["ben"], item_id="cup", answers={})
    with home.stand.house.database.read() as session:
        assert session.get_one(Request, other.id).device is None


def test_who_asks_for_a_colleague_speaks_of_no_machine_of_theirs(home: Installation) -> None:
    """The manager's laptop says nothing about the customer's."""
    _, app_id = let_tell(home, "mara")
    made = submit(
        home.stand.house, customer_id=home.stand.people["ada"], asked_by_id=home.stand.people["mara"], item_id="cup",
        answers={}, app_id=app_id,
    )  # fmt: skip
    with home.stand.house.database.read() as session:
        assert session.get_one(Request, made.id).device is None


def test_visible_may_use_the_claim(home: Installation) -> None:
    """It shows or hides, and opens nothing."""
    home.stand.edit("cup", RULE, f'{RULE}\nvisible: device == null || device.platform == "linux"')
    _, app_id = let_tell(home)
    with home.stand.house.database.read() as session:
        person = session.get_one(Person, home.stand.people["ada"])
        item = asking.item_for(home.stand.house, "cup")
        assert offers.finds(session, home.stand.house, person)(item)
        assert not offers.finds(session, home.stand.house, person, app_id)(item)


def test_this_device_is_what_a_device_field_begins_with(home: Installation) -> None:
    """By serial number, else by name; a browser knows none."""
    home.stand.edit("cup", RULE, f"{RULE}\nform:\n  which: {{type: device, label: Which one?}}")
    item = asking.item_for(home.stand.house, "cup")
    assert _this_device(item, MachineFacts.model_validate(MAC.plain())) == {"which": "C02FERN01"}
    assert _this_device(item, MachineFacts(platform="linux", name="ada-laptop")) == {"which": "ada-laptop"}
    assert _this_device(item, MachineFacts(platform="linux")) == {}
    assert _this_device(item, None) == {}


def test_a_device_field_may_leave_this_device_out(home: Installation) -> None:
    """What was lost or stolen is hardly the computer that tells it, and what follows may erase it."""
    told = "{type: device, label: Which one?, this_device: false}"
    home.stand.edit("cup", RULE, f"{RULE}\nform:\n  which: {told}")
    item = asking.item_for(home.stand.house, "cup")
    assert _this_device(item, MachineFacts.model_validate(MAC.plain())) == {}


def test_platforms_narrow_and_never_refuse(home: Installation) -> None:
    """Left out where it does not fit, and to be asked for all the same; without a machine everything fits."""
    home.stand.edit("cup", RULE, f"{RULE}\nplatforms: [linux, windows]")
    item = asking.item_for(home.stand.house, "cup")
    assert (item.fits("macos"), item.fits("linux"), item.fits("")) == (False, True, True)
    _, app_id = let_tell(home)
    with home.stand.house.database.read() as session:
        assert offers.platform(session, app_id) == "macos"
        assert offers.platform(session, None) == ""
    made = submit(home.stand.house, customer_id=home.stand.people["ada"], item_id="cup", answers={}, app_id=app_id)
    assert made.fresh


def test_items_without_platforms_keep_their_version(home: Installation) -> None:
    """The new key changes the digest of no item that does not use it."""
    item = asking.item_for(home.stand.house, "cup")
    assert "platforms" not in item.canonical()
    context = rule_context(item, {}, now=home.stand.clock())  # type: ignore[typeddict-item]
    assert context["device"] is None


def test_the_apps_own_words_fit_the_server() -> None:
    """Each fact the app knows is one the server takes, and no other."""
    assert set(MAC.plain()) == set(MachineFacts.model_fields)


@pytest.mark.parametrize("day", ["0001-01-01T00:00:00", "9999-12-31T23:59:59.999999"])
@pytest.mark.parametrize("zone", ["+00:00", "Z", "+14:00", "-12:00", "+23:59", "-23:59"])
def test_notices_since_the_calendars_edge_are_answered_or_refused(home: Installation, day: str, zone: str) -> None:
    """No moment that an app may give breaks anything."""
    token = home.signed_in_app()["token"]
    answer = home.call("GET", "/notices", token, params={"after": day + zone})
    if answer.status_code != 200:
        refused(answer, 422)
