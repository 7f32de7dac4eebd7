"""All tables of the house."""

from selfserve.store.tables.devices import DeviceCode, DeviceToken
from selfserve.store.tables.drafts import Draft
from selfserve.store.tables.health import Certificate, GoodCatalog, Pulse
from selfserve.store.tables.notices import Notice
from selfserve.store.tables.people import ApiToken, Identity, Person, PersonGroup, SignIn, SyncMark
from selfserve.store.tables.preferences import Preference
from selfserve.store.tables.requests import (
    AskKey,
    Decision,
    Grant,
    GrantReason,
    ItemVersion,
    Request,
    Stage,
    StageApprover,
)
from selfserve.store.tables.seats import Seat, SeatPool, SeatWaiting
from selfserve.store.tables.smiles import Smile
from selfserve.store.tables.trail import AuditEvent, AuditSeal
from selfserve.store.tables.watching import Watcher
from selfserve.store.tables.work import ConnectorHealth, Escalation, ExecutorLease, Run, Step, Takeover

__all__ = [
    "ApiToken",
    "AskKey",
    "AuditEvent",
    "AuditSeal",
    "Certificate",
    "ConnectorHealth",
    "Decision",
    "DeviceCode",
    "DeviceToken",
    "Draft",
    "Escalation",
    "ExecutorLease",
    "GoodCatalog",
    "Grant",
    "GrantReason",
    "Identity",
    "ItemVersion",
    "Notice",
    "Person",
    "PersonGroup",
    "Preference",
    "Pulse",
    "Request",
    "Run",
    "Seat",
    "SeatPool",
    "SeatWaiting",
    "SignIn",
    "Smile",
    "Stage",
    "StageApprover",
    "Step",
    "SyncMark",
    "Takeover",
    "Watcher",
]
