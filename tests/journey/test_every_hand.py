"""One laptop from the asking to the smile, by mouse and by keys alone, on a desk and on a phone, in both languages."""

from __future__ import annotations

import re
from dataclasses import dataclass

import pytest
from playwright.sync_api import Locator, ViewportSize, expect
from tests.journey.conftest import Visitor
from tests.journey.hands import Hands

DESK, PHONE = ViewportSize(width=1280, height=860), ViewportSize(width=360, height=780)


@dataclass(frozen=True, slots=True)
class Way:
    """Who takes part and how. The customers of the desks and phones differ, since a laptop is asked for once."""

    customer: str
    approver: str
    staff: str
    size: ViewportSize
    keyboard: bool


WAYS = {
    "mouse-desk-english": Way("ana", "tomas", "ruth", DESK, keyboard=False),
    "keys-desk-german": Way("clara", "ingrid", "emil", DESK, keyboard=True),
    "keys-phone-english": Way("lukas", "priya", "ruth", PHONE, keyboard=True),
    "mouse-phone-german": Way("jonas", "tomas", "emil", PHONE, keyboard=False),
}


@pytest.mark.parametrize("way", WAYS.values(), ids=WAYS)
def test_everybody_gets_through(visitor: Visitor, way: Way) -> None:
    """Customer, approver, staff and admin, each with what they have."""

    def hands(login: str) -> Hands:
        page = visitor(login)
        page.set_viewport_size(way.size)
        return Hands(page, login, keyboard=way.keyboard)

    customer = hands(way.customer)
    _ask(customer)
    _approve(hands(way.approver), customer.name)
    _do(hands(way.staff), customer.name)
    expect(customer.page.locator(".s-pill.s-tone-ok")).to_be_visible()
    _smile(customer)
    _look_after(hands("tove"))


def _ask(customer: Hands) -> None:
    customer.write(customer.page.get_by_role("searchbox"), "laptop")
    customer.press(customer.page.locator("a.s-card[href='/items/new-laptop']"))
    expect(customer.page).to_have_url(re.compile("/items/new-laptop"))
    customer.write(customer.page.locator("textarea").first, "It fell into the sea.")
    customer.press(customer.button("Request it"))
    expect(customer.page).to_have_url(re.compile("/requests/R-"))
    customer.go("/requests")
    expect(customer.page.get_by_role("heading", level=1)).to_have_text(customer.words("My requests"))
    customer.press(customer.page.locator("a.s-row").first)
    expect(customer.page).to_have_url(re.compile("/requests/R-"))


def _approve(approver: Hands, whose: str) -> None:
    approver.go("/approvals")
    card = approver.page.locator("section[data-keys]").filter(has_text=whose)
    approver.write(card.locator("textarea"), "Yes.")
    approver.press(card.get_by_role("button", name=approver.words("Approve")))
    expect(card).to_have_count(0)


def _do(staff: Hands, whose: str) -> None:
    staff.go("/desk")
    staff.press(staff.page.locator("a.s-row").filter(has_text=whose))
    expect(staff.page).to_have_url(re.compile(r"/desk/\w"))
    staff.press(staff.button("Take it"))
    expect(staff.button("Take it")).to_have_count(0)
    form = staff.part("Done by hand")
    for field in _each(form.locator("input[aria-required=true]")):
        staff.write(field, "C02-4711")
    for box in _each(form.locator("input[type=checkbox]")):
        staff.tick(box)
    staff.press(form.get_by_role("button", name=staff.words("It is done")))
    expect(staff.page.get_by_text(staff.words("This case is closed. Nothing is left to do."))).to_be_visible()


def _smile(customer: Hands) -> None:
    customer.press(customer.page.locator(".s-face").first)
    expect(customer.page.locator(".s-face").first).to_have_attribute("aria-pressed", "true")


def _look_after(admin: Hands) -> None:
    admin.go("/health")
    expect(admin.page.get_by_role("heading", level=1)).to_have_text(admin.words("Health"))
    admin.press(admin.button("Look again"))
    expect(admin.part("Connectors")).to_be_visible()


def _each(found: Locator) -> list[Locator]:
    expect(found.first).to_be_visible()
    return found.all()
