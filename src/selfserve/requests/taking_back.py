"""Who takes back what is not to be held any more, and by when, as its story says it until it is gone."""

from __future__ import annotations

from sqlalchemy.orm import Session

from selfserve.fulfilment import escalation
from selfserve.fulfilment.house import House
from selfserve.languages.messages import Message, msg
from selfserve.requests.holding import never_given
from selfserve.requests.words import Line
from selfserve.store.states import GOING, EscalationState
from selfserve.store.tables import Escalation, Grant, Person


def taking_back(session: Session, house: House, grant: Grant | None) -> list[Line]:
    """The line about what is just being taken back; none for what is held, is gone, or was never there."""
    if grant is None or grant.state not in GOING or grant.id in never_given(session, [grant]):
        return []
    for case in escalation.open_on(session, f"grant:{grant.id}"):
        late = case.due_at <= house.now()
        return [Line("next", None if late else case.due_at, _by_hand(session, house, case), "", "human", not late)]
    return [Line("next", None, msg("It is being taken back, and we check that it is gone"), "", "now")]


def _by_hand(session: Session, house: House, case: Escalation) -> Message:
    """Who has it, else whose it is."""
    holder = session.get(Person, case.taken_by_id) if case.taken_by_id else None
    if holder is not None and holder.present and case.state == EscalationState.TAKEN:
        return msg("{name} takes it back", name=holder.given_name or holder.name)
    _, team = escalation.team_of(house, case.team)
    return msg("A colleague in {team} takes it back", team=team.name)
