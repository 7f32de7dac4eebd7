"""Seats of a licence, given and taken back in our own store."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator, Mapping
from types import MappingProxyType
from typing import Any, ClassVar

from pydantic import BaseModel, ConfigDict, Field

from selfserve.connectors.contract import (
    Accepted,
    Action,
    AlreadyDone,
    Blocked,
    Connector,
    Context,
    Done,
    Failed,
    FailureKind,
    Finding,
    Level,
    Observation,
    Option,
    Options,
    Outcome,
    Plan,
    Ports,
    Presence,
    SeatHolder,
    SeatHolderError,
    SeatQueued,
    SeatStore,
    SeatStoreError,
    SeatTaken,
    Short,
    State,
)
from selfserve.connectors.problems import nearest
from selfserve.connectors.seats import words
from selfserve.connectors.seats.settings import Pool, SeatsSettings
from selfserve.languages.messages import msg


class SeatArgs(BaseModel):
    """Arguments of `assign` and `release`."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    pool: str = Field(min_length=1, max_length=100)
    customer: str = Field(min_length=1, max_length=320)
    """Id, login or mail address; only the id means the same person for ever."""


class _NoSuchPoolError(Exception):
    """The pool is not configured; the text says which are."""


_TROUBLE = (SeatStoreError, SeatHolderError, _NoSuchPoolError)
"""Why nothing can be done or seen of a seat."""
FEW = 5
"""One in so many seats left is few; the last one of a pool of one is not."""


