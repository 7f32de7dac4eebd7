"""What an item is for whoever looks at its page: whether they may ask, what would happen, what the form begins with."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from sqlalchemy.orm import Session

from selfserve.catalog.items import Item
from selfserve.languages.messages import msg
from selfserve.people import device_facts, directory
from selfserve.people.device_facts import MachineFacts
from selfserve.requests import acts, asking, drafts, grant_rows, lists, offers
from selfserve.requests.grant_rows import GrantRow
from selfserve.requests.lists import RequestRow
from selfserve.requests.refusals import NotAllowed
from selfserve.store.states import GrantState
from selfserve.store.tables import Person
from selfserve.web.pages.item_draft import BESIDE, WHOM
from selfserve.web.parts.questions import questions
from selfserve.web.preview import Preview, preview
from selfserve.web.visits import Visit

NOT_LED = msg("Somebody you no longer lead")

PROMISED, ACTIVE = GrantState.PROMISED, GrantState.ACTIVE


@dataclass(frozen=True, slots=True)
class Begun:
    """What a form begins with: the values, the words that stand for some of them, and the values of the empty form,
    one for each question. `draft`: some of it was filled in before. `mine`: what is filled in for whoever asks, and for
    nobody else."""

    start: Mapping[str, Any] = field(default_factory=dict)
    shown: Mapping[str, str] = field(default_factory=dict)
    fresh: Mapping[str, Any] = field(default_factory=dict)
    draft: bool = False
    mine: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Offer:
    """An item as it stands for one customer. Without a `preview` they cannot ask for it; `barred` says why.

    `others`: they may ask for people they lead. `fits` False: it is not for the kind of machine they sit at. `asked`:
    what was asked for of it and is still open, the latest for themselves and the latest for somebody else.
    """

    item: Item
    held: GrantRow | None
    begun: Begun
    others: bool
    preview: Preview | None = None
    barred: str = ""
    fits: bool = True
    asked: tuple[RequestRow, ...] = ()

    @property
    def had(self) -> bool:
        """True where they have it or it is on its way, and no answer of theirs makes a further ask another one."""
        return not self.item.form and self.held is not None and self.held.state in (PROMISED, ACTIVE)

    @property
    def theirs(self) -> bool:
        """True where to ask for it themselves brings something about."""
        return self.preview is not None and not self.had

    @property
    def askable(self) -> bool:
        """True where there is somebody they may ask for, themselves or another."""
        return self.theirs or self.others


def offered(visit: Visit, item_id: str, again: str) -> Offer:
    """The item for the visitor; its form begins with their draft, or with the answers of an earlier request `again`.

    Blocking. NotFound for what is not for them.
    """
    item = offers.one(visit.house, visit.person_id, item_id, visit.app_id)
    others = offers.for_others(visit.house, visit.person_id, item)
    with visit.house.database.read() as session:
        held = grant_rows.marks(session, visit.person_id).get(item_id)
        draft = {} if again else _draft(session, visit, item, others=others)
        given = _former(session, visit, item, again, others=others) if again else draft
        words = acts.own(session, again, visit.person_id).answers_shown if again else {}
        shown = _names(session, visit, item, given, words)
        machine = device_facts.of_app(session, visit.app_id)
        going = _open(session, visit, item_id)
    asked, mine = questions(visit.house, item, visit.reader).start(), _this_device(item, machine)
    start = asked | ({} if given.get(WHOM) else mine) | given
    fresh = ({WHOM: ""} if others else {}) | asked | mine
    begun = Begun(start, shown, fresh, bool(draft), tuple(mine))
    answers = {name: value for name, value in begun.start.items() if name != WHOM}
    fits = item.fits(machine.platform if machine is not None else "")
    try:
        seen = preview(visit.house, visit.person_id, item, answers, app_id=visit.app_id)
        return Offer(item, held, begun, others, seen, fits=fits, asked=going)
    except NotAllowed as barred:
        return Offer(item, held, begun, others, None, barred.words, fits=fits, asked=going)


def _open(session: Session, visit: Visit, item_id: str) -> tuple[RequestRow, ...]:
    rows = lists.requests(session, customer_id=visit.person_id, state="open", item_id=item_id).rows
    latest: dict[bool, RequestRow] = {}
    for row in rows:
        latest.setdefault(row.customer_id == visit.person_id, row)
    return tuple(latest[own] for own in (True, False) if own in latest)


def _this_device(item: Item, machine: MachineFacts | None) -> dict[str, Any]:
    """The device they sit at, where a device is asked for that it may be; they may name another one."""
    named = machine.serial or machine.name if machine is not None else ""
    asked = {name: one for name, one in item.form.items() if one.type == "device"}
    return {name: named for name, one in asked.items() if named and one.this_device}


def _draft(session: Session, visit: Visit, item: Item, *, others: bool) -> dict[str, Any]:
    """What they filled in before, without people who cannot be named any more. Who it was for never goes without a
    word, for whoever filled it in to set right: left out, the request would be their own."""
    found = drafts.kept(session, visit.person_id, item, visit.now, beside=BESIDE)
    kept = {name: value for name, value in found.items() if name != WHOM and _nameable(session, item, name, value)}
    if others and found.get(WHOM):
        named = str(found[WHOM])
        kept[WHOM] = named if _stands(session, visit, named) else visit.reader.tell(NOT_LED)
    return kept


def _nameable(session: Session, item: Item, name: str, value: Any) -> bool:
    return item.form[name].type != "person" or not value or directory.present(session, str(value)) is not None


def _leads(session: Session, visit: Visit, named: str) -> bool:
    try:
        return asking.for_whom(session, visit.person_id, named) != visit.person_id
    except NotAllowed:
        return False


def _stands(session: Session, visit: Visit, named: str) -> bool:
    """True for somebody they lead, and for words that are nobody's id."""
    return _leads(session, visit, named) or session.get(Person, named) is None


def _former(session: Session, visit: Visit, item: Item, again: str, *, others: bool) -> dict[str, Any]:
    """The answers of an earlier request that the form still asks for, and who it was for."""
    former = acts.own(session, again, visit.person_id)
    written = {name: visit.reader.typed(value) for name, value in former.answers.items() if type(value) in (int, float)}
    answers = {
        name: value for name, value in (former.answers | written).items() if value is not None and name in item.form
    }
    theirs = others and former.customer_id != visit.person_id
    return answers | ({WHOM: former.customer_id} if theirs else {})


def _names(
    session: Session, visit: Visit, item: Item, answers: Mapping[str, Any], words: Mapping[str, str]
) -> dict[str, str]:
    """The words that stand for the people and live choices among earlier answers; `words` are those that were kept."""
    shown = {}
    for name, value in answers.items():
        kind = "person" if name == WHOM else item.form[name].type
        if value and kind == "person":
            person = directory.present(session, str(value))
            if person is None and (name != WHOM or _leads(session, visit, str(value))):
                person = directory.by_email(session, str(value))
            shown[name] = person.name if person else str(value) if name == WHOM else ""
        elif value and kind == "options":
            shown[name] = words.get(name, str(value))
    return shown
