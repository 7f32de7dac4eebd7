"""What is not right with the installation, each in one sentence with what to do about it; the worst first."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta

from selfserve.insights.certificates import SOON, URGENT
from selfserve.insights.installation import RESTING, WORKER, CertificateState, ConnectorState, Installation
from selfserve.languages.messages import msg, msg_n

ERROR, WARNING = "error", "warning"
LATE = timedelta(minutes=15)
"""Connectors are looked at every 5 minutes."""
SLOW, STUCK = timedelta(minutes=5), timedelta(minutes=30)
"""Work waits for the oldest moment in a queue: longer than customers expect, and longer than they accept."""
SCARCE, NOTHING = 1024**3, 100 * 1024**2
"""Bytes."""
WHOSE = {
    "provider": msg("the identity provider"),
    "database": msg("the database"),
    "server": msg("selfserve itself"),
    "mail": msg("the mail server"),
}


@dataclass(frozen=True, slots=True)
class Trouble:
    """`words` say what is wrong, `todo` what helps; `since` where that is known. `level`: `error`, or `warning` for
    what becomes one."""

    level: str
    words: str
    todo: str
    since: datetime | None = None


def troubles(found: Installation) -> list[Trouble]:
    """Everything that somebody should do something about."""
    parts = (_workers, _schema, _connectors, _queues, _room, _certificates, _people, _mail, _catalog)
    return sorted((one for part in parts for one in part(found)), key=lambda one: one.level != ERROR)


def whose(of: str) -> str:
    """Whose certificate it is, in words."""
    return WHOSE.get(of) or msg("the connector {name}", name=of.partition(":")[2] or of)


def _working(found: Installation) -> bool:
    return any(one.alive and one.role == WORKER for one in found.workers)


def _workers(found: Installation) -> Iterator[Trouble]:
    if not _working(found):
        yield Trouble(
            ERROR,
            msg("No worker is running, so nothing that waits is done."),
            msg("Start `selfserve worker`, or set `worker.enabled` and start the server again."),
            max((one.beaten_at for one in found.workers if one.role == WORKER), default=None),
        )


def _schema(found: Installation) -> Iterator[Trouble]:
    have, want = found.versions.schema, found.versions.schema_known
    if have != want:
        words = msg("The store is at schema {have}, but this version wants {want}.", have=have or "–", want=want)
        yield Trouble(ERROR, words, msg("Run `selfserve db upgrade`, then start every process again."))


def _connectors(found: Installation) -> Iterator[Trouble]:
    looked = [one.looked_at for one in found.connectors if one.looked_at]
    if looked and _working(found) and found.at - max(looked) > LATE:
        words = msg("Nobody has looked after the connectors lately, although a worker is running.")
        yield Trouble(WARNING, words, msg("Read the worker's log and start it again."), max(looked))
    for one in found.connectors:
        yield from _connector(one)


def _connector(one: ConnectorState) -> Iterator[Trouble]:
    reason = _whole(one.reason) if one.reason else msg("It does not answer.")
    if one.level == RESTING:
        words = msg("The connector {name} rests after failures in a row: {reason}", name=one.name, reason=reason)
        yield Trouble(ERROR, words, msg("Look at the system behind it. We try again by ourselves."), one.since)
    elif one.level == ERROR:
        words = msg("The connector {name} does not work: {reason}", name=one.name, reason=reason)
        yield Trouble(ERROR, words, msg("Mend what is named, then press “Look again”."), one.since)
    elif one.level == WARNING:
        words = msg("The connector {name} works, with a doubt: {reason}", name=one.name, reason=reason)
        todo = msg("It goes on working. What is named may need somebody; we look again by ourselves.")
        yield Trouble(WARNING, words, todo, one.since)


def _whole(words: str) -> str:
    """A sentence that ends as one: ours do, those of other people's connectors may not."""
    return words if words.endswith((".", "!", "?")) else msg("{sentence}.", sentence=words)


def _queues(found: Installation) -> Iterator[Trouble]:
    for one in found.queues:
        waited = timedelta(seconds=one.oldest)
        if waited >= SLOW:
            minutes = one.oldest // 60
            words = msg("Work in the queue {name} has been waiting for {count} minutes.", name=one.name, count=minutes)
            todo = msg("Start one more worker, or see which target below is slow or away.")
            yield Trouble(ERROR if waited >= STUCK else WARNING, words, todo, found.at - waited)


def _room(found: Installation) -> Iterator[Trouble]:
    free = found.room.free
    if free is not None and free < SCARCE:
        words = msg("Only {count} MiB are free where the store lies.", count=free // 1024**2)
        todo = msg("Make room on that disk, or move the store to a larger one: a full disk stops everything.")
        yield Trouble(ERROR if free < NOTHING else WARNING, words, todo)


def _certificates(found: Installation) -> Iterator[Trouble]:
    for one in found.certificates:
        if one.ends_at is not None and one.ends_at - found.at <= SOON:
            level = ERROR if one.ends_at - found.at <= URGENT else WARNING
            yield Trouble(level, _ending(one), msg("Renew it on {address}.", address=one.address))


def _ending(one: CertificateState) -> str:
    left = one.days_left or 0
    if left < 0:
        return msg("The certificate of {whose} has ended, so nobody should connect any more.", whose=whose(one.of))
    if left == 0:
        return msg("The certificate of {whose} ends today.", whose=whose(one.of))
    return msg_n(
        "The certificate of {whose} ends in {count} day.",
        "The certificate of {whose} ends in {count} days.",
        left,
        whose=whose(one.of),
    )


def _people(found: Installation) -> Iterator[Trouble]:
    people = found.people
    look = msg("See whether the directory answers, and try it with `selfserve people sync`.")
    if people.read_at is None:
        yield Trouble(WARNING, msg("People were not read from the directory yet."), look)
    elif found.at - people.read_at > max(timedelta(seconds=3 * people.every), LATE):
        words = msg("People were not read from the directory lately, so who came and who left is not known.")
        yield Trouble(ERROR, words, look, people.read_at)
    for alarm in people.alarms:
        todo = msg("If the directory is right, run `selfserve people sync --accept-shrink`; if not, mend it first.")
        yield Trouble(ERROR, alarm, todo, people.read_at)


def _mail(found: Installation) -> Iterator[Trouble]:
    mail = found.mail
    if mail.failure:
        yield Trouble(
            ERROR,
            msg_n(
                "{count} notice waits for its mail. {reason}",
                "{count} notices wait for their mail. {reason}",
                mail.waiting,
                reason=_whole(mail.failure),
            ),
            msg("Look at the mail server with `selfserve doctor`. Nothing is lost, and everything shows in the app."),
        )


def _catalog(found: Installation) -> Iterator[Trouble]:
    problems = found.versions.catalog_problems
    if problems:
        words = msg("The last edit of the catalog has a mistake, so the version before it is served: {problem}.",
                    problem=problems[0].rstrip("."))  # fmt: skip
        yield Trouble(WARNING, words, msg("Mend it; `selfserve catalog check` names every mistake."))
