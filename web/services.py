"""Everything the pages need, handed in by the wiring: no globals, no singletons."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from fastapi import APIRouter
from prometheus_client import CollectorRegistry

from accounts.displays import Displays
from accounts.service import Accounts
from accounts.watch import SessionWatch
from conversation.clock import Clock, SystemClock
from handoff.desk import Desk
from handoff.ports import DeskReads, Presence
from web.ports import (
    AdminReads,
    AlarmReads,
    Blobs,
    Check,
    ClientDirectory,
    DashboardReads,
    EngineReads,
    Live,
    NoEngines,
    Webhook,
)
from web.proxies import ForwardedSightings, Network, Unnoticed
from web.quotas import Gate
from web.reports.ports import ReportReads
from web.settlement.ports import Settling, WhatIfs
from web.training.ports import Training

MEBIBYTE = 1024 * 1024


@dataclass(frozen=True)
class Services:
    """`secure` says that people reach us by https. `timezone` is the provider's, for the desk. `chat` is the
    customers' web chat, which guards itself; without `settling` and `what_ifs` there are no pages about money.
    `webhooks` maps a path to its handler. `gate` counts what people take of us. Limits are in bytes. `proxies` are the
    networks whose forwarded headers count; `sightings` is told of others'.
    """

    desk: Desk
    reads: DeskReads
    presence: Presence
    accounts: Accounts
    watch: SessionWatch
    displays: Displays
    clients: ClientDirectory
    dashboards: DashboardReads
    admin: AdminReads
    reports: ReportReads
    live: Live
    blobs: Blobs
    clock: Clock = field(default_factory=SystemClock)
    registry: CollectorRegistry = field(default_factory=CollectorRegistry)
    engines: EngineReads = field(default_factory=NoEngines)
    readiness: Mapping[str, Check] = field(default_factory=dict)
    webhooks: Mapping[str, Webhook] = field(default_factory=dict)
    chat: APIRouter | None = None
    settling: Settling | None = None
    what_ifs: WhatIfs | None = None
    training: Training | None = None
    alarms: AlarmReads | None = None
    gate: Gate = field(default_factory=Gate.of)
    secure: bool = False
    proxies: Sequence[Network] = ()
    sightings: ForwardedSightings = field(default_factory=Unnoticed)
    timezone: str = "UTC"
    body_limit: int = MEBIBYTE
    upload_limit: int = 20 * MEBIBYTE
