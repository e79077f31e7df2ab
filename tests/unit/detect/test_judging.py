"""What must hold of every judgement: a place is only ever proved by a fact that covers it, and a stolen credential cannot
talk itself home."""

from __future__ import annotations

from collections.abc import Sequence

from hypothesis import given, settings
from hypothesis import strategies as st

from roletrail.detect.address import AwsRange, Ranges
from roletrail.detect.binding import Neighbour
from roletrail.detect.estate import (
    Association,
    EndpointFact,
    Estate,
    Fact,
    HeldAddress,
    InstanceFact,
    NatFact,
    Organisation,
    OwnAddress,
    RouteFact,
    VpcFact,
)
from roletrail.detect.hands import Customs, client_of, kind_of, system_of
from roletrail.detect.judging import judge
from roletrail.detect.subject import Subject, World
from roletrail.detect.told import Told, facts_of
from roletrail.detect.verdict import UseVerdict
from roletrail.lineage.model import Action, Activity, Node
from tests.support.counts import repetitions

many = settings(max_examples=repetitions("judged_uses"), deadline=None)

START, HOUR = 1_793_606_400, 3_600
INSTANCE, ACCOUNT, ROLE = "i-0aaaaaaaaaaaaaaa1", "222222222222", "arn:aws:iam::222222222222:role/web"
RANGES = Ranges([AwsRange("198.51.100.0/25", "eu-central-1", "EC2")], "2026-11-01", "a file")
ADDRESSES = (
    "10.0.1.5",
    "10.0.1.77",
    "198.51.100.9",
    "198.51.100.70",
    "203.0.113.9",
    "203.0.113.80",
    "2001:db8::7",
    "169.254.1.1",
)
AGENTS = ("boto3 linux", "amazon-ssm-agent linux", "aws-cli/2 macos", "aws-cli/2 linux", "python-requests", "")
ENDPOINTS = (("", ""), ("vpce-own", ACCOUNT), ("vpce-other", ACCOUNT), ("vpce-far", "999988887777"))
SESSIONS = ("a" * 20, "b" * 20)


def node(id_: str, created: int) -> Node:
    return Node(
        id=id_, kind="session", type="AssumedRole", partition="aws", principal_id=f"AROAEXAMPLE:{INSTANCE}", account=ACCOUNT,
        role_id="AROAEXAMPLE", role_arn=ROLE, role_name="web", name=INSTANCE, label="web", issued_at=created, expires=0,
        access_key_ids=(), key_count=2, source_identity="", mfa="", on_behalf_of="", counts=True, service_linked=False,
        workload="instance", workload_id=INSTANCE, detail="",
    )  # fmt: skip


NODES = {id_: node(id_, START + n * 6 * HOUR) for n, id_ in enumerate(SESSIONS)}


def activity(
    session: str, at: int, key: str, address: str, agent: str, delivery: str, endpoint: tuple[str, str], name: str
) -> Activity:
    return Activity(
        session, at // 900 * 900, key, address, *endpoint, delivery, "", agent, "", "", 1, 0, "s3.amazonaws.com=1", at,
        f"e{at}", name, at, f"e{at}", name,
    )  # fmt: skip


def uses(first: int, addresses: Sequence[str] = ADDRESSES, keys: Sequence[str] = ("K1", "K2")) -> st.SearchStrategy[Activity]:
    return st.builds(
        activity, st.sampled_from(SESSIONS), st.integers(first, first + 10 * HOUR), st.sampled_from(keys), st.sampled_from(addresses),
        st.sampled_from(AGENTS), st.sampled_from(("1.0", "2.0")), st.sampled_from(ENDPOINTS),
        st.sampled_from(("ListBuckets", "GetCallerIdentity")),
    )  # fmt: skip


