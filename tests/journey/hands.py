"""Somebody at a page, with a mouse or with nothing but keys, who reads in their own language."""

from __future__ import annotations

import re

from playwright.sync_api import Locator, Page, expect

from selfserve.demo.company import FERNHILL
from selfserve.languages.reader import Reader

FAR = 200
"""Presses of Tab after which something cannot be reached."""


class Hands:
    """What they do. `words` are the product's own, as this reader has them."""

    def __init__(self, page: Page, login: str, *, keyboard: bool) -> None:
        person = FERNHILL.person(login)
        assert person is not None
        self.page, self.name, self.keyboard = page, person.name, keyboard
        self._reader = Reader(person.language)

    def words(self, text: str, **named: str) -> str:
        """A sentence of the product in this reader's language."""
        return self._reader.say(text, **named)

    def press(self, target: Locator) -> None:
        """Click it, or go there by Tab and press Enter."""
        if not self.keyboard:
            target.click()
            return
        self._reach(target)
        self.page.keyboard.press("Enter")

    def tick(self, target: Locator) -> None:
        """Tick a box."""
        if not self.keyboard:
            target.check()
            return
        self._reach(target)
        self.page.keyboard.press("Space")

    def write(self, target: Locator, text: str) -> None:
        """Type into a field."""
        if self.keyboard:
            self._reach(target)
        else:
            target.click()
        self.page.keyboard.type(text)

    def go(self, path: str) -> None:
        """Open a page by the menu; on a phone that is unfolded first."""
        burger = self.page.get_by_role("button", name=self.words("Open the menu"))
        if burger.is_visible():
            self.press(burger)
        self.press(self.page.locator(f".s-side nav a[href='{path}']"))
        expect(self.page).to_have_url(re.compile(f"//[^/]+{path}$"))

    def button(self, text: str) -> Locator:
        """A button of the product by its words."""
        return self.page.get_by_role("button", name=self.words(text))

    def part(self, text: str, **named: str) -> Locator:
        """A part of the page by its name."""
        return self.page.get_by_role("region", name=self.words(text, **named))

    def _reach(self, target: Locator) -> None:
        expect(target).to_be_visible()
        for _ in range(FAR):
            if target.evaluate("one => one === document.activeElement"):
                return
            self.page.keyboard.press("Tab")
        raise AssertionError(f"Tab does not lead to {target}")
