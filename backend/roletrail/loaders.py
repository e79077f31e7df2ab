"""What commands that load are given, over the adapters `bootstrap` picks: where feeds put things, what judging knows, how
findings go out. Apart from it because whoever only reads should not wait for all of ingest and alerts to be imported."""

from __future__ import annotations

import os
from collections.abc import Generator
from contextlib import closing, contextmanager

from roletrail.alerts.destinations import destinations
from roletrail.appdb import AppDatabase
from roletrail.auth.actor import local_actor
from roletrail.auth.binding import url_of
from roletrail.bootstrap import archive_folder, open_graph, open_inventory
from roletrail.inventory.known import Known
from roletrail.settings import Settings
from roletrail.stores.port import GraphStore
from roletrail.usecases.findings.delivering import Kept, Outward, send_findings
from roletrail.usecases.findings.given import Given
from roletrail.usecases.findings.listing import given_in
from roletrail.usecases.investigations.pins import watch
from roletrail.usecases.loading.intake import Intake


def intake_of(settings: Settings) -> Intake:
    """Where feeds put what they take in; the store is made when it is not there."""
    app, inventory = AppDatabase(settings.app_db_path), open_inventory(settings)
    return Intake(
        lambda: open_graph(settings.store, create=True),
        archive_folder(settings),
        settings.workers or None,
        lambda: _given(settings, app, inventory),
    )


@contextmanager
def given_of(settings: Settings) -> Generator[Given]:
    """What judging has to know besides the store, and how its findings go out; for as long as the app database is open."""
    with closing(AppDatabase(settings.app_db_path)) as app:
        yield _given(settings, app, open_inventory(settings))


def _given(settings: Settings, app: AppDatabase, inventory: Known) -> Given:
    given, outward = given_in(app, inventory)._replace(own_role=settings.aws_role), outward_of(settings)

    def announce(graph: GraphStore) -> None:
        watch(graph, app)
        if outward.destinations:
            send_findings(Kept(graph, app), local_actor("alerts"), outward)

    return given._replace(announce=announce)


def outward_of(settings: Settings) -> Outward:
    base = (settings.public_url or url_of(settings.host, settings.port, "")).rstrip("/")
    region = os.environ.get("AWS_REGION") or os.environ.get("AWS_DEFAULT_REGION") or "us-east-1"
    return Outward(tuple(destinations(settings.alerts)), base, region, settings.alert_secret, settings.alert_severity)
