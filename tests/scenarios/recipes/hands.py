"""One credential in two hands: what marking has to tell apart."""

from __future__ import annotations

from tests.scenarios.recipes import DAY, ELSEWHERE, HOME, Files, named_role, new_trail, scenario
from tests.support.cloudtrail import at

PIPELINE = "aws-sdk-go-v2/1.30.4 ua/2.1 os/linux lang/go#1.22.6 md/GOARCH#amd64 terraform-provider-aws/5.65.0"
KALI = "aws-cli/2.17.18 md/awscrt#0.21.2 ua/2.0 os/linux#6.8.11-amd64 md/arch#x86_64 lang/python#3.11.9 md/distrib#kali.2024"


@scenario("t50-two-hands-on-one-key")
def two_hands_on_one_key() -> Files:
    """A pipeline and a thief take turns on one long-term key for two hours."""
    trail = new_trail()
    key = trail.user_key(HOME, "pipeline", key="AKIA1")
    role = named_role(HOME, "deploy")
    for turn in range(8):
        when = at(DAY, "10:00:00") + turn * 900
        ours = key.at("203.0.113.40", PIPELINE)
        run = trail.assume(ours, when, role, f"run-{turn}", key=f"CI{turn}")
        trail.call(run, when + 40, "ecs", "UpdateService", {"service": "shop"})
        theirs = key.at(ELSEWHERE, KALI)
        trail.call(theirs, when + 300, "sts", "GetCallerIdentity")
        if turn % 3 == 0:
            stolen = trail.assume(theirs, when + 330, role, f"cli-{turn}", key=f"TH{turn}")
            trail.call(stolen, when + 360, "s3", "ListBuckets")
    return {"events.json": trail.records}