def spans(kind: type[Fact], *fields: st.SearchStrategy[object]) -> st.SearchStrategy[Fact]:
    """Facts with times around the uses; an end never before its beginning."""
    since = st.integers(START - HOUR, START + 8 * HOUR)
    times = since.flatmap(lambda at: st.tuples(st.just(at), st.one_of(st.just(0), st.integers(at + 1, at + 9 * HOUR))))
    return st.tuples(st.tuples(*fields), times, st.sampled_from(("inventory", "cloudtrail"))).map(
        lambda parts: kind(*parts[0], *parts[1], parts[2])  # type: ignore[call-arg]
    )


addresses = st.sampled_from(ADDRESSES)
word = st.just
facts = st.one_of(
    spans(OwnAddress, word(INSTANCE), addresses, st.sampled_from(("private", "public"))),
    spans(HeldAddress, addresses, word("interface"), word("eni-1"), word("vpc-1")),
    spans(
        InstanceFact,
        word(INSTANCE),
        word(ACCOUNT),
        word("eu-central-1"),
        word("vpc-1"),
        word("subnet-1"),
        word(""),
        word(0),
        word(""),
    ),
    spans(Association, word("rtb-1"), word("vpc-1"), word("subnet-1")),
    spans(RouteFact, word("rtb-1"), word("0.0.0.0/0"), st.sampled_from(("igw-1", "nat-1", "vgw-1", "tgw-1"))),
    spans(NatFact, word("nat-1"), word("vpc-1"), word("subnet-2"), st.tuples(addresses)),
    spans(
        EndpointFact, st.sampled_from(("vpce-own", "vpce-other")), st.sampled_from(("vpc-1", "vpc-2")), word(ACCOUNT), word("s3")
    ),
    st.just(VpcFact("vpc-1", ACCOUNT, ("10.0.0.0/16", "2001:db8::/56"))),
)


def judged(
    activities: Sequence[Activity], known: Sequence[Fact] = (), told: Told | None = None, neighbours: Sequence[Neighbour] = ()
) -> list[UseVerdict]:
    told = told or Told((), {}, {})
    estate = Estate((*known, *told.facts), Organisation(frozenset({ACCOUNT})))
    subject = Subject("instance", INSTANCE, ACCOUNT, NODES, activities, (), delivered=True)
    customs = Customs(activities)
    workloads = [one.identity for one in neighbours if one.kind == "workload"]
    world = World(estate, told, RANGES, lambda _: neighbours, lambda _: customs, lambda _: workloads)
    return judge(subject, world)


@many
@given(st.lists(uses(START), min_size=1, max_size=8, unique_by=lambda a: a.first_at), st.lists(facts, max_size=10))
def test_only_a_fact_that_covers_an_address_at_its_time_proves_a_place(activities: list[Activity], known: list[Fact]) -> None:
    estate = Estate(known)
    for verdict in judged(activities, known):
        if verdict.verdict == "ON_INSTANCE":
            assert estate.own_address(INSTANCE, verdict.source_ip_address, verdict.first_seen, verdict.first_seen)
            assert estate.own_address(INSTANCE, verdict.source_ip_address, verdict.last_seen, verdict.last_seen)
        if verdict.confidence < 0.5:
            assert not verdict.off
            assert verdict.missing
        assert 0 <= verdict.confidence <= 0.97
        assert verdict.reasons


@many
@given(st.lists(uses(START), min_size=1, max_size=8, unique_by=lambda a: a.first_at), st.lists(facts, max_size=8))
def test_every_call_is_judged_once(activities: list[Activity], known: list[Fact]) -> None:
    assert sum(verdict.count for verdict in judged(activities, known)) == len(activities)


def by_thief(name: str, detail: str, at: int) -> Action:
    return Action(
        f"t{at}", at, SESSIONS[0], "K2", "ec2.amazonaws.com", name, ACCOUNT, "eu-central-1", "network", "address", "", "",
        "203.0.113.80", "aws-cli/2 macos", detail,
    )  # fmt: skip


