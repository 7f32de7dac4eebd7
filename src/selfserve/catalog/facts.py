"""The names a rule may read, and what stands behind them."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime, tzinfo
from types import MappingProxyType
from typing import TYPE_CHECKING, Any, Final, TypedDict

if TYPE_CHECKING:
    from selfserve.catalog.items import Item

Context = Mapping[str, Any]
"""What a rule is evaluated against: exactly the keys of `ROOTS`."""

ROOTS: Final = ("customer", "form", "item", "now", "device")


class Facts(dict[str, Any]):
    """A context that knows in which time zone its days are meant. The zone is no name that a rule could read: rules go
    by instants; texts that tell a day go by it.

    `words` is what an answer reads as in a text, by its name in a rule (`form.model`), where that is not its value;
    `tongues` are the same facts as texts in further languages tell them, by their codes.
    """

    zone: tzinfo = UTC
    words: Mapping[str, str] = MappingProxyType({})
    tongues: Mapping[str, Facts] = MappingProxyType({})


class CustomerFacts(TypedDict):
    """The person served, as rules see them. What is not known is an empty text, never null: rules need no guard.

    `groups` are directory group names, `manager` is the manager's mail address, `employee_type` the directory's word.
    """

    id: str
    login: str
    email: str
    name: str
    department: str
    title: str
    location: str
    groups: list[str]
    manager: str
    employee_type: str
    language: str


class DeviceFacts(TypedDict):
    """The device a customer speaks from, as rules see it; null as a whole where none is known.

    `proven` is true only where the company's device management says all this; what a device says of itself is a claim.
    """

    serial: str
    name: str
    model: str
    platform: str
    version: str
    encrypted: bool
    owner: str
    proven: bool


CUSTOMER_NAMES: Final = tuple(CustomerFacts.__annotations__)
DEVICE_NAMES: Final = tuple(DeviceFacts.__annotations__)
ITEM_NAMES: Final = ("id", "name", "category", "risk", "owner")


def rule_context(
    item: Item,
    customer: CustomerFacts,
    *,
    now: datetime,
    form: Mapping[str, Any] | None = None,
    device: DeviceFacts | None = None,
    zone: tzinfo = UTC,
) -> Context:
    """Everything a rule of `item` may read. `form` is `CleanAnswers.form`; left out, every field is null. `zone` is the
    one that the days in it were meant in."""
    blank = dict.fromkeys(item.form)
    made = Facts(
        customer=dict(customer),
        form={**blank, **(form or {})},
        item={"id": item.id, "name": str(item.name), "category": item.category, "risk": item.risk, "owner": item.owner},
        now=now,
        device=dict(device) if device else None,
    )
    made.zone = zone
    return made
