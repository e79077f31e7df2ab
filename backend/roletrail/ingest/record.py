"""One CloudTrail record as ingest decodes it, and the reason why one could not be taken."""

from __future__ import annotations

from typing import NamedTuple

import msgspec

_NO_RAW = msgspec.Raw(b"")


_IRREGULAR = {
    "event_id": "eventID",
    "request_id": "requestID",
    "shared_event_id": "sharedEventID",
    "source_ip_address": "sourceIPAddress",
}


def _field_name(name: str) -> str:
    head, *rest = name.split("_")
    return _IRREGULAR.get(name) or head + "".join(word.title() for word in rest)


class Record(msgspec.Struct, gc=False, rename=_field_name):
    """The fields Roletrail reads, under CloudTrail's names in snake_case. Sub-objects stay JSON until someone needs them.

    A missing text is "". Unknown fields are skipped (record contents page: fields are added without notice).
    """

    event_time: str = ""
    event_id: str = ""
    event_source: str = ""
    event_name: str = ""
    aws_region: str = ""
    source_ip_address: str = ""
    user_agent: str = ""
    error_code: str = ""
    error_message: str = ""
    request_id: str = ""
    shared_event_id: str = ""
    event_type: str = ""
    event_category: str = ""
    recipient_account_id: str = ""
    vpc_endpoint_id: str = ""
    vpc_endpoint_account_id: str = ""
    session_credential_from_console: str = ""
    read_only: bool | None = None
    management_event: bool | None = None
    user_identity: msgspec.Raw = _NO_RAW
    request_parameters: msgspec.Raw = _NO_RAW
    response_elements: msgspec.Raw = _NO_RAW
    additional_event_data: msgspec.Raw = _NO_RAW
    service_event_details: msgspec.Raw = _NO_RAW
    resources: msgspec.Raw = _NO_RAW
    addendum: msgspec.Raw = _NO_RAW


class Fault(NamedTuple):
    """Why a record, or a whole object, is in quarantine. `reason` is a stable code, `detail` one sentence without secrets."""

    reason: str
    detail: str


class Taken(NamedTuple):
    """A sound record with its JSON text; for records that came in another form, the text of the canonical form."""

    record: Record
    raw: bytes | msgspec.Raw
