"""One process of the storm: it works the queue and is asked by impatient customers, until all is done or it is killed.

It waits for a line on its standard input before it begins. Arguments: one JSON object with `url`, `executor`,
`directory`, `customers`, `seed`.
"""

from __future__ import annotations

import json
import logging
import random
import sys
import time
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import sqlalchemy as sa
import structlog

from selfserve.fulfilment import leases
from selfserve.fulfilment import tasks as fulfilment_tasks
from selfserve.fulfilment.house import House
from selfserve.fulfilment.leases import Heart
from selfserve.requests import acts
from selfserve.requests import tasks as requests_tasks
from selfserve.requests.decide import Say, decide
from selfserve.requests.refusals import Refusal
from selfserve.requests.submit import submit
from selfserve.store.states import GrantState, RequestState, StageState
from selfserve.store.tables import Grant, GrantReason, Request, Stage
from tests.storm.house import build, customer, gives_back, item_of, wall

THREADS = 4


def serve_one(house: House, number: int) -> bool:
    """Customer `number` asks (again), Dora decides, it is given back where it should be; True once nothing is left to
    do."""
    me = customer(number)
    try:
        made = submit(house, customer_id=me, item_id=item_of(number), answers={}, idempotency_key=f"ask-{number}")
        if made.state is RequestState.AWAITING_APPROVAL:
            _decide(house, made.id)
        return _finish(house, number, made.id)
    except Refusal:
        return False  # somebody else was first, or it is just being done: look again


def _decide(house: House, request_id: str) -> None:
    with house.database.read() as session:
        stage = session.scalar(
            sa.select(Stage.id).where(Stage.request_id == request_id, Stage.state == StageState.OPEN)
        )
    if stage is not None:
        decide(house, stage_id=stage, person_id="dora", say=Say.APPROVE)


def _finish(house: House, number: int, request_id: str) -> bool:
    with house.database.write() as session:
        request = session.get_one(Request, request_id)
        if request.state != RequestState.FULFILLED:
            return False
        state = session.scalar(
            sa.select(Grant.state)
            .join(GrantReason, GrantReason.grant_id == Grant.id)
            .where(GrantReason.request_id == request_id)
        )
        if not gives_back(number):
            return state == GrantState.ACTIVE
        if state == GrantState.ACTIVE:
            acts.give_back(session, house, request.name, customer(number), wall())
        return state == GrantState.ENDED


def main(order: dict[str, Any]) -> None:
    """Work until every customer is served."""
    structlog.configure(
        wrapper_class=structlog.make_filtering_bound_logger(logging.ERROR),
        logger_factory=structlog.PrintLoggerFactory(sys.stderr),
    )
    leases.MOST_TAKEOVERS = 100  # here the workers are killed, and do not die of their work
    house = build(order["url"], order["executor"], order["directory"])
    fulfilment_tasks.register(house)
    requests_tasks.register(house)
    heart = Heart(house, "worker", sweeps=True)
    heart.start()
    house.engine.start()
    print("ready", flush=True)
    left = list(range(order["customers"]))
    random.Random(order["seed"]).shuffle(left)
    with ThreadPoolExecutor(THREADS) as threads:
        while left:
            done = list(threads.map(lambda number: serve_one(house, number), left))
            left = [number for number, over in zip(left, done, strict=True) if not over]
            time.sleep(0.1)
    house.engine.stop()
    heart.stop()
    house.connectors.close()
    house.database.close()


if __name__ == "__main__":
    print("warm", flush=True)  # all is imported: a spare waits here until it is needed
    if sys.stdin.readline():
        main(json.loads(sys.argv[1]))
