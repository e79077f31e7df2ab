"""Every scenario folder through ingest, the embedded store, the command line and the API, against its expected.yaml."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any, NamedTuple

import pytest
import yaml

from tests.scenarios.findings import finding_differences
from tests.scenarios.matching import chain_differences, differences, family_differences
from tests.scenarios.recipes import body
from tests.scenarios.recipes.assuming import juggling
from tests.scenarios.verdicts import all_verdict_differences, bring
from tests.support.cloudtrail import CANARY
from tests.support.loading import Api, Loaded, ids_of

HERE = Path(__file__).parent
FOLDERS = sorted(path.parent for pattern in ("t*/expected.yaml", "sample/*/expected.yaml") for path in HERE.glob(pattern))

KEPT_FOR_LATER = {
    "generations", "identity_center", "mfa", "summary", "tags",
}  # fmt: skip
ASSERTED = {
    "about", "absent", "aliases", "cases", "chain_count", "chains", "containment", "coverage", "doubles", "events", "families", "findings", "gaps", "given", "identities",
    "impact", "load", "marks", "name", "off_uses", "reasons", "verdicts",
}  # fmt: skip


class Case(NamedTuple):
    folder: Path
    name: str
    wanted: dict[str, Any]

    @property
    def runs(self) -> list[list[Path]]:
        if "load" in self.wanted:
            return [[self.folder / name for name in run] for run in self.wanted["load"]]
        return [[path for path in sorted(self.folder.iterdir()) if path.name != "expected.yaml"]]


def cases() -> list[Case]:
    found: list[Case] = []
    for folder in FOLDERS:
        document = yaml.safe_load((folder / "expected.yaml").read_text("utf-8"))
        common = {name: value for name, value in document.items() if name != "cases"}
        found += [Case(folder, case.get("name", ""), {**common, **case}) for case in document.get("cases", [{}])]
    return found


def case_id(case: Case) -> str:
    return f"{case.folder.name}:{case.name.replace(' ', '-')}" if case.name else case.folder.name


@pytest.fixture
def loaded(tmp_path: Path, capfdbinary: pytest.CaptureFixture[bytes]) -> Loaded:
    return Loaded(tmp_path, capfdbinary)


@pytest.mark.parametrize("case", cases(), ids=case_id)
def test_scenario(case: Case, loaded: Loaded, monkeypatch: pytest.MonkeyPatch) -> None:
    assert set(case.wanted) <= KEPT_FOR_LATER | ASSERTED
    bring(case.wanted.get("given", {}), loaded.folder, monkeypatch)
    for run in case.runs:
        loaded.ingest(*run)
    api = Api(loaded)
    try:
        lines = _totals(case.wanted, loaded.health())
        chains = loaded.chains()
        assert api.every("chains", min_sessions=1, full=1) == chains
        lines += _chains(case.wanted, chains)
        lines += _coverage(case, loaded, api)
        for thing, wanted in case.wanted.get("impact", {}).items():
            lines += _impact(thing, wanted, loaded, api)
        if "marks" in case.wanted:
            lines += _marks(case.wanted["marks"], loaded, api)
        if "containment" in case.wanted:
            lines += _containment(case.wanted, chains, loaded, api)
        if "findings" in case.wanted:
            lines += finding_differences(case.wanted["findings"], loaded, api)
        for wanted in case.wanted.get("identities", []):
            lines += _identity(wanted, loaded, api)
        for thing, wanted in case.wanted.get("aliases", {}).items():
            lines += _alias(thing, wanted, loaded, api)
        for thing in case.wanted.get("absent", []):
            assert ids_of(loaded.trace(thing)) == []
    finally:
        api.close()
    if {"verdicts", "off_uses"} & set(case.wanted):
        lines += all_verdict_differences(case.wanted, loaded, monkeypatch)
    assert not lines, "\n".join([case.wanted["about"], *lines])
    _assert_no_secret(loaded.folder)


def _totals(wanted: dict[str, Any], health: Any) -> list[str]:
    counts = {name: wanted[name] for name in ("events", "doubles") if name in wanted}
    return differences({"quarantined": 0, "pending": 0, **counts}, health, "health")


def _chains(wanted: dict[str, Any], chains: list[Any]) -> list[str]:
    lines = chain_differences(wanted["chains"], chains) if "chains" in wanted else []
    if "chain_count" in wanted:
        lines += differences(wanted["chain_count"], len(chains), "chain_count")
    return lines + family_differences(wanted.get("families", []), chains)


def _coverage(case: Case, loaded: Loaded, api: Api) -> list[str]:
    """`coverage` is what digests prove of each hour, or counts of banners and of parents nobody can explain; `reasons` is the
    one reason, or each with its count; `gaps` are in order of time."""
    found = api.get("coverage")
    assert found == loaded.coverage()
    wanted = case.wanted.get("coverage", {})
    hours = {hour["hour"][11:13]: hour["digest"] for hour in found["hours"]}
    reasons = {one["code"]: one["count"] for one in found["unknown_parents"]["reasons"]}
    counted = {"banners": len(found["banners"]), "unexplained": reasons.get("UNEXPLAINED", 0)}
    lines = differences(wanted, {**hours, **counted}, "coverage")
    reasons |= {one["reason"]: 1 for one in found["accounts_not_loaded"]}
    said = case.wanted.get("reasons", reasons)
    if case.name in said:
        said = {said[case.name]: 1}
    return [
        *lines,
        *differences(said, reasons, "reasons"),
        *differences(case.wanted.get("gaps", found["gaps"]), found["gaps"], "gaps"),
    ]


def _impact(thing: str, wanted: dict[str, list[str]], loaded: Loaded, api: Api) -> list[str]:
    """Names of the resources in each section, sorted; a section that is not written must be empty."""
    (id_,) = ids_of(loaded.trace(thing))
    view = api.get(f"sessions/{id_}/impact")
    assert view == loaded.impact(id_)
    assert view["cannot_exclude"]
    found = {
        section: sorted({item["resource"] for item in view[section]}) for section in ("read", "shared", "destroyed", "spent")
    }
    return differences({section: sorted(wanted.get(section, [])) for section in found}, found, f"{thing}: impact")


def _marks(wanted: dict[str, Any], loaded: Loaded, api: Api) -> list[str]:
    """Marking a strand of a key whole yields exactly these sessions, by their keys; both by its id and by its address."""
    strand = wanted["strand"]
    (key,) = ids_of(loaded.trace(strand["key"]))
    (found,) = [one for one in api.get(f"sessions/{key}/strands")["strands"] if one["addresses"] == [strand["address"]]]
    lines: list[str] = []
    for arguments in (["--strand", found["id"]], ["--address", strand["address"]]):
        mark = json.loads(loaded.command("marks", "set", "attacker", "--session", key, *arguments, "--json"))
        sides = api.get("marks/sides", session_id=key)
        assert sides == json.loads(loaded.command("marks", "sides", key, "--json"))
        assert [node["id"] for node in sides["unclear"]] == [key]
        assert sides["ours"] == []
        keys = sorted(key for node in sides["attacker"] for key in node["access_key_ids"])
        lines += differences(sorted(wanted["yields"]), keys, "marks")
        loaded.command("marks", "lift", mark["id"])
        assert api.get("marks/sides")["counts"] == {"attacker": 0, "ours": 0, "unclear": 0}
    return lines


def _identity(wanted: dict[str, Any], loaded: Loaded, api: Api) -> list[str]:
    where = wanted["find"]
    found = ids_of(loaded.trace(where))
    lines = differences(wanted.get("found", 1), len(found), f"{where}: found")
    assert ids_of(api.get("trace", thing=where)) == found
    rest = {name: value for name, value in wanted.items() if name not in ("find", "found", "attempts", "actions", "node")}
    for id_ in found if not lines else ():
        view = loaded.show(id_)
        assert api.get(f"sessions/{id_}") == view
        lines += differences(rest, view["chain"], where)
        lines += differences(wanted.get("node", {}), view["node"], f"{where}: node")
        if "attempts" in wanted:
            lines += differences(wanted["attempts"], _in_order(view["attempts"], "target"), f"{where}: attempts")
        if "actions" in wanted:
            lines += differences(wanted["actions"], _in_order(view["actions"], "event_name"), f"{where}: actions")
    return lines


def _containment(wanted: dict[str, Any], chains: list[Any], loaded: Loaded, api: Api) -> list[str]:
    """Steps of the plan for the longest chain, else for the first identity. `roles` are all roles of the steps of one name."""
    longest = max(chains, key=lambda chain: chain["sessions"], default=None)
    (id_,) = [longest["session_id"]] if longest else ids_of(loaded.trace(wanted["identities"][0]["find"]))
    steps = api.get(f"sessions/{id_}/containment")["steps"]
    assert [step["number"] for step in steps] == [step["number"] for step in loaded.contain(id_)["steps"]]
    assert [step["order"] for step in steps] == sorted(step["order"] for step in steps)
    lines: list[str] = []
    for one in wanted["containment"]:
        named = [step for step in steps if step["step"] == one["step"] and step["order"] == one.get("order", step["order"])]
        if "roles" in one:
            lines += differences(
                sorted(one["roles"]), sorted({role for step in named for role in step["roles"]}), f"{one['step']}: roles"
            )
        rest = {name: value for name, value in one.items() if name != "roles"}
        if not any(not differences(rest, step) for step in named):
            lines.append(f"containment: no step is {one}, these are of that name: {[step['title'] for step in named]}")
    return lines


def _alias(key: str, wanted: dict[str, Any], loaded: Loaded, api: Api) -> list[str]:
    """A forward access session (J7) is another credential, with its grade; `aws login` (J9) only adds a key to its session."""
    (id_,) = ids_of(loaded.trace(key))
    view = api.get(f"sessions/{id_}")
    assert view == loaded.show(id_)
    if wanted["rule"] != "J7":
        assert key in view["node"]["access_key_ids"]
        return differences([], view["aliases"], f"{key}: alias")
    (found,) = [one for one in view["aliases"] if one["access_key_id"] == key]
    assert found["evidence"] == [ref.partition(".")[2] for ref in found["evidence_refs"]]
    for ref in found["evidence_refs"]:
        api.get(f"events/{ref}")
    said = {name: wanted[name] for name in wanted if name not in ("kind", "of")}
    return [
        *differences(said, found, f"{key}: alias"),
        *differences([wanted["of"]], view["node"]["access_key_ids"], f"{key}: alias of"),
    ]


def _in_order(views: list[Any], field: str) -> list[str]:
    return [view[field] for view in sorted(views, key=lambda view: (view["at"], view["event_ref"]))]


def _assert_no_secret(folder: Path) -> None:
    """Session tokens are in every issuance; none may reach a file in the clear."""
    for path in folder.rglob("*"):
        if path.is_file():
            assert CANARY.encode() not in path.read_bytes(), f"a secret is in {path.name}"


def test_two_thousand_hops(loaded: Loaded, tmp_path: Path) -> None:
    """Role juggling for two months: nothing recurses, and the list folds what nobody reads."""
    hops = 2000
    logs = tmp_path / "logs" / "juggling.json"
    logs.parent.mkdir()
    logs.write_bytes(body(juggling(hops).records))
    loaded.ingest(logs)
    (chain,) = loaded.chains()
    assert (chain["sessions"], chain["hops"], chain["depth"], len(chain["path"])) == (hops, hops - 1, hops, hops + 1)
    api = Api(loaded)
    try:
        (listed,) = api.every("chains", min_sessions=2)
    finally:
        api.close()
    assert len(listed["path"]) <= 12
    assert sum(node["count"] for node in listed["path"]) + sum(node["kind"] != "folded" for node in listed["path"]) == hops + 1


def test_incidents_among_the_noise(loaded: Loaded) -> None:
    """What `roletrail demo` loads: every folder's chains, and between the folders no join that neither has alone."""
    folders = sorted(path.parent for path in HERE.glob("sample/*/expected.yaml"))
    loaded.ingest(*(folder / "AWSLogs" for folder in folders))
    chains = loaded.chains()
    expected = {folder.name: yaml.safe_load((folder / "expected.yaml").read_text("utf-8")) for folder in folders}
    wanted = [chain for document in expected.values() for chain in document.get("chains", [])]
    lines = [line for line in chain_differences(wanted, chains) if not line.startswith("a chain nobody expected")]
    assert not lines, "\n".join(lines)
    assert len(chains) == len(wanted) + expected["company-noise"]["chain_count"]
    health = loaded.health()
    assert (health["doubles"], health["quarantined"], health["pending"]) == (0, 0, 0)
    _assert_attacks_come_first(loaded)


