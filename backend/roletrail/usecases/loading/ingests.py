"""Ingests seen and stopped through a row that page, API and command line share; uploads, taken in by a process of their own."""

from __future__ import annotations

import fcntl
import hashlib
import os
import re
from collections.abc import AsyncIterator, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from roletrail.appdb import AppDatabase
from roletrail.auth.actor import Actor
from roletrail.auth.policy import require
from roletrail.errors import InvalidRequest, RoletrailError, TooLarge
from roletrail.ingest.jobs import Job, Jobs
from roletrail.ingest.progress import IngestSummary
from roletrail.ingest.source import Listed
from roletrail.usecases.chains.present import iso
from roletrail.usecases.chains.views import Page
from roletrail.usecases.loading.intake import Intake
from roletrail.usecases.loading.rows import MOST_NAME, STOPPED, Beats, alive, hear_interrupts, interrupt
from roletrail.usecases.ports import Uploads

_STRANGE = re.compile(r"[^\w.,=@+-]+")


@dataclass(frozen=True, slots=True)
class IngestView:
    """An upload, or a run of a shell or a service, and what became of it. `sha256` is empty for what is no upload."""

    id: str
    kind: str  # upload | run | history | schedule | follow
    name: str
    sha256: str
    bytes: int
    state: str  # waiting | running | done | failed | cancelled
    stage: str
    progress: str  # for people: what it is at, and how far; empty when it is at nothing
    cancel_asked: bool
    bytes_done: int
    events: int
    doubles: int
    quarantined: int
    reasons: dict[str, int]
    detail: str
    created_by: str
    created_at: str
    started_at: str
    ended_at: str


async def upload(app: AppDatabase, uploads: Uploads, actor: Actor, name: str, body: AsyncIterator[bytes]) -> IngestView:
    """Keep the body and have it taken in. Raises TooLarge, InvalidRequest for nothing, TooMany when too many wait."""
    require(actor, "ingest.run")
    uploads.folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    part = uploads.folder / f"{os.urandom(10).hex()}.part"
    try:
        digest, size = await _keep(part, body, uploads.most_bytes)
        id_ = Jobs(app).new(_STRANGE.sub("_", name)[-MOST_NAME:] or "upload", digest, size, actor.name)
        part.rename(uploads.folder / id_)
    finally:
        part.unlink(missing_ok=True)
    uploads.start(id_)
    return _view(Jobs(app).get(id_))


async def _keep(path: Path, body: AsyncIterator[bytes], most: int) -> tuple[str, int]:
    digest, size = hashlib.sha256(), 0
    with os.fdopen(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC, 0o600), "wb") as file:
        async for piece in body:
            size += len(piece)
            if size > most:
                raise TooLarge(
                    f"An upload may have {most // 1_000_000} MB.", hint="Split it, or run `roletrail ingest` where the logs are."
                )
            digest.update(piece)
            file.write(piece)
    if not size:
        raise InvalidRequest("The body is empty.", hint="Send a log file as it is: curl --data-binary @FILE.")
    return digest.hexdigest(), size


def list_ingests(app: AppDatabase, actor: Actor, limit: int, after: str = "") -> Page[IngestView]:
    """Newest first. Raises NotFound on a bad cursor."""
    require(actor, "sources.read")
    found = Jobs(app).newest(limit + 1, after)
    return Page([_view(job) for job in found[:limit]], found[limit - 1].id if len(found) > limit else None)


def show_ingest(app: AppDatabase, actor: Actor, id_: str) -> IngestView:
    require(actor, "sources.read")
    return _view(Jobs(app).get(id_))


def cancel_ingest(app: AppDatabase, actor: Actor, id_: str) -> IngestView:
    """Ask it to stop between two commits; what is committed stays. Asking again, or too late, changes nothing."""
    require(actor, "ingest.run")
    Jobs(app).cancel(id_)
    return _view(Jobs(app).get(id_))


# --- in the process that takes one in ---------------------------------------------------------------------------------


def run_ingest(app: AppDatabase, intake: Intake, folder: Path, actor: Actor, id_: str) -> IngestView:
    """Take an upload in, one at a time for each store, and say how far it is. Raises NotFound, InvalidRequest."""
    require(actor, "ingest.run")
    jobs = Jobs(app)
    job = jobs.get(id_)
    if job.kind != "upload":
        raise InvalidRequest("This is no upload: its own process takes it in.", hint="Start that command again.")
    path = folder / id_
    with _turn(folder):
        if not job.ended and jobs.start(id_):
            _run(jobs, intake, actor, job, path)
        path.unlink(missing_ok=True)
    return _view(jobs.get(id_))


def _run(jobs: Jobs, intake: Intake, actor: Actor, job: Job, path: Path) -> None:
    try:
        size = path.stat().st_size
        one = Listed(f"upload:{job.sha256}/{job.name}", str(path), size, job.sha256)
        hear_interrupts()
        with intake.store() as store, alive(jobs, job.id):
            summary = intake.take(store, actor, [one], Beats(jobs, job.id, interrupt).heard)
    except (RoletrailError, OSError) as error:
        jobs.end(job.id, None, error.detail if isinstance(error, RoletrailError) else "The upload is not there any more.")
    else:
        jobs.end(job.id, summary, _said(summary))


def _said(summary: IngestSummary) -> str:
    if summary.interrupted:
        return STOPPED
    return "This file was in already." if summary.known else ""


@contextmanager
def _turn(folder: Path) -> Iterator[None]:
    """One upload at a time: the others wait here, in order of their asking as far as the kernel keeps it."""
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    descriptor = os.open(folder / ".lock", os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX)
        yield
    finally:
        os.close(descriptor)


def _view(job: Job) -> IngestView:
    return IngestView(
        id=job.id,
        kind=job.kind,
        name=job.name,
        sha256=job.sha256,
        bytes=job.size,
        state=job.state,
        stage=job.stage,
        progress=_progress(job),
        cancel_asked=job.cancel_asked,
        bytes_done=job.bytes_done,
        events=job.events,
        doubles=job.doubles,
        quarantined=job.quarantined,
        reasons=job.reasons,
        detail=job.detail,
        created_by=job.created_by,
        created_at=iso(job.created_at),
        started_at=iso(job.started_at),
        ended_at=iso(job.ended_at),
    )


def _progress(job: Job) -> str:
    if job.state != "running":
        return ""
    if job.stage == "reading" and job.size:
        return f"reading, {min(100, 100 * job.bytes_done // job.size)} %"
    return "waits for more" if job.stage == "waiting" else job.stage
