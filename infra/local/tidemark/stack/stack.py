"""The local stack: template.yaml, running on this machine.

    HTTP API ── functions ── tables (DynamoDB Local or moto) ── streams ─┐
        ▲           ▲   └── queues, event bus, parameters (SQLite) ──┐   │
     clients        └──────────── schedules, queue and stream readers ◀──┘

Everything listens on 127.0.0.1. With `data` all of it survives a kill at any moment: a message is
acknowledged once it is committed, and a stream's place is moved once its records were handled.
"""

from __future__ import annotations

import fcntl
import json
import os
import time
from collections.abc import Mapping
from contextlib import ExitStack
from datetime import datetime
from pathlib import Path
from typing import IO, Any

from tidemark.stack import names as naming
from tidemark.stack import template
from tidemark.stack.activity import Activity
from tidemark.stack.admin import PREFIX, Admin
from tidemark.stack.asynchronous import Asynchronous
from tidemark.stack.authorizer import Gate, Issuer
from tidemark.stack.aws_endpoint import AwsEndpoint
from tidemark.stack.bus import Bus, Event
from tidemark.stack.clock import StackClock
from tidemark.stack.database import Database
from tidemark.stack.errors import StackError
from tidemark.stack.executions import Executions
from tidemark.stack.functions import Functions
from tidemark.stack.http_api import HttpApi
from tidemark.stack.http_server import HttpServer, Request, Response
from tidemark.stack.names import Names
from tidemark.stack.objects import ACCESS_KEY, SECRET_KEY, Objects
from tidemark.stack.parameters import Parameters
from tidemark.stack.queue_mapping import QueuePoller
from tidemark.stack.queues import Draft, Queues
from tidemark.stack.schedules import Schedules
from tidemark.stack.store import MOTO, Store, StoreName
from tidemark.stack.store_client import StoreClient
from tidemark.stack.stream_mapping import StreamPoller
from tidemark.stack.stream_reader import StreamReader
from tidemark.stack.wire import wire
from tidemark.stack.wiring import Authorizer
from tidemark.stack.writes import Writes

NAME = "tidemark"
IDLE_SECONDS = 120.0

# When a schedule of a function will find something to do, so that a moved clock can skip the rest.
NEXT_WORK: Mapping[str, str] = {
    "SweepFunction": "segment_core.membership.sweep:next_due",
    "AuditFunction": "segment_core.membership.audit:next_work",
}

_LOCK_SECONDS = 15.0
_LOCK_LOOK_SECONDS = 0.05
_TOKEN_SECONDS = 24 * 3600