class SeatsConnector(Connector):
    """Gives seats of the pools in `SeatsSettings`; needs the port `seats`."""

    kind = "seats"
    Settings = SeatsSettings
    actions: ClassVar[Mapping[str, Action[Any]]] = MappingProxyType(
        {
            "assign": Action(
                "assign", SeatArgs, msg("You get a seat"), quick=True, idempotent=True, secret_result=True
            ),
            "release": Action(
                "release", SeatArgs, msg("Your seat is freed"), quick=True, idempotent=True, secret_result=True
            ),
        }
    )

    def __init__(self, name: str, settings: SeatsSettings, ports: Ports) -> None:
        super().__init__(name, settings, ports)
        self.pools: Mapping[str, Pool] = settings.pools
        self._declared: set[str] = set()
        self._unread: dict[str, int] = {}
        self._lock = threading.Lock()

    @classmethod
    def gives_secret(cls, action: str, args: Mapping[str, Any], settings: Any = None) -> bool | None:
        """A seat is a secret where its pool holds keys, and a mere count elsewhere; giving it back shows nothing."""
        if action != "assign":
            return False
        if not isinstance(settings, SeatsSettings):
            return None
        named = args.get("pool")
        pools = (
            settings.pools if named is None else {name: pool for name, pool in settings.pools.items() if name == named}
        )
        kinds = {pool.total is None for pool in pools.values()}
        return kinds.pop() if len(kinds) == 1 else None

    @classmethod
    def forbidden(cls, action: str, args: Mapping[str, Any], settings: Any = None) -> Mapping[str, str]:
        """Pools that are not configured."""
        pool = args.get("pool")
        if not isinstance(settings, SeatsSettings) or not isinstance(pool, str) or pool in settings.pools:
            return {}
        return {"pool": f'There is no pool "{pool}": {nearest(pool, settings.pools)}'}

    def check(self) -> list[Finding]:
        """How many are left of each pool, a warning where it runs short, and what is held and not to be given again."""
        findings: list[Finding] = []
        for name, pool in self.pools.items():
            try:
                findings += self._check_pool(name, pool)
            except SeatStoreError as error:
                why = error.args[0] if error.args and isinstance(error.args[0], str) else str(error)
                text = msg("The pool {name} cannot be read: {why}", name=name, why=why)
                findings.append(Finding(Level.ERROR, "seats", text))
        return findings

    def options(self, action: str, field: str, query: str, cursor: str | None = None) -> Options:
        """The pools, with what is left of each."""
        if field != "pool":
            return Options(())
        wanted = query.casefold()
        found = [(name, pool) for name, pool in self.pools.items() if wanted in f"{name} {pool.label}".casefold()]
        return Options(tuple(Option(name, pool.label, self._note(name)) for name, pool in sorted(found)))

    def short(self) -> Short:
        """Pools without a free seat; a pool that an expression chooses is not known."""
        if self.ports.seats is None:
            return super().short()
        try:
            full = self.ports.seats.full() & self.pools.keys()
        except SeatStoreError:
            return super().short()
        return lambda action, args: action == "assign" and args.get("pool") in full

    def resource(self, action: str, args: BaseModel) -> str:
        asked = _args(args)
        try:
            holder = self._holder(asked, {}).key
        except SeatStoreError:
            return ""
        except SeatHolderError:
            return f"?{action}:{asked.pool}:{asked.customer.strip().casefold()}"
        return f"{'seat' if action == 'assign' else 'no-seat'}:{asked.pool}:{holder}"

    def plan(self, action: str, args: BaseModel) -> Plan:
        asked = _args(args)
        try:
            store, pool = self._store(asked.pool)
            holder = self._holder(asked, {})
            figures, held = store.figures(asked.pool), store.look(asked.pool, holder.key)
        except _TROUBLE as error:
            away = isinstance(error, SeatStoreError)
            blocked = Blocked(_words(error), for_good=not away, away=away)
            return Plan(msg("You get a seat."), f"{action} in {asked.pool} for {asked.customer}.", blocked)
        assert figures is not None
        staff = f"{action} a seat of {asked.pool} for {holder.shown} ({words.left(figures)})."
        if action == "release":
            return Plan(msg("Your seat of {label} is freed.", label=pool.label), staff)
        if isinstance(held, SeatQueued):
            return Plan(words.in_line(pool.label, held.place), staff, waits=True)
        if held is None and not words.free(figures):
            return Plan(words.in_line(pool.label, figures.waiting + 1), staff, waits=True)
        return Plan(msg("You get a seat of {label}.", label=pool.label), staff)

    def apply(self, action: str, args: BaseModel, ctx: Context) -> Outcome:
        work = self._assign if action == "assign" else self._release
        return _told(lambda: work(_args(args), ctx.remembered, ctx))

    def observe(self, action: str, args: BaseModel, state: State) -> Observation:
        asked = _args(args)
        try:
            store, pool = self._known(asked.pool)
            holder = self._holder(asked, state)
            held = store.look(asked.pool, holder.key)
            if pool is None and action == "assign" and isinstance(held, SeatQueued):
                raise self._not_configured(asked.pool)  # nobody is served, so it is not said that they wait
        except _TROUBLE as error:
            return Observation.failed(_failed(error))
        evidence = {"pool": asked.pool, "holder": holder.shown}
        if action == "release":
            return Observation(Presence.ABSENT if held else Presence.PRESENT, evidence)
        return _seen(evidence, pool.label if pool else asked.pool, held, state)

    def undo(self, action: str, args: BaseModel, state: State, ctx: Context) -> Outcome:
        work = self._release if action == "assign" else self._assign
        return _told(lambda: work(_args(args), state, ctx))

    def _assign(self, asked: SeatArgs, state: State, ctx: Context) -> Outcome:
        store, pool = self._store(asked.pool)
        holder = self._holder(asked, state).key
        got, state = store.take(asked.pool, holder, ctx.key, ctx.now()), {"pool": asked.pool, "holder": holder}
        if isinstance(got, SeatQueued):
            return Accepted({**state, "place": got.place}, pool.look_again, pool.wait, words.waits(pool.label))
        state, tell = {**state, "seat": got.seat}, msg("You have a seat of {label}.", label=pool.label)
        return Done(state, tell, got.licence) if got.fresh else AlreadyDone(state, tell)

    def _release(self, asked: SeatArgs, state: State, ctx: Context) -> Outcome:
        store, pool = self._known(asked.pool)
        holder = self._holder(asked, state).key
        had = store.give_back(asked.pool, holder, ctx.now(), serves=pool is not None)
        state = {"pool": asked.pool, "holder": holder}
        tell = msg("You no longer have a seat of {label}.", label=pool.label if pool else asked.pool)
        return Done(state, tell) if had else AlreadyDone(state, tell)

    def _holder(self, asked: SeatArgs, state: State) -> SeatHolder:
        """Whose seat it is: who it was given to or taken from, whatever their words mean today; else who is asked
        for."""
        store, recorded = self._seats(), str(state.get("holder") or "")
        return SeatHolder(recorded, store.shown(recorded)) if recorded else store.holder(asked.pool, asked.customer)

    def _seats(self) -> SeatStore:
        if self.ports.seats is None:
            raise SeatStoreError(msg("this process has no store of seats."))
        return self.ports.seats

    def _store(self, name: str) -> tuple[SeatStore, Pool]:
        """The store with the pool declared in it as configured: once per process, and again while its keys are kept
        back."""
        pool = self.pools.get(name)
        if pool is None:
            raise self._not_configured(name)
        store = self._seats()
        with self._lock:
            if name not in self._declared:
                self._unread[name] = store.declare(name, pool.total, pool.key_list)
                if not self._unread[name]:
                    self._declared.add(name)
        return store, pool

    def _known(self, name: str) -> tuple[SeatStore, Pool | None]:
        """The store, and the pool where it is configured. One that was and is not any more gives nobody a seat and
        serves nobody in line, but what it gave is seen and comes back."""
        if name in self.pools:
            return self._store(name)
        store = self._seats()
        if store.figures(name) is None:
            raise self._not_configured(name)
        return store, None

    def _not_configured(self, name: str) -> _NoSuchPoolError:
        return _NoSuchPoolError(
            msg(
                "There is no pool “{pool}” in {connector}: {hint}",
                pool=name,
                connector=self.name,
                hint=nearest(name, self.pools),
            )
        )

    def _check_pool(self, name: str, pool: Pool) -> Iterator[Finding]:
        figures = self._store(name)[0].figures(name)
        assert figures is not None
        free = words.free(figures)
        short = not free or (free <= pool.short_at and free * FEW <= figures.total)
        level = Level.WARNING if short else Level.INFO
        yield Finding(level, "seats", words.stock(pool.label, figures, pool.team if short else ""))
        if unread := self._unread[name]:
            yield Finding(Level.ERROR, "seats", words.unread(pool.label, unread))
        elif figures.leaving:
            yield Finding(Level.WARNING, "seats", words.leaving(pool.label, figures.leaving))

    def _note(self, name: str) -> str:
        try:
            figures = self._store(name)[0].figures(name)
        except SeatStoreError:
            return ""
        return words.left(figures) if figures else ""


