"""What is asked before something final is done with a request: of its customer, or of whoever acts for them.

`whose` is the customer's name where somebody else is asked, else empty.
"""

from __future__ import annotations

from datetime import date

from selfserve.languages.messages import Message, msg
from selfserve.requests.story import Story
from selfserve.web.parts.dialog import Question


def cancelling(told: Story, whose: str) -> Question:
    """Whether the request is to be cancelled."""
    words = msg("Those who were asked are told that you do not want it any more. What is there already is taken back.")
    if whose:
        words = msg(
            "Those who were asked are told that it is not wanted any more. What {name} has already is taken back.",
            name=whose,
        )
    return Question("cancel", msg("Cancel this request?"), words, msg("Cancel it"), msg("Keep it"), "s-danger")


def returning(told: Story, whose: str) -> Question:
    """Whether it is to be given back, with what that means: for all that it is held because of, as far as it is the
    reader's to end."""
    if told.held_otherwise:
        words = msg("Your request for it ends. It stays, since it was asked for otherwise too.")
        return _back("return", words, msg("Give it back"))
    if not told.held_by:
        return _back("return", _alone(whose, offered=told.offered), msg("Give it back"))
    yes = msg("Give back both") if len(told.held_by) == 1 else msg("Give back all")
    return _back("return_wholly", _with(", ".join(told.held_by), whose, offered=told.offered), yes)


def extending(name: str, until: date, whose: str) -> Question:
    """Whether it is to be had as long once more, which is until that day; `name` comes back with the yes."""
    words = msg(
        "You have it until {day} then. The rules of today apply; somebody may have to approve it. "
        "What you hold stays meanwhile.",
        day=until,
    )
    if whose:
        words = msg(
            "{name} has it until {day} then. The rules of today apply; somebody may have to approve it. "
            "What is held stays meanwhile.",
            name=whose,
            day=until,
        )
    return Question(name, msg("Extend it?"), words, msg("Extend it"))


def _back(name: str, words: Message, yes: Message) -> Question:
    return Question(name, msg("Give it back?"), words, yes, msg("Keep it"), "s-danger")


def _alone(whose: str, *, offered: bool) -> Message:
    if whose and not offered:
        return msg("It is taken back from {name} now. It is not offered any more.", name=whose)
    if not offered:
        return msg("It is taken back now. It is not offered any more.")
    if whose:
        return msg("It is taken back from {name} now. You can ask for it again for them at any time.", name=whose)
    return msg("It is taken back now. You can ask for it again whenever you need it.")


def _with(names: str, whose: str, *, offered: bool) -> Message:
    """To give back but one of several requests changes nothing."""
    if not offered:
        words = msg(
            "You have it because of {names} as well. With this one those are given back too, and it is taken back now. "
            "It is not offered any more.",
            names=names,
        )
        if whose:
            words = msg(
                "{name} has it because of {names} as well. With this one those are given back too, and it is taken "
                "back now. It is not offered any more.",
                name=whose,
                names=names,
            )
        return words
    if whose:
        return msg(
            "{name} has it because of {names} as well. With this one those are given back too, and it is taken back "
            "now. You can ask for it again for them at any time.",
            name=whose,
            names=names,
        )
    return msg(
        "You have it because of {names} as well. With this one those are given back too, and it is taken back now. "
        "You can ask for it again whenever you need it.",
        names=names,
    )
