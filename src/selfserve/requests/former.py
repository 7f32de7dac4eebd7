"""What is said where something cannot begin yet, as what the customer had of the same is still being taken back."""

from __future__ import annotations

from selfserve.fulfilment.promising import Back
from selfserve.languages.messages import Message, msg
from selfserve.requests.refusals import NotPossible


class StillGoing(NotPossible):
    """What the customer had of the same is still being taken back; said to the customer, until somebody else's words
    replace it."""

    def __init__(self, back: Back) -> None:
        super().__init__(_to_customer(back))
        self.back = back

    def to_asker(self, customer: str) -> NotPossible:
        """The same, said to whoever asks for them."""
        return NotPossible(_to_asker(self.back, customer))

    def to_approver(self, customer: str) -> NotPossible:
        """The same, said to whoever approves it: their stage stays open."""
        return NotPossible(_to_approver(self.back, customer))


def _to_customer(back: Back) -> Message:
    if back is Back.BY_HUMAN:
        return msg(
            "A colleague has to take back your former access first. You are told once it is gone: ask again then."
        )
    if back is Back.FAILED:
        return msg(
            "Your former access could not be taken back yet, and that is tried again. You are told once it is gone: "
            "ask again then."
        )
    return msg("Your former access is just being taken back. Ask again in a minute.")


def _to_asker(back: Back, name: str) -> Message:
    if back is Back.BY_HUMAN:
        return msg(
            "A colleague has to take back what {name} had of this before. {name} is told once it is gone: ask again "
            "then.",
            name=name,
        )
    if back is Back.FAILED:
        return msg(
            "What {name} had of this before could not be taken back yet, and that is tried again. {name} is told once "
            "it is gone: ask again then.",
            name=name,
        )
    return msg("What {name} had of this before is just being taken back. Ask again in a minute.", name=name)


def _to_approver(back: Back, name: str) -> Message:
    if back is Back.BY_HUMAN:
        return msg(
            "A colleague has to take back what {name} had of this before. This stays open for you: approve it once "
            "that is gone; {name} is told then.",
            name=name,
        )
    if back is Back.FAILED:
        return msg(
            "What {name} had of this before could not be taken back yet, and that is tried again. This stays open for "
            "you: approve it once that is gone; {name} is told then.",
            name=name,
        )
    return msg("What {name} had of this before is just being taken back. Approve it again in a minute.", name=name)
