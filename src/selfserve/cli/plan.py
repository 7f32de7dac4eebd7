"""`selfserve catalog plan`: what an item would do for somebody, without doing it."""

from __future__ import annotations

import json
from dataclasses import asdict
from typing import Annotated, Any

import typer

from selfserve.cli.house import resting
from selfserve.cli.stop import FAILED, WRONG, Stop
from selfserve.cli.surroundings import say, say_json, surroundings
from selfserve.cli.tokens import find
from selfserve.settings.durations import write_duration


def plan(
    ctx: typer.Context,
    item: Annotated[str, typer.Argument(help="The item's id.")],
    who: Annotated[str, typer.Option("--for", metavar="PERSON", help="Login or mail address of the customer.")],
    answer: Annotated[list[str] | None, typer.Option(help="An answer to the form, as NAME=VALUE; repeatable.")] = None,
    as_json: Annotated[bool, typer.Option("--json", help="For machines.")] = False,
) -> None:
    """Say what asking for an item would do, without doing it: who decides, each step, until when."""
    from selfserve.requests import plan as planning
    from selfserve.requests.refusals import Refusal

    answers = dict(_answer(one) for one in answer or [])
    with resting(surroundings(ctx)) as app:
        with app.house.database.read() as session:
            customer = find(session, who).id
        try:
            would = planning.plan(app.house, customer_id=customer, item_id=item, answers=answers)
        except Refusal as refusal:
            raise Stop(f"It would be refused: {refusal}", FAILED) from None
    if as_json:
        say_json(asdict(would))
        return
    say(f"Approval: {', '.join(would.deciders) or 'nobody could decide'}" if would.needs_approval else "Approval: none")
    for act in would.acts:
        say(f"{act.name}: {act.staff}{f' BLOCKED: {act.blocked}' if act.blocked else ''}")
    until = would.ends_at.isoformat(timespec="minutes") if would.ends_at else "no end"
    say(f"Until: {write_duration(would.lasts) + ' after delivery' if would.lasts else until}")


def _answer(text: str) -> tuple[str, Any]:
    """`NAME=VALUE`; the value is JSON where it is JSON (3, true, [\"a\"]), else text."""
    name, sign, value = text.partition("=")
    if not sign or not name:
        raise Stop(f"--answer is {text!r}; allowed is NAME=VALUE.", WRONG)
    try:
        return name, json.loads(value)
    except ValueError:
        return name, value