class Stack:
    """One running stack. Make it, `start` it, `stop` it; several in one process one after the other are fine."""

    def __init__(
        self,
        template: Path,
        data: Path | None = None,
        store: str = "auto",
        port: int = 0,
        clock: datetime | None = None,
        parameters: Mapping[str, Any] | None = None,
        *,
        environments: int = 1,
        next_work: Mapping[str, str] = NEXT_WORK,
        metered: bool = False,
    ) -> None:
        """`data`: folder to keep everything in (None: memory). `clock`: stand still at this instant; kept data
        whose clock is already later goes on from there, and is moved there if it is earlier.

        `environments`: how many events a function may work on at once; each is a process of its own.
        `next_work`: by function, the place of a function that tells when its schedules will have work.
        `metered`: count what calls of DynamoDB consume, for `functions.take_consumed`.
        """
        self._template_path = template
        self._data = data
        self._wanted_store = store
        self._port = port
        self._frozen_at = clock
        self._given = dict(parameters or {})
        self._environments = environments
        self._next_work = next_work
        self._metered = metered
        self._activity = Activity()
        self._writes = Writes()
        self._ending = ExitStack()

    # Starting and stopping -----------------------------------------------------------------------

    def start(self) -> Stack:
        """Bring everything up; returns once requests are served. Raises StackError, with nothing left running."""
        try:
            self._start()
        except BaseException:
            self.stop()
            raise
        return self

    def stop(self) -> None:
        """End everything, in the opposite order of starting; what is at hand is finished first."""
        self._activity.stop()
        self._ending.close()

    def __enter__(self) -> Stack:
        return self.start()

    def __exit__(self, *_: object) -> None:
        self.stop()

    def _start(self) -> None:
        lock = self._lock_data()
        self._api_server, services_server = HttpServer(self._port), HttpServer(0)
        self._ending.callback(self._api_server.stop)
        self._ending.callback(services_server.stop)
        names = Names(NAME, self._api_server.url, services_server.url)
        self._template = template.read(self._template_path, names, self._given)
        self.wiring = wire(self._template)
        folder = self._data / "dynamodb" if self._data else None
        self._store = Store(self._wanted_store, folder, [lock.fileno()] if lock else [])
        self._ending.callback(self._store.stop)
        # Processes are split off before this one has threads.
        sockets = [self._api_server.socket, services_server.socket]
        self.functions = Functions(self.wiring.functions, self._environments, sockets, self._activity)
        self._ending.callback(self.functions.stop)
        self._open_services()
        services_server.start(self._endpoint(names))
        client = self._store.open(self.wiring.tables)
        self._ending.callback(client.close)
        self._read_streams(client)
        variables = self._variables(services_server.url)
        self.functions.start(variables, self.wiring.layers, self.clock, self._writes.note, metered=self._metered)
        self._begin()

    def _endpoint(self, names: Names) -> AwsEndpoint:
        parameters, objects = Parameters(self._database), Objects(self.wiring.buckets, self._database)
        return AwsEndpoint(names, self.queues, self._bus, self._executions, parameters, objects, self._activity)

    def _lock_data(self) -> IO[str] | None:
        """The data belongs to one stack; a killed one's processes let go of it when they have ended."""
        if self._data is None:
            return None
        try:
            (self._data / "dynamodb").mkdir(parents=True, exist_ok=True)
            lock = self._ending.enter_context((self._data / "lock").open("w"))
        except OSError as error:
            raise StackError(f"no data can be kept in {self._data}: {error.strerror or error}") from None
        deadline = time.monotonic() + _LOCK_SECONDS
        while True:
            try:
                fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except BlockingIOError:
                if time.monotonic() > deadline:
                    raise StackError(f"{self._data} is in use by another stack") from None
                time.sleep(_LOCK_LOOK_SECONDS)
            else:
                return lock

    def _open_services(self) -> None:
        self._database = Database(self._data / "stack.sqlite" if self._data else None)
        self._ending.callback(self._database.close)
        self.clock = StackClock(self._database, self._frozen_at)
        self.queues = Queues(self.wiring.queues, self._database, self.clock)
        self.issuer = Issuer(self._database)
        self._bus = Bus(self.wiring.buses, self.wiring.rules, self._database, self.clock, self._deliver)
        self._asynchronous = Asynchronous(self.functions, self.queues, self.clock, self._activity)
        self._executions = Executions(
            {one.arn: one for one in self.wiring.machines},
            self.functions,
            self.wiring.functions,
            self._database,
            self.clock,
            self._activity,
        )
        self.schedules = Schedules(
            self.wiring.schedules,
            {one.name: one for one in self.wiring.functions},
            self._next_work,
            self.functions,
            self._asynchronous,
            self.clock,
            self._writes,
            self.drain,
        )

    def _read_streams(self, client: StoreClient) -> None:
        tables = {table.stream_arn: table.name for table in self.wiring.tables}
        self._streams: list[StreamPoller] = []
        for mapping in self.wiring.streams:
            table = tables[mapping.source_arn]
            reader = StreamReader(client, self._database, mapping, table, moto=self._store.name == MOTO)
            poller = StreamPoller(mapping, reader, self.functions, self.queues, self._activity, self.clock)
            self._writes.follow(table, poller.wake)
            self._streams.append(poller)

    def _begin(self) -> None:
        """From here on there is work: readers first, so that what comes in is carried on."""
        queues = [
            QueuePoller(mapping, self.queues, self.functions, self._activity, self._environments)
            for mapping in self.wiring.queue_mappings
        ]
        parts: list[Asynchronous | Executions | StreamPoller | QueuePoller | Schedules]
        parts = [self._asynchronous, self._executions]
        parts += [*self._streams, *queues, self.schedules]
        for part in parts:
            part.start()
            self._ending.callback(part.stop)
        gate = Gate(self.issuer)
        self._http_api = HttpApi(self.wiring.routes, self.wiring.authorizers, gate, self.functions, self.clock)
        self._admin = Admin(self)
        if self._frozen_at and self._frozen_at > self.clock.now():
            self.schedules.move(self._frozen_at)
        self._api_server.start(self._answer)
        self._ending.callback(self._api_server.stop)

    def _variables(self, services_url: str) -> dict[str, str]:
        """What every function has in its environment beside its own: where this stack's AWS is."""
        kept = {name: value for name, value in os.environ.items() if not name.startswith("AWS_")}
        return kept | {
            "AWS_ACCESS_KEY_ID": ACCESS_KEY,
            "AWS_SECRET_ACCESS_KEY": SECRET_KEY,
            "AWS_REGION": naming.REGION,
            "AWS_DEFAULT_REGION": naming.REGION,
            "AWS_ENDPOINT_URL": services_url,
            "AWS_ENDPOINT_URL_DYNAMODB": self._store.url,
            "AWS_ENDPOINT_URL_DYNAMODB_STREAMS": self._store.url,
            # Else newer clients put the account into the host name.
            "AWS_ACCOUNT_ID_ENDPOINT_MODE": "disabled",
            "AWS_CONFIG_FILE": os.devnull,
            "AWS_SHARED_CREDENTIALS_FILE": os.devnull,
            "AWS_EC2_METADATA_DISABLED": "true",
            "NO_PROXY": "127.0.0.1",
            "no_proxy": "127.0.0.1",
        }

    # What it does while it runs -------------------------------------------------------------------

    def _answer(self, request: Request) -> Response:
        if request.target.startswith(PREFIX):
            return self._admin(request)
        with self._activity.busy("a request"):
            return self._http_api(request)

    def _deliver(self, arn: str, event: Event) -> None:
        """Hand an event of the bus to a rule's target."""
        for function in self.wiring.functions:
            if function.arn == arn:
                self._asynchronous.later(function, event)
                return
        self.queues.at(arn).send([Draft(json.dumps(event), {})])

    # What others ask of it ------------------------------------------------------------------------

    @property
    def url(self) -> str:
        """The address of the HTTP API."""
        return self._api_server.url

    @property
    def store(self) -> StoreName:
        """Which store holds the tables."""
        return self._store.name

    @property
    def store_url(self) -> str:
        """The address of the table store, for an AWS client."""
        return self._store.url

    @property
    def authorizer(self) -> Authorizer:
        """The template's one authorizer, for which tokens are made."""
        if len(self.wiring.authorizers) != 1:
            raise StackError("the template needs one authorizer for tokens to be made")
        return next(iter(self.wiring.authorizers.values()))

    def token(self, shop: str, scope: str, ttl: int = _TOKEN_SECONDS) -> str:
        """A token of the local issuer for that shop and those scopes (parted by spaces); `ttl` in seconds."""
        return self.issuer.token(self.authorizer, shop, scope, ttl)

    def move_clock(self, to: datetime) -> dict[str, Any]:
        """Move the clock, firing schedules on the way; returns when all that follows is done.

        Raises ClockError for an instant in the past, NotIdle when work does not come to an end.
        """
        return self.schedules.move(to)

    def freeze_clock(self, still: bool) -> None:
        """Let the clock stand still, or run again."""
        self.schedules.stand_still(still)

    def drain(self, timeout: float = IDLE_SECONDS) -> None:
        """Return once queues are empty, streams read to their ends and functions idle. Raises NotIdle."""
        self._activity.wait_until_idle(timeout)

    def events(self, after: int = 0, limit: int = 1_000_000) -> list[dict[str, Any]]:
        """Events of the bus behind the first `after`, in order; each has its number as `sequence`."""
        return self._bus.events(after, limit)

    def resources(self) -> dict[str, Any]:
        """What is running, by the names it has here."""
        return {
            "url": self.url,
            "store": {"name": self.store, "url": self.store_url},
            "routes": [
                {"route": f"{route.method} {route.path}", "function": route.function, "scopes": list(route.scopes)}
                for route in self.wiring.routes
            ],
            "tables": [table.name for table in self.wiring.tables],
            "queues": [queue.name for queue in self.wiring.queues],
            "machines": [machine.name for machine in self.wiring.machines],
            "functions": [function.name for function in self.wiring.functions],
            "schedules": self.schedules.ids,
            "outputs": dict(self._template.outputs),
        }
