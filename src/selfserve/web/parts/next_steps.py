"""The aside of an item: who decides, what is done, how long it takes, until when it lasts."""

from __future__ import annotations

from collections.abc import Iterator

from markupsafe import Markup

from selfserve.catalog.items import Item
from selfserve.web.parts.markup import NOTHING, heading, joined
from selfserve.web.parts.pieces import note
from selfserve.web.preview import Preview
from selfserve.web.speech import reader, say, say_n, tell


def next_steps(item: Item, seen: Preview, *, asks: bool) -> Markup:
    """The steps in words, numbered; `asks`: there is something to fill in."""
    steps = joined(
        Markup('<li><span class="s-step-n" aria-hidden="true">{}</span><div><div class="s-strong">{}</div>'
               '<div class="s-muted">{}</div></div></li>').format(number, title, " ".join(filter(None, words)))
        for number, (title, *words) in enumerate(_steps(item, seen, asks=asks), 1)
    )  # fmt: skip
    return Markup('{}<ol class="s-steps" style="margin-top:14px">{}</ol>{}').format(
        heading(say("What happens next"), 2), steps, _warned(seen)
    )


def _warned(seen: Preview) -> Markup:
    notes = [*(_clash(item, seen.name) for item in seen.conflicts), *_blocked(seen)]
    return Markup('<div class="s-stack" style="margin-top:16px">{}</div>').format(joined(notes)) if notes else NOTHING


def _clash(item: str, name: str) -> Markup:
    words = say("You hold “{item}”, which does not go together with this. Whoever decides sees it.", item=item)
    if name:
        words = say(
            "{name} holds “{item}”, which does not go together with this. Whoever decides sees it.",
            name=name,
            item=item,
        )
    return note(words, "warn")


def _blocked(seen: Preview) -> Iterator[Markup]:
    if not seen.blocked:
        return
    for_good, all_the_same = (
        say("It cannot be done as it stands."),
        say("You can ask all the same: a person takes over."),
    )
    yield note(" ".join((tell(seen.blocked), for_good if seen.for_good else all_the_same)), "warn")


def _steps(item: Item, seen: Preview, *, asks: bool) -> Iterator[tuple[str, ...]]:
    yield say("You ask"), say("It takes a moment.") if asks else say("There is nothing to fill in.")
    yield *_decision(seen), _deciding(seen)
    yield *_deed(seen), *_time(item, seen)
    if item.grant is not None:
        has = say("{name} has it", name=seen.name) if seen.name else say("You have it")
        yield has, *_end(item, seen)


def _decision(seen: Preview) -> tuple[str, str]:
    if seen.asks is None:
        return say("It is checked"), say("Somebody may have to approve it; that depends on your answers.")
    if not seen.asks:
        return say("It is checked at once"), say("Nobody has to approve it.")
    names = seen.deciders
    if not names:
        return say("Somebody approves it"), say("We find the right person and tell you who it is.")
    if len(names) == 1:
        return say("{name} approves it", name=names[0]), say("You hear from us as soon as it is decided.")
    first, second, more = names[0], names[1], len(names) - 2
    either = say("The first of them to answer decides. You hear from us at once.")
    if not more:
        return say("{first} or {second} approves it", first=first, second=second), either
    return (
        say_n(
            "One of {first}, {second} and {count} more approves it",
            "One of {first}, {second} and {count} more approves it",
            more,
            first=first,
            second=second,
        ),
        either,
    )


def _deciding(seen: Preview) -> str:
    """How long those decisions really took."""
    if not seen.asks or seen.usual.decision is None:
        return ""
    return say("Usually decided within {span}.", span=reader().about(seen.usual.decision))


def _deed(seen: Preview) -> tuple[str, ...]:
    if not seen.acts:
        return (say("It is done"),)
    first, more = tell(seen.acts[0]), len(seen.acts) - 1
    if seen.waits and first.endswith("."):  # why, and where in the line: too long for a title
        return say("{name} waits in line", name=seen.name) if seen.name else say("You wait in line"), first
    first = first.rstrip(".")
    return (say_n("{first}, and {count} more", "{first}, and {count} more", more, first=first) if more else first,)


def _time(item: Item, seen: Preview) -> Iterator[str]:
    if seen.waits:  # nobody knows when: no promise, and what it took when there was enough is no news
        yield _in_line(seen.name)
        return
    if seen.blocked:  # what is said below of it: a machine's time would be no promise
        return
    if seen.delayed:  # what it takes else would be a promise that nobody can keep now
        yield say(
            "The system behind it does not answer at the moment. You can ask all the same: it is done as soon as it "
            "answers, and if that takes longer than {span}, a person takes over.",
            span=reader().span(seen.patience),
        )
        return
    promise = tell(item.promise) if item.promise and not seen.name else ""  # an item speaks to who has it
    if promise:
        yield promise
    if seen.usual.whole is None or not promise:
        yield _expected(promise, seen)
    if seen.usual.whole is None:
        return
    span = reader().about(seen.usual.whole)
    if seen.asks is False:
        yield say("Lately it took {span}.", span=span)
    else:
        yield say("Lately it took {span} from asking, the decision included.", span=span)


def _in_line(name: str) -> str:
    if name:
        return say("{name} has it as soon as one is free, and hears from us at once, as you do.", name=name)
    return say("You have it as soon as one is free, and hear from us at once. You can cancel while you wait.")


def _expected(promise: str, seen: Preview) -> str:
    """The time that the item names: all that is known until enough of them were done."""
    span = reader().about(seen.expect, working=seen.working)
    if not promise:
        return say("Within {span}.", span=span)
    if seen.asks is False:
        return say("Usually within {span}.", span=span)
    if seen.asks:
        return say("Usually within {span} after approval.", span=span)
    return say("Usually within {span}, a decision not counted.", span=span)


def _end(item: Item, seen: Preview) -> Iterator[str]:
    if seen.ends_at is not None:
        day = reader().day(seen.ends_at.astimezone(reader().zone).date())
        yield say("Until {day}, then it ends by itself.", day=day)
    elif seen.lasts is not None:
        yield say("For {span}, then it ends by itself.", span=reader().span(seen.lasts))
    elif item.grant and item.grant.ends.never:
        yield (
            say("{name} can give it back at any time, and so can you.", name=seen.name)
            if seen.name
            else say("You can give it back whenever you like.")
        )
        return
    else:
        yield say("Until the end you choose.")
    if item.grant and item.grant.renew:
        yield (say("{name} can extend it, and so can you.", name=seen.name) if seen.name else say("You can extend it."))
