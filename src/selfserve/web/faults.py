"""What can go wrong at sign-in, each with the page a person sees."""

from __future__ import annotations

from enum import StrEnum

from selfserve.languages.messages import msg


class Fault(StrEnum):
    """A stable word for the log and the trail."""

    STALE = "stale"
    CANCELLED = "cancelled"
    REFUSED = "refused"
    UNREACHABLE = "unreachable"
    BAD_ANSWER = "bad_answer"
    NOT_LINKED = "not_linked"
    NOT_AGAIN = "not_again"


STATUS = {
    Fault.STALE: 400,
    Fault.CANCELLED: 403,
    Fault.REFUSED: 403,
    Fault.UNREACHABLE: 502,
    Fault.BAD_ANSWER: 502,
    Fault.NOT_LINKED: 403,
    Fault.NOT_AGAIN: 403,
}

TITLE = {
    Fault.STALE: msg("This sign-in is no longer good"),
    Fault.CANCELLED: msg("You are not signed in"),
    Fault.REFUSED: msg("Your company did not let you in"),
    Fault.UNREACHABLE: msg("Sign-in is not available right now"),
    Fault.BAD_ANSWER: msg("We could not verify your sign-in"),
    Fault.NOT_LINKED: msg("We could not let you in"),
    Fault.NOT_AGAIN: msg("We could not confirm that it is you"),
}

SENTENCES = {
    Fault.STALE: msg(
        "It began in another browser, took longer than ten minutes, or was used already. Nothing happened; "
        "please start again."
    ),
    Fault.CANCELLED: msg("The sign-in was cancelled. You can try again whenever you like."),
    Fault.REFUSED: msg(
        "Your company's sign-in refused the request. Please try again; if it stays that way, a human can help."
    ),
    Fault.UNREACHABLE: msg("Your company's sign-in does not answer. Nothing is lost; please try again in a minute."),
    Fault.BAD_ANSWER: msg(
        "Your company's sign-in sent an answer that we must not trust, so we stopped. Please try again; "
        "if it stays that way, a human can help."
    ),
    Fault.NOT_LINKED: "",
    Fault.NOT_AGAIN: msg("For this step you have to prove freshly who you are, with the account you are using here."),
}


class SignInError(Exception):
    """A sign-in that ends here. `told` is for the person; `detail` for the log only: it may quote the provider."""

    def __init__(self, fault: Fault, detail: str, told: str = "") -> None:
        super().__init__(f"{fault}: {detail}")
        self.fault, self.detail, self.told = fault, detail, told or SENTENCES[fault]