ATTACKED = ("artifact-reader", "data-platform-admin", "svc-metrics-export", "i-0b7e51c2f9a4d8836", "storefront-web", "i-0c4d2e8f61a7b9350",
            "backup-sync")  # fmt: skip


def _assert_attacks_come_first(loaded: Loaded) -> None:
    """Of everything medium and worse, all speaks of the planted attacks; nothing of it of the pipeline."""
    loud = [one for one in loaded.findings() if one["severity"] in ("critical", "high", "medium")]
    assert [one["severity"] for one in loud[:3]] == ["critical"] * 3
    titles = [one["title"] for one in loud]
    assert {"chain-three", "persistence", "privilege", "evasion", "off-instance", "created-credential-used"} <= {
        one["rule"] for one in loud
    }
    others = [title for title in titles if not any(name in title for name in ATTACKED)]
    assert all("deploy-shop" in title for title in others), others
    assert not any("ci-build" in title or "ci-release" in title for title in titles)


def test_no_secret_in_an_issuance_shown(loaded: Loaded) -> None:
    """The raw record of an AssumeRole is shown with its key id and without its session token."""
    loaded.ingest(HERE / "t01-one-assumption" / "events.json")
    api = Api(loaded)
    try:
        shown = api.get("events/20261102.e0000000-0000-4000-8000-000000000001")
    finally:
        api.close()
    credentials = shown["record"]["responseElements"]["credentials"]
    assert credentials["accessKeyId"] == "ASIAIEXAMPLEXXXXXXK1"
    assert CANARY not in str(shown)
