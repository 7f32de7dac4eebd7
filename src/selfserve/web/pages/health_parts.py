"""The parts of `/health`, each drawn from what is known of the installation."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import timedelta

from markupsafe import Markup

from selfserve.insights.certificates import SOON, URGENT
from selfserve.insights.installation import RESTING, UNSEEN, CertificateState, ConnectorState, Installation, Worker
from selfserve.insights.troubles import SLOW, STUCK, whose
from selfserve.languages.messages import msg
from selfserve.web.parts.markup import NOTHING, joined, paragraph
from selfserve.web.parts.pieces import facts, pill
from selfserve.web.parts.plots import Plot, Series, plot, table
from selfserve.web.parts.times import opening, when
from selfserve.web.speech import reader, say, say_n, tell
from selfserve.web.visits import Visit

LEVELS = {
    "info": (msg("Works"), "ok"), "warning": (msg("With doubts"), "warn"),
    "error": (msg("Does not work"), "bad"), RESTING: (msg("Rests"), "bad"),
    UNSEEN: (msg("Not looked at yet"), "info"),
}  # fmt: skip
ROLES = {"worker": msg("Does the work"), "web": msg("Shows pages")}
KIB = 1024


def line(title: str, under: str | Markup, end: Markup) -> Markup:
    """One thing with how it is."""
    return Markup(
        '<li class="s-line"><span class="s-line-b"><span class="s-strong">{}</span>'
        '<span class="s-muted s-small">{}</span></span><span class="s-line-e">{}</span></li>'
    ).format(title, under, end)


def coded(words: str) -> Markup:
    """A sentence in which what stands between backticks is to be typed."""
    code, plain = Markup("<code>{}</code>"), Markup("{}")
    return joined((code if at % 2 else plain).format(part) for at, part in enumerate(words.split("`")))


def _lines(found: Sequence[Markup], nothing: str) -> Markup:
    return Markup("<ul>{}</ul>").format(joined(found)) if found else paragraph(nothing, "s-muted")


def connectors(visit: Visit, found: Installation) -> Markup:
    """Each with its state, the reason, since when, and when it was last looked at."""
    return _lines([_connector(visit, found, one) for one in found.connectors], say("There is none."))


def _connector(visit: Visit, found: Installation, one: ConnectorState) -> Markup:
    words, tone = LEVELS.get(one.level, (one.level, "info"))
    sentences = [tell(one.reason)] if one.level not in ("info", UNSEEN) and one.reason else []
    if one.since is not None:
        sentences.append(say("Since {since}.", since=visit.reader.since(one.since, found.at)))
    if one.next_try is not None:
        to_come = say("Next try {moment}.", moment=visit.reader.within(one.next_try, found.at))
        sentences.append(to_come if one.next_try > found.at else say("The next request for it is the next try."))
    if one.waiting:
        sentences.append(say_n("{count} request waits.", "{count} requests wait.", one.waiting))
    if one.looked_at is not None:
        sentences.append(say("Last look: {moment}.", moment=visit.reader.within(one.looked_at, found.at)))
    return line(one.name, " ".join(sentences), pill(tell(words), tone))


def certificates(visit: Visit, found: Installation) -> Markup:
    """Each with the days that are left, the first to end first."""
    nothing = say("There is none to look at: everything is spoken to on this machine, or was not looked at yet.")
    return _lines([_certificate(visit, found, one) for one in found.certificates], nothing)


def _certificate(visit: Visit, found: Installation, one: CertificateState) -> Markup:
    under = [one.address, *([one.subject] if one.subject else [])]
    if one.problem:
        under.append(say("not seen at the last look: {problem}", problem=one.problem))
    if one.ends_at is None:
        return line(opening(tell(whose(one.of))), " · ".join(under), pill(say("Not seen"), "info"))
    left = one.ends_at - found.at
    tone = "bad" if left <= URGENT else "warn" if left <= SOON else "ok"
    days = max(one.days_left or 0, 0)
    words = say("Ended") if left <= timedelta() else say_n("{count} day left", "{count} days left", days)
    end = Markup('<span title="{}">{}</span>').format(visit.reader.exact(one.ends_at), pill(words, tone))
    return line(opening(tell(whose(one.of))), " · ".join(under), end)


def queues(visit: Visit, found: Installation) -> Markup:
    """What waits and runs in each."""
    if not found.queues:
        return paragraph(_at_rest(found), "s-muted")
    rows = [
        [
            one.name,
            _number(one.waiting),
            _number(one.running),
            _age(visit, timedelta(seconds=one.oldest)) if one.waiting else "–",
        ]
        for one in found.queues
    ]
    return table([say("Queue"), say("Waits"), say("Runs"), say("The oldest waits")], rows, say("Queues"))


def _at_rest(found: Installation) -> str:
    """What waits although no queue holds anything: for a system that is away, or for its time."""
    away = sum(one.waiting for one in found.connectors)
    later = max(found.waiting - away, 0)
    if not away and not later:
        return say("Nothing waits, and nothing runs.")
    if not later:
        return say_n("{count} request waits for a system that does not answer; nothing else waits, and nothing runs.",
                     "{count} requests wait for a system that does not answer; nothing else waits, and nothing runs.",
                     away)  # fmt: skip
    words = say_n("{count} thing waits for its next look; nothing runs.",
                  "{count} things wait for their next look; nothing runs.", later)  # fmt: skip
    if not away:
        return words
    return say_n("{count} request waits for a system that does not answer.",
                 "{count} requests wait for a system that does not answer.", away) + " " + words  # fmt: skip


def _age(visit: Visit, span: timedelta) -> Markup:
    tone = "bad" if span >= STUCK else "warn" if span >= SLOW else ""
    words = visit.reader.about(span)
    return pill(words, tone) if tone else Markup("{}").format(words)


def workers(visit: Visit, found: Installation) -> Markup:
    """The processes, alive or not."""
    return _lines([_worker(visit, found, one) for one in found.workers], say("There is none."))


def _worker(visit: Visit, found: Installation, one: Worker) -> Markup:
    began = say("Since {since}.", since=visit.reader.since(one.began_at, found.at))
    words = f"{tell(ROLES.get(one.role, one.role))}. {began}"
    title = say("{host}, process {pid}", host=one.host, pid=str(one.pid))
    if one.alive:
        return line(title, words, pill(say("Alive"), "ok"))
    gone = say("Last sign of life: {moment}.", moment=visit.reader.within(one.beaten_at, found.at))
    return line(title, f"{words} {gone}", pill(say("Gone"), "warn"))


def people(visit: Visit, found: Installation) -> Markup:
    """When the directory was read, and what that brought."""
    state, never = found.people, say("Never")
    return facts(
        (
            (say("Last read"), when(state.read_at, found.at, visit.reader) or never),
            (say("Last read in full"), when(state.full_at, found.at, visit.reader) or never),
            (say("Read every"), visit.reader.span(timedelta(seconds=state.every))),
            (say("People read last"), _number(int(state.figures.get("read", 0) or 0))),
        )
    )


def mail(visit: Visit, found: Installation) -> Markup:
    """What waits for its mail, and why."""
    state = found.mail
    if not state.sent:
        return paragraph(coded(say("No mail server is set (`mail.host`): notices show in the app only.")), "s-muted")
    shown: list[tuple[str, str | Markup]] = [
        (say("Waiting"), _number(state.waiting)),
        (say("Refused for good"), _number(state.refused)),
        (say("Last failure"), tell(state.failure) or say("None so far")),
    ]
    if state.next_try is not None:
        shown.append((say("Next try"), when(state.next_try, found.at, visit.reader)))
    return facts(shown)


def versions(_: Visit, found: Installation) -> Markup:
    """Of every part."""
    one = found.versions
    items = say_n("{count} item", "{count} items", one.items)
    problems = joined(Markup('<li class="s-small">{}</li>').format(words) for words in one.catalog_problems)
    list_of = Markup('<ul class="s-problems">{}</ul>').format(problems) if problems else NOTHING
    return (
        facts(
            (
                ("selfserve", one.selfserve),
                ("Python", one.python),
                (say("Store"), one.store),
                (say("Schema"), one.schema or "–"),
                (say("Catalog"), Markup("<code>{}</code> · {}").format(one.catalog, items)),
            )
        )
        + list_of
    )


def room(_: Visit, found: Installation) -> Markup:
    """Of the store, and of the disk it lies on."""
    free = found.room.free
    shown: list[tuple[str, str | Markup]] = [(say("The store takes"), _bytes(found.room.taken))]
    shown.append((say("Free on its disk"), _bytes(free) if free is not None else say("Its server knows.")))
    return facts(shown)


def _bytes(count: int) -> str:
    if count >= KIB**3:
        return f"{reader().number(round(count / KIB**3, 1))} GiB"
    return f"{reader().number(round(count / KIB**2, 1))} MiB"


def _number(count: int) -> str:
    return reader().number(count)


def flow_plot(visit: Visit, found: Installation) -> Markup:
    """What came of requests in each hour of the last day."""
    alone, helped, failed = (sum(getattr(one, name) for one in found.flow) for name in ("alone", "helped", "failed"))
    clock = [visit.reader.clock(one.at) for one in found.flow]
    words = [
        say("{time}: {alone} without a human, {helped} with a human, {failed} failed",
            time=time, alone=_number(one.alone), helped=_number(one.helped), failed=_number(one.failed))
        for time, one in zip(clock, found.flow, strict=True)
    ]  # fmt: skip
    says = say(
        "In the last 24 hours {alone} requests were done without a human, {helped} with a human, and {failed} failed.",
        alone=_number(alone), helped=_number(helped), failed=_number(failed),
    )  # fmt: skip
    series = [
        Series(say("Without a human"), "ok", [one.alone for one in found.flow]),
        Series(say("With a human"), "warn", [one.helped for one in found.flow]),
        Series(say("Failed"), "bad", [one.failed for one in found.flow]),
    ]
    top = max((one.total for one in found.flow), default=0)
    most = say("Up to {count} an hour", count=_number(top)) if top else say("None yet")
    return plot(Plot(say("Requests of the last day"), says, series, words, _ticks(clock), most))


def flow_table(visit: Visit, found: Installation) -> Markup:
    """The hours in which something ended."""
    lines = [
        [visit.reader.clock(one.at), _number(one.alone), _number(one.helped), _number(one.failed)]
        for one in found.flow
        if one.total
    ]
    head = [say("Hour from"), say("Without a human"), say("With a human"), say("Failed")]
    return table(head, lines, say("Requests of the last day")) if lines else _none()


def wait_plot(visit: Visit, found: Installation) -> Markup:
    """How long the oldest work had waited, at the worst minute of each hour."""
    clock = [visit.reader.clock(one.at) for one in found.waited]
    words = [
        say("{time}: {span}", time=time, span=_span(visit, one.oldest))
        for time, one in zip(clock, found.waited, strict=True)
    ]
    longest = max((one.oldest for one in found.waited if one.oldest is not None), default=0)
    known = any(one.oldest is not None for one in found.waited)
    says = (
        say("In the last 24 hours the oldest work waited {span} at most.", span=_span(visit, longest))
        if known
        else say("Nothing is known of the last day yet.")
    )
    series = [
        Series("", tone, [one.oldest if one.oldest and _tone(one.oldest) == tone else 0 for one in found.waited])
        for tone in ("info", "warn", "bad")
    ]
    most = (
        say("Up to {span}", span=_span(visit, longest))
        if longest
        else say("Nothing had to wait")
        if known
        else say("Nothing is known of the last day yet.")
    )
    return plot(Plot(say("How long work waited"), says, series, words, _ticks(clock), most, legend=False))


def _tone(seconds: int) -> str:
    return "bad" if seconds >= STUCK.total_seconds() else "warn" if seconds >= SLOW.total_seconds() else "info"


def wait_table(visit: Visit, found: Installation) -> Markup:
    """The hours in which somebody took the pulse."""
    lines = [[visit.reader.clock(one.at), _span(visit, one.oldest)] for one in found.waited if one.oldest is not None]
    head = [say("Hour from"), say("The oldest work waited")]
    return table(head, lines, say("How long work waited")) if lines else _none()


def _none() -> Markup:
    return paragraph(say("Nothing is known of the last day yet."), "s-muted")


def _span(visit: Visit, seconds: int | None) -> str:
    if seconds is None:
        return say("not known")
    return visit.reader.about(timedelta(seconds=seconds)) if seconds else say("no time at all")


def _ticks(clock: Sequence[str]) -> list[str]:
    return [*clock[::6], say("now")]