CLAIMS = [
    by_thief("AllocateAddress", '{"public_ip":"203.0.113.80","allocation_id":"a"}', START + 1),
    by_thief("AssociateAddress", f'{{"public_ip":"203.0.113.80","instances":["{INSTANCE}"]}}', START + 2),
    by_thief("CreateNatGateway", '{"nat_gateway":"nat-1","allocation_id":"a","vpc_id":"vpc-1","subnet_id":"s"}', START + 3),
    by_thief(
        "RunInstances", f'{{"instances":["{INSTANCE}"],"private_addresses":["10.0.1.77"],"subnet_id":"subnet-1"}}', START + 4
    ),
]
THIEVES = ("203.0.113.80", "198.51.100.70", "10.0.1.77")


@many
@given(
    st.lists(uses(START, ("10.0.1.5", "198.51.100.9"), ("K1",)), max_size=5, unique_by=lambda a: a.first_at),
    st.lists(uses(START + 12 * HOUR, THIEVES, ("K2",)), min_size=1, max_size=4, unique_by=lambda a: a.first_at),
    st.lists(uses(START + 30 * HOUR, THIEVES, ("K2",)), max_size=5, unique_by=lambda a: a.first_at),
    st.lists(st.sampled_from(CLAIMS), unique=True),
)
def test_no_call_with_the_stolen_credential_moves_it_home(
    own: list[Activity], stolen: list[Activity], more: list[Activity], claims: list[Action]
) -> None:
    """`more` are further calls with the stolen credential, from wherever it is, as whatever it likes; `claims` are what it says of
    addresses. One credential is one session."""
    own = [a._replace(agent="boto3 linux") for a in own]
    stolen = [a._replace(identity=SESSIONS[1]) for a in stolen]
    more = [a._replace(identity=SESSIONS[1]) for a in more]
    claimed = facts_of([claim._replace(identity=SESSIONS[1]) for claim in claims])
    before = {(v.access_key_id, v.source_ip_address, v.endpoint): v for v in judged([*own, *stolen]) if v.off}
    after = judged([*own, *stolen, *more], (), claimed)
    for verdict in after:
        if verdict.source_ip_address in THIEVES:
            assert verdict.verdict not in ("ON_INSTANCE", "EXPECTED_EGRESS")
    still = {(v.access_key_id, v.source_ip_address, v.endpoint) for v in after if v.off}
    assert set(before) <= still


def test_an_agent_away_while_the_instances_own_goes_on_speaks_against_the_place_it_speaks_from() -> None:
    """With nothing else odd about the use: the same client, no first call of a thief."""

    def said(session: int, hours: int, address: str, agent: str, seconds: int = 0) -> Activity:
        at = START + hours * HOUR + seconds
        return activity(SESSIONS[session], at, "K1", address, agent, "2.0", ("", ""), "ListBuckets")

    own = [said(0, hours, "203.0.113.9", "amazon-ssm-agent linux") for hours in (0, 3)]
    own += [said(0, 1, "203.0.113.9", "boto3 linux"), said(1, 9, "203.0.113.9", "amazon-ssm-agent linux")]
    taken = said(1, 7, "203.0.113.80", "boto3 linux", 60)
    forged = said(1, 7, "203.0.113.80", "amazon-ssm-agent linux")
    assert not [v for v in judged([*own, taken]) if v.off]
    assert [v.source_ip_address for v in judged([*own, forged, taken]) if v.off and v.count] == ["203.0.113.80"]


def test_the_runtimes_user_agent_makes_no_use_from_outside_its_own() -> None:
    """Anybody can write it; an address that other workloads leave by may be a way out that is not known."""

    def of_function(at: int, address: str) -> Activity:
        return activity(SESSIONS[0], START + at, "K1", address, "boto3 linux lambda", "", ("", ""), "ListBuckets")

    subject = Subject(
        "function", "orders", ACCOUNT, NODES, [of_function(0, "198.51.100.9"), of_function(60, "203.0.113.9")], (), delivered=True
    )
    rows: list[tuple[str, str, float]] = []
    for at_address in ([], ["c" * 20]):
        world = World(
            Estate(), Told((), {}, {}), RANGES, lambda _: (), lambda _: Customs(subject.activities), lambda _, met=at_address: met
        )
        (verdict,) = [v for v in judge(subject, world) if v.address_class == "PUBLIC"]
        rows.append((verdict.row, verdict.verdict, verdict.confidence))
    assert rows == [("W3", "OFF_WORKLOAD", 0.9), ("W", "NOT_DECIDABLE", 0.45)]


