"""userAgent to a family: client, operating system, runtime. Coarse on purpose: a patch release is not another client.

The families are what an activity is keyed by and what "familiar hands" is judged on; the full text is in the archive.
"""

from __future__ import annotations

import re
from functools import lru_cache

from roletrail.lineage.arn import is_service

_CLIENTS: tuple[tuple[str, str], ...] = (
    # the first text found in the lower-case user agent names the client; order matters: tools before the SDKs they use
    ("aws signin", "aws-signin"),
    ("aws-signin", "aws-signin"),
    ("amazon-ssm-agent", "amazon-ssm-agent"),
    ("terraform", "terraform"),
    ("opentofu", "opentofu"),
    ("pulumi", "pulumi"),
    ("ansible", "ansible"),
    ("aws-cdk", "aws-cdk"),
    ("aws-toolkit", "aws-toolkit"),
    ("eksctl", "eksctl"),
    ("kubectl", "kubectl"),
    ("pacu", "pacu"),
    ("prowler", "prowler"),
    ("stratus-red-team", "stratus-red-team"),
    ("aws-cli/2", "aws-cli/2"),
    ("aws-cli/", "aws-cli/1"),
    ("aws-internal", "aws-internal"),
    ("s3console", "console"),
    ("aws-mcp", "aws-mcp"),
    ("boto3", "boto3"),
    ("botocore", "botocore"),
    ("aws-sdk-go-v2", "aws-sdk-go/2"),
    ("aws-sdk-go", "aws-sdk-go/1"),
    ("aws-sdk-java/2", "aws-sdk-java/2"),
    ("aws-sdk-java", "aws-sdk-java/1"),
    ("aws-sdk-nodejs", "aws-sdk-js/2"),
    ("aws-sdk-js", "aws-sdk-js"),
    ("aws-sdk-rust", "aws-sdk-rust"),
    ("aws-sdk-php", "aws-sdk-php"),
    ("aws-sdk-ruby", "aws-sdk-ruby"),
    ("aws-sdk-dotnet", "aws-sdk-dotnet"),
    ("aws-sdk-net", "aws-sdk-dotnet"),
    ("aws-sdk-cpp", "aws-sdk-cpp"),
    ("aws-sdk-swift", "aws-sdk-swift"),
    ("aws-sdk-kotlin", "aws-sdk-kotlin"),
    ("awspowershell", "powershell"),
    ("edg/", "edge"),
    ("firefox/", "firefox"),
    ("chrome/", "chrome"),
    ("safari/", "safari"),
    ("mozilla/", "browser"),
)
_SYSTEMS: tuple[tuple[str, str], ...] = (
    ("darwin", "macos"),
    ("macos", "macos"),
    ("mac os", "macos"),
    ("mac_os", "macos"),
    ("kali", "kali"),
    ("windows", "windows"),
    ("win32", "windows"),
    ("android", "android"),
    ("iphone", "ios"),
    ("linux", "linux"),
)
_RUNTIMES: tuple[tuple[str, str], ...] = (
    ("aws_lambda", "lambda"),
    ("aws_ecs", "ecs"),
    ("cloudshell", "cloudshell"),
    ("codebuild", "codebuild"),
    ("exec-env/ec2", "ec2"),
)
_PRODUCT = re.compile(r"[\w.\-]{1,40}", re.ASCII)


@lru_cache(maxsize=65_536)
def family(user_agent: str) -> str:
    """`aws-cli/2 linux`, `boto3 linux lambda`, `chrome windows`, `ec2.amazonaws.com`, or the name of the first product."""
    if not user_agent or is_service(user_agent):
        return user_agent[:80]
    folded = user_agent.lower()
    client = _first(_CLIENTS, folded) or _product(folded)
    return " ".join(part for part in (client, _first(_SYSTEMS, folded), _first(_RUNTIMES, folded)) if part)


def _first(table: tuple[tuple[str, str], ...], folded: str) -> str:
    return next((name for mark, name in table if mark in folded), "")


def _product(folded: str) -> str:
    found = _PRODUCT.search(folded)
    return found[0] if found else "other"