def _seen(evidence: State, label: str, held: SeatTaken | SeatQueued | None, state: State) -> Observation:
    if held is None:
        return Observation(Presence.ABSENT, evidence)
    if isinstance(held, SeatQueued):
        return Observation(Presence.PENDING, {**evidence, "place": held.place}, words.waits(label))
    # A key that came while waiting was in no outcome yet; one that `apply` gave is never repeated here.
    secret = held.licence if "place" in state else None
    return Observation(
        Presence.PRESENT,
        {**evidence, "seat": held.seat},
        msg("You have a seat of {label}.", label=label),
        secret,
    )


def _told(work: Callable[[], Outcome]) -> Outcome:
    try:
        return work()
    except _TROUBLE as error:
        return _failed(error)


def _failed(error: SeatStoreError | SeatHolderError | _NoSuchPoolError) -> Failed:
    """One item's wrong pool is no fault of the others, nor is one customer's name."""
    if isinstance(error, SeatHolderError):
        return Failed(FailureKind.AMBIGUOUS, _words(error))
    if isinstance(error, _NoSuchPoolError):
        return Failed(FailureKind.NOT_FOUND, _words(error))
    return Failed(FailureKind.TRANSIENT, msg("The store of seats does not answer: {error}", error=_words(error)))


def _words(error: Exception) -> str:
    """The sentence of an error, as it was made."""
    return error.args[0] if error.args and isinstance(error.args[0], str) else str(error)


def _args(args: BaseModel) -> SeatArgs:
    assert isinstance(args, SeatArgs)
    return args
