"""The one place that picks adapters: a store URL becomes a graph store, an event log and an app database."""

from __future__ import annotations

import os
import subprocess
import sys
import threading
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

from roletrail.appdb import AppDatabase
from roletrail.archive.eventlog import DuckEventLog
from roletrail.archive.port import Visible
from roletrail.auth.access import Access
from roletrail.auth.actor import Role
from roletrail.auth.binding import check_binding, check_public_url, rules_for
from roletrail.auth.gate import GateRules
from roletrail.errors import InvalidRequest, StoreUnavailable
from roletrail.inventory.known import Known, Said
from roletrail.settings import Neo4jPlace, Settings, load, neo4j_place, sqlite_path, store_name
from roletrail.stores.embedded.store import EmbeddedStore
from roletrail.stores.port import GraphStore
from roletrail.usecases.ports import Ports, Uploads

if TYPE_CHECKING:  # an extra: not everybody has installed what it stands on
    from roletrail.auth.oidc import Oidc


def open_graph(store: str, *, create: bool) -> GraphStore:
    """The graph store of a URL; credentials of a server come from the settings. Raises StoreUnavailable when it is not there
    and must not be made."""
    path = sqlite_path(store)
    if path is not None and path.name:
        return EmbeddedStore(path, create=create)
    place = neo4j_place(store)
    if place is not None:
        return _neo4j_graph(place)
    raise InvalidRequest(
        f"{store.partition(':')[0][:40]!r} names no kind of store.",
        hint="Use sqlite:///PATH, for example sqlite:///roletrail.sqlite, or neo4j://HOST:7687/DATABASE.",
    )


def _neo4j_graph(place: Neo4jPlace) -> GraphStore:
    from roletrail.stores.neo4j import Address, Neo4jStore  # noqa: PLC0415 - the driver takes a third of a second to import

    settings = load()
    password = settings.neo4j_password.get_secret_value()
    return Neo4jStore(Address(place.uri, place.database, settings.neo4j_user if password else "", password))


def open_ports(settings: Settings, *, create: bool = False, sample: bool = False) -> Ports:
    """Everything reading use-cases need. The archive folder may still be empty."""
    graph = open_graph(settings.store, create=create)
    try:
        events = DuckEventLog(archive_folder(settings), lambda: Visible(graph.archive_files(), graph.excluded_attempts()))
    except BaseException:
        graph.close()
        raise
    app, inventory = AppDatabase(settings.app_db_path), open_inventory(settings)
    responders, management = tuple(settings.responders.split()), frozenset(settings.management_accounts.split())
    uploads = Uploads(uploads_folder(settings), settings.upload_mb * 1_000_000, lambda id_: start_ingest(settings, id_))
    return Ports(
        graph, events, _read_again, store_name(settings.store), app, inventory, uploads, sample, responders, management,
        settings.aws_role,
    )  # fmt: skip


def _read_again(locator: str, position: int) -> bytes | None:
    from roletrail.ingest.reread import read_again  # noqa: PLC0415 - all of ingest, for one record of an object

    return read_again(locator, position)


def uploads_folder(settings: Settings) -> Path:
    """Where uploads wait: beside the app database that has their rows."""
    return settings.app_db_path.with_name(settings.app_db_path.name + ".uploads")


def start_ingest(settings: Settings, id_: str) -> None:
    """Start the process that takes an upload in. It outlives this one, and is waited for while this one lives."""
    environment = os.environ | {
        "ROLETRAIL_STORE": settings.store,
        "ROLETRAIL_ARCHIVE": settings.archive,
        "ROLETRAIL_APP_DB": settings.app_db,
    }
    command = [sys.executable, "-m", "roletrail", "ingests", "run", id_]
    process = subprocess.Popen(command, env=environment, stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL)
    threading.Thread(target=process.wait, daemon=True).start()


def open_inventory(settings: Settings) -> Known:
    said = Said(settings.ip_ranges_path, settings.egress_blocks, settings.shared_endpoint_ids, settings.geo_paths)
    return Known(settings.inventory_path, said)


def archive_folder(settings: Settings) -> Path:
    folder = settings.archive_path
    try:
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    except OSError as error:
        raise StoreUnavailable(
            f"The archive {folder} cannot be opened: {error.strerror}.", hint="Set ROLETRAIL_ARCHIVE."
        ) from error
    return folder


def open_access(settings: Settings) -> Access:
    return Access(AppDatabase(settings.app_db_path))


def gate_rules(settings: Settings, port: int) -> GateRules:
    """Rules of a server on `port`. Raises InvalidRequest when the binding would be open to others."""
    check_public_url(settings.public_url)
    check_binding(settings.host, settings.public_url, no_auth=settings.insecure_no_auth or bool(settings.oidc_issuer))
    rules = rules_for(settings.host, port, settings.public_url, no_auth=settings.insecure_no_auth)
    return replace(rules, proxies=frozenset(settings.proxies.split()))


def open_oidc(settings: Settings, app: AppDatabase, url: str) -> Oidc | None:
    """The identity provider people sign in at; None without one. Raises InvalidRequest when the extra is not installed."""
    if not settings.oidc_issuer:
        return None
    try:
        from roletrail.auth.oidc import Oidc, OidcRules  # noqa: PLC0415 - an extra
    except ImportError:
        raise InvalidRequest("Sign-in at an OpenID provider needs more packages.", hint="pip install 'roletrail[oidc]'") from None
    if not settings.oidc_client_id:
        raise InvalidRequest("The setting ROLETRAIL_OIDC_CLIENT_ID is missing.", hint="See docs/deploy.md.")
    groups: dict[Role, str] = {"viewer": settings.oidc_viewers, "analyst": settings.oidc_analysts, "admin": settings.oidc_admins}
    rules = OidcRules(
        issuer=settings.oidc_issuer,
        client_id=settings.oidc_client_id,
        client_secret=settings.oidc_client_secret.get_secret_value(),
        redirect_uri=f"{url}/login/callback",
        signed_out_uri=f"{url}/signed-out",
        scopes=settings.oidc_scopes,
        groups_claim=settings.oidc_groups_claim,
        groups={role: frozenset(name.strip() for name in names.split(",")) - {""} for role, names in groups.items()},
    )
    return Oidc(rules, app)