def said_by(address: str, sources: str, seconds: int, invoked_by: str = "", endpoint: tuple[str, str] = ("", "")) -> Activity:
    made = activity(SESSIONS[0], START + seconds, "K1", address, "boto3 linux", "2.0", endpoint, "ListBuckets")
    return made._replace(sources=f"{sources}=1", invoked_by=invoked_by, last_name="CreateOAuth2TokenWithIAM")


def test_a_service_that_names_no_caller_takes_the_verdict_of_the_call_behind_it() -> None:
    own = OwnAddress(INSTANCE, "198.51.100.9", "public", 0, 0, "inventory")
    asked = said_by("198.51.100.9", "ssm.amazonaws.com", 0)
    served = said_by("ssm.amazonaws.com", "kms.amazonaws.com", 5)
    alone = said_by("athena.amazonaws.com", "glue.amazonaws.com", 5)
    found = {v.source_ip_address: (v.row, v.verdict, v.confidence) for v in judged([asked, served, alone], [own])}
    assert found == {
        "198.51.100.9": ("D2", "ON_INSTANCE", 0.97),
        "ssm.amazonaws.com": ("D1", "ON_INSTANCE", 0.85),
        "athena.amazonaws.com": ("D1", "THROUGH_SERVICE", 0.4),
    }


def test_a_token_of_the_sign_in_service_is_asked_for_by_whoever_holds_the_credential() -> None:
    own = OwnAddress(INSTANCE, "198.51.100.9", "public", 0, 0, "inventory")
    token = said_by("203.0.113.9", "signin.amazonaws.com", 60, "signin.amazonaws.com")
    (verdict,) = judged([token], [own])
    assert (verdict.row, verdict.verdict) == ("D14", "PROBABLE_OFF_INSTANCE_OUTSIDE_AWS")


def test_a_private_address_is_anothers_only_in_a_network_that_reaches_the_endpoint() -> None:
    """Networks that nothing joins may both have the address."""
    use = said_by("10.0.1.77", "s3.amazonaws.com", 0, endpoint=("vpce-own", ACCOUNT))
    instance = InstanceFact(
        INSTANCE, ACCOUNT, "eu-central-1", "vpc-1", "subnet-1", "", 0, "", 0, 0, "inventory"
    )  # fmt: skip
    endpoint = EndpointFact("vpce-own", "vpc-1", ACCOUNT, "s3", 0, 0, "inventory")
    rows: list[tuple[str, str]] = []
    for vpc in ("vpc-1", "vpc-2", ""):
        (verdict,) = judged([use], [instance, endpoint, HeldAddress("10.0.1.77", "interface", "eni-1", vpc, 0, 0, "inventory")])
        rows.append((verdict.row, verdict.verdict))
    assert rows == [("D6", "OFF_INSTANCE_LATERAL"), ("D7", "UNKNOWN_ENDPOINT"), ("D6", "OFF_INSTANCE_LATERAL")]


@many
@given(st.lists(uses(START), min_size=1, max_size=8))
def test_a_role_was_met_with_what_came_before_from_another_place(activities: list[Activity]) -> None:
    customs = Customs(activities)
    for use in activities:
        for own in (False, True):
            before = [a for a in activities if a.first_at < use.first_at and (own or place_of(a) != place_of(use))]
            met = customs.before(use, own=own)
            assert met.known == bool(before)
            assert met.clients == {client_of(a.agent) for a in before if a.agent}
            assert met.systems == {system_of(a.agent) for a in before} - {""}
            assert met.deliveries == {a.delivery for a in before}
            assert met.services == {"s3.amazonaws.com" for _ in before}


def place_of(a: Activity) -> tuple[str, str, str]:
    return a.address, a.access_key_id, kind_of(a.agent)
