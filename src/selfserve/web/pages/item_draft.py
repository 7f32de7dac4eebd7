"""What is filled in on an item's page is kept while one types, for every device of the one who types."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from typing import Any

from nicegui.events import GenericEventArguments

from selfserve.catalog.items import Item
from selfserve.people.roles import Role
from selfserve.requests import drafts
from selfserve.store.database import StoreBusy
from selfserve.web.parts.form import Form
from selfserve.web.visits import Visit, aside

WHOM = "_for"
"""The field for who it is for; no question of an item can be called so."""
BESIDE = frozenset({WHOM})


class Drafting:
    """Keeps what is changed in `form`, as far as it differs from `fresh`, which the empty form has."""

    def __init__(self, visit: Visit, item: Item, form: Form, fresh: Mapping[str, Any]) -> None:
        self._visit, self._item, self._form, self._fresh = visit, item, form, dict(fresh)
        self._turn, self._over = asyncio.Lock(), False
        # A refusal is not told: the form tells by itself, and tries again, when no answer comes.
        form.on("draft", visit.acting(Role.CUSTOMER, self._changed, lambda refusal: None))

    def follow(self, item: Item, fresh: Mapping[str, Any]) -> None:
        """The form asks what `item` of today asks."""
        self._item, self._fresh = item, dict(fresh)

    @asynccontextmanager
    async def asking(self) -> AsyncIterator[None]:
        """Within, no draft is written; where it ends without a refusal, there is none any more."""
        async with self._turn:
            yield
            self._over = True
            with contextlib.suppress(StoreBusy):  # what was asked for since is no draft, see `drafts.kept`
                await aside(self._drop)
        self._form.sent()

    async def arrived(self, name: str) -> None:
        """No draft is written any more, as what was filled in came to be the request of this name. One that says
        something else, begun since on another device, stays."""
        async with self._turn:
            self._over = True
            with contextlib.suppress(StoreBusy):
                await aside(self._drop, name)
        self._form.sent()

    async def _changed(self, event: GenericEventArguments) -> None:
        version, values = int(event.args["version"]), dict(event.args["values"])
        async with self._turn:
            if not self._over:
                whole, answered = await aside(self._keep, values)
                self._form.kept(version, whole=whole, answered=answered)

    def _keep(self, values: Mapping[str, Any]) -> tuple[bool, list[str]]:
        visit, item = self._visit, self._item
        with visit.house.database.write() as session:
            whole = drafts.keep(session, visit.person_id, item, values, visit.now, fresh=self._fresh, beside=BESIDE)
            return whole, drafts.answered(session, visit.person_id, item.id)

    def _drop(self, became: str = "") -> None:
        with self._visit.house.database.write() as session:
            if not became or drafts.says(session, self._visit.person_id, self._item.id, became):
                drafts.drop(session, self._visit.person_id, self._item.id)
