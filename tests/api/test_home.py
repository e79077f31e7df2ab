"""Home and who can come in: what is new is new once, and what was revoked is out with the next request."""

from __future__ import annotations

from pathlib import Path

import httpx

from roletrail.appdb import AppDatabase
from roletrail.auth.visits import VISIT_SECONDS, Visits
from tests.support.served import Served


def test_home_names_open_findings_and_holes(reader: httpx.Client) -> None:
    found = reader.get("/api/v1/home").json()
    assert found["open"] >= len(found["findings"]) > 0
    assert found["new"] == 0  # a program does not visit
    assert any("999999999999" in sentence for sentence in found["warnings"])


def test_a_finding_is_new_until_the_next_visit(tmp_path: Path) -> None:
    clock = [1_000_000.0]
    app = AppDatabase(tmp_path / "app.sqlite", lambda: clock[0])
    visits = Visits(app)
    assert visits.seen_before("ann", ["a"]) is None
    assert visits.seen_before("bob", ["a"]) is None
    clock[0] += 60
    assert visits.seen_before("ann", ["a", "b"]) is None  # the same visit
    clock[0] += VISIT_SECONDS
    assert visits.seen_before("ann", ["a", "b", "c"]) == {"a", "b"}
    clock[0] += 60
    assert visits.seen_before("ann", ["a", "b", "c"]) == {"a", "b"}  # a reload does not make c old
    clock[0] += VISIT_SECONDS
    assert visits.seen_before("ann", ["c"]) == {"a", "b", "c"}
    app.close()


def test_a_revoked_token_is_out_at_once(served: Served) -> None:
    text = served.access.new_token("to be revoked", ["read"], "viewer", 3600)
    with served.client(served.token("admin", role="admin")) as admin, served.client(text) as reader:
        assert reader.get("/api/v1/health").status_code == 200
        (mine,) = [one for one in admin.get("/api/v1/access/tokens").json() if one["name"] == "to be revoked"]
        assert set(mine) == {"id", "name", "role", "scopes", "created_at", "expires_at", "used_at", "expired"}
        assert admin.delete(f"/api/v1/access/tokens/{mine['id']}").status_code == 204
        assert reader.get("/api/v1/health").status_code == 401
        assert admin.delete(f"/api/v1/access/tokens/{mine['id']}").status_code == 404


def test_only_an_administrator_sees_who_can_come_in(reader: httpx.Client) -> None:
    assert reader.get("/api/v1/access/sign-ins").status_code in (401, 403)


def test_an_ended_sign_in_is_out_at_once(served: Served) -> None:
    with served.browser() as one, served.client(served.token("admin", role="admin")) as admin:
        known = {sign_in["id"] for sign_in in admin.get("/api/v1/access/sign-ins").json()}
        with served.browser() as other:
            assert other.get("/settings/sessions").status_code == 200
            (id_,) = {sign_in["id"] for sign_in in admin.get("/api/v1/access/sign-ins").json()} - known
            assert admin.delete(f"/api/v1/access/sign-ins/{id_}").status_code == 204
            assert other.get("/").status_code == 401
        assert one.get("/").status_code == 200
