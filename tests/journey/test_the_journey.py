"""The whole way in real browsers: customer, manager and staff, each at their own, none of them reloading a page."""

from __future__ import annotations

import re

from playwright.sync_api import Page, expect
from tests.journey.conftest import Visitor


def test_from_sign_in_to_sign_out(visitor: Visitor) -> None:
    """Asked and done at once; asked, decided and done; stuck, done by hand and told; and out again."""
    lukas = visitor("lukas")
    _ask(lukas, "gest wfii", "Guest Wi-Fi", {"For how long?": "2"}, "Get it now")
    expect(lukas.get_by_text("Ready to use").first).to_be_visible()

    _ask(
        lukas,
        "finance reprots",
        "Finance reports",
        {"What do you need the figures for?": "Prices for spring"},
        "Request it",
    )
    expect(lukas.get_by_text("Waiting for approval").first).to_be_visible()
    _approve(visitor("priya"), "Finance reports for Lukas Brandt")
    expect(lukas.get_by_text("Priya Nair approved it")).to_be_visible()
    expect(lukas.get_by_text("Ready to use").first).to_be_visible()

    _ask(lukas, "customer databse", "Customer database", {}, "Request it")
    words = "I added you on the old server myself. Sorry for the wait!"
    _by_hand(visitor("ruth"), "Customer database", words)
    expect(lukas.get_by_text(words)).to_be_visible()
    expect(lukas.get_by_text("Ready to use").first).to_be_visible()

    _sign_out(lukas)


def _go(page: Page, name: str, path: str) -> None:
    """By the menu, and there: what is looked for next may stand on the page before as well."""
    page.get_by_role("link", name=name).first.click()
    expect(page).to_have_url(re.compile(f"//[^/]+{path}$"))


def _ask(page: Page, typed: str, item: str, answers: dict[str, str], button: str) -> None:
    _go(page, "Catalog", "/")
    page.get_by_role("searchbox").fill(typed)
    page.get_by_role("link", name=item).first.click()
    expect(page.get_by_role("heading", name=item, level=1)).to_be_visible()
    for label, value in answers.items():
        page.get_by_label(label, exact=False).first.fill(value)
    page.get_by_role("button", name=button).click()
    expect(page).to_have_url(re.compile("/requests/R-"))


def _approve(page: Page, label: str) -> None:
    _go(page, "Approvals", "/approvals")
    card = page.get_by_role("region", name=label)
    card.get_by_role("button", name="Approve").click()
    expect(card).to_have_count(0)


def _by_hand(page: Page, item: str, words: str) -> None:
    _go(page, "Desk", "/desk")
    page.get_by_role("link", name=item).first.click()
    expect(page).to_have_url(re.compile(r"/desk/\w"))
    page.get_by_role("button", name="Take it").click()
    expect(page.get_by_role("button", name="Take it")).to_have_count(0)
    form = page.get_by_role("region", name="Done by hand")
    form.get_by_label("A word for the customer").fill(words)
    form.get_by_label("No: take it back when it ends").check()
    form.get_by_label("I am sure").check()
    form.get_by_role("button", name="It is done").click()
    expect(page.get_by_text("This case is closed.")).to_be_visible()


def _sign_out(page: Page) -> None:
    page.get_by_role("button", name="Sign out").click()
    page.goto("/requests")
    expect(page.get_by_role("link", name="Sign in")).to_be_visible()
