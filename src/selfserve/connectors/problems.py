"""What can be wrong with names and sections of connectors; each text is one sentence for whoever wrote them."""

from __future__ import annotations

from collections.abc import Iterable
from difflib import get_close_matches


class ConnectorProblem(Exception):  # noqa: N818 (a fact told in a sentence)
    """Base of all that is wrong with the configuration or the name of a connector."""


class UnknownKind(ConnectorProblem):
    """No installed package offers this kind of connector, or it cannot be loaded."""


class UnknownConnector(ConnectorProblem):
    """No connector of this name is configured."""


class UnknownAction(ConnectorProblem):
    """The connector has no such action."""


class BadSection(ConnectorProblem):
    """The connector's section of the configuration does not fit it; `problems` are the sentences, `str()` has one a
    line."""

    def __init__(self, problems: Iterable[str]) -> None:
        self.problems = tuple(problems)
        super().__init__("\n".join(self.problems))


def nearest(name: str, known: Iterable[str]) -> str:
    """The end of a sentence: what was probably meant, else what there is."""
    names = sorted(known)
    close = get_close_matches(name, names, n=3, cutoff=0.6)
    if close:
        return f"did you mean {' or '.join(close)}?"
    return f"there is {', '.join(names)}." if names else "there are none."
