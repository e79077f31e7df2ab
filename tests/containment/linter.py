"""An IAM policy linter, without its noise."""

from __future__ import annotations

import gc
import json
import warnings
from typing import Any


def lint(policy: dict[str, Any]) -> list[Any]:
    """What the linter says of a policy, but for its hint that a deny is about everything."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # it leaves files open, and uses what its libraries give up
        from parliament import analyze_policy_string

        found = analyze_policy_string(json.dumps(policy)).findings
        gc.collect()
    return [one for one in found if one.issue != "RESOURCE_STAR" and not _of_an_issuer(one)]


def _of_an_issuer(finding: Any) -> bool:
    """The subject of a token: its key is named after the issuer, so no linter has a list of them."""
    return finding.issue == "UNKNOWN_CONDITION_FOR_ACTION" and ":sub for action sts:AssumeRoleWithWebIdentity" in finding.detail
