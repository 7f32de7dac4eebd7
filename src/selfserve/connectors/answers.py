"""What connectors answer, before anybody believes it: of the right kind, short enough, and fit to be stored."""

from __future__ import annotations

import dataclasses
import json
import re
from collections.abc import Callable, Mapping
from datetime import timedelta
from typing import Any, TypeVar

from selfserve.connectors.contract import (
    Blocked,
    Failed,
    FailureKind,
    Level,
    Option,
    Presence,
    Todo,
)

T = TypeVar("T")
MOST_TEXT = 4_000
"""Signs of one sentence; what is longer is cut, for people have to read it."""
MOST_EVIDENCE = 16_000
MOST_STATE = 1_000_000
"""Signs of JSON."""
MOST_SPAN = timedelta(days=3650)
"""Nobody waits for longer; sums with more than that leave the calendar."""
_UNFIT = re.compile("[\x00\ud800-\udfff]")
"""No store keeps a NUL in a text, and no encoding half a surrogate pair."""


class BadAnswer(Exception):  # noqa: N818  (a fact about a connector, told in a sentence)
    """A connector answered what the contract does not know."""


def checked(answer: T, *kinds: type[T]) -> T:
    """The answer, one of `kinds`, with every text fit to be stored; BadAnswer with a sentence where that cannot be."""
    if type(answer) not in kinds:
        raise BadAnswer(f"it answered {_kind(answer)} instead of {' or '.join(kind.__name__ for kind in kinds)}")
    changed = {}
    for one in dataclasses.fields(answer):  # type: ignore[arg-type]  # all kinds of answers are dataclasses
        value = getattr(answer, one.name)
        fit = _FIT.get(one.name, _as_it_is)(one.name, value)
        if fit is not value:
            changed[one.name] = fit
    return dataclasses.replace(answer, **changed) if changed else answer  # type: ignore[type-var]


def text(name: str, value: object) -> str:
    """A text without what cannot be stored, cut where nobody would read on."""
    if not isinstance(value, str):
        raise BadAnswer(f"its {name} is {_kind(value)} instead of a text")
    if len(value) <= MOST_TEXT and not _UNFIT.search(value):
        return value  # as it came: it may know itself in other languages
    fit = _UNFIT.sub("\ufffd", value[: MOST_TEXT + 1])
    return fit if len(fit) <= MOST_TEXT else fit[: MOST_TEXT - 1] + "…"


def each(name: str, values: object, *kinds: type[T]) -> tuple[T, ...]:
    """Several answers of one kind."""
    if not isinstance(values, list | tuple):
        raise BadAnswer(f"its {name} is {_kind(values)} instead of a list")
    return tuple(checked(value, *kinds) for value in values)


def _kind(value: object) -> str:
    return "nothing" if value is None else f"a {type(value).__name__}"


def _as_it_is(_: str, value: Any) -> Any:
    return value


def _perhaps(fit: Callable[[str, Any], Any]) -> Callable[[str, Any], Any]:
    return lambda name, value: None if value is None else fit(name, value)


def _of(kind: type) -> Callable[[str, Any], Any]:
    def fit(name: str, value: Any) -> Any:
        if not isinstance(value, kind):
            raise BadAnswer(f"its {name} is {_kind(value)} instead of a {kind.__name__}")
        return value

    return fit


def _span(name: str, value: Any) -> Any:
    """A time to wait: never before now, and not beyond what can be counted."""
    return min(max(_of(timedelta)(name, value), timedelta(0)), MOST_SPAN)


def _secret(name: str, value: Any) -> Any:
    """Given as it is or not at all: a password with a sign less opens nothing. A line to do only says whether it is
    one."""
    if isinstance(value, bool):
        return value
    if not isinstance(value, str) or _UNFIT.search(value):
        raise BadAnswer(f"its {name} is no text that can be kept")
    return value


def _state(name: str, value: Any) -> Any:
    """Needed as it is to look and to take back, so it is kept whole or refused."""
    written = _json(value) if isinstance(value, Mapping) else None
    if written is None or len(written) > MOST_STATE or _UNFIT.search(written) or "\\u0000" in written:
        raise BadAnswer(f"its {name} cannot be kept as JSON")
    return value


def _evidence(_: str, value: Any) -> Any:
    """For people to read: what cannot be kept is said to be missing, and the effect is no less there for it."""
    written = _json(value) if isinstance(value, Mapping) else None
    if written is None:
        return {"evidence": "It could not be kept."}
    if len(written) > MOST_EVIDENCE:
        return {"evidence": "It was too much to be kept."}
    if _UNFIT.search(written) or "\\u0000" in written:
        return json.loads(_UNFIT.sub("\ufffd", written).replace("\\u0000", "\ufffd"))
    return value


def _json(value: Any) -> str | None:
    try:
        return json.dumps(value, ensure_ascii=False, allow_nan=False)
    except (TypeError, ValueError, RecursionError):
        return None


_FIT: dict[str, Callable[[str, Any], Any]] = {
    **dict.fromkeys(("reason", "tell", "customer", "staff", "text", "name", "label", "value", "note"), text),
    **dict.fromkeys(("field", "cursor"), _perhaps(text)),
    **dict.fromkeys(("poll_after", "expires"), _span),
    "retry_after": _perhaps(_span),
    "state": _state,
    "handle": _state,
    "evidence": _evidence,
    "secret": _perhaps(_secret),
    "kind": _of(FailureKind),
    "presence": _of(Presence),
    "level": _of(Level),
    "failure": _perhaps(lambda _, value: checked(value, Failed)),
    "blocked": _perhaps(lambda _, value: checked(value, Blocked)),
    "todo": lambda name, value: _same(value, each(name, value, Todo)),
    "options": lambda name, value: _same(value, each(name, value, Option)),
}
"""How the fields of all answers are made fit, by their names, which mean the same wherever they stand."""


def _same(before: Any, after: tuple[Any, ...]) -> Any:
    unchanged = isinstance(before, tuple) and all(a is b for a, b in zip(before, after, strict=True))
    return before if unchanged else after
