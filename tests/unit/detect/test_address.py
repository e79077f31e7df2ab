"""Classes of source addresses, by the ranges of a small file."""

from __future__ import annotations

import pytest

from roletrail.detect.address import AwsRange, Ranges, classify, lies_in, overlap

RANGES = Ranges(
    [
        AwsRange("198.51.100.0/25", "eu-central-1", "AMAZON"),
        AwsRange("198.51.100.0/25", "eu-central-1", "EC2"),
        AwsRange("198.51.100.64/26", "eu-west-1", "S3"),
        AwsRange("2001:db8:aa::/48", "us-east-1", "AMAZON"),
        AwsRange("no prefix", "", ""),
    ],
    "2026-11-01",
)


@pytest.mark.parametrize(
    ("source", "wanted"),
    [
        ("s3.amazonaws.com", "SERVICE"),
        ("ec2.amazonaws.com.cn", "SERVICE"),
        ("AWS Internal", "INTERNAL"),
        ("AWS Internal/3", "INTERNAL"),
        ("10.0.1.5", "PRIVATE"),
        ("172.31.255.1", "PRIVATE"),
        ("172.32.0.1", "PUBLIC"),
        ("100.64.0.9", "PRIVATE"),
        ("100.128.0.9", "PUBLIC"),
        ("fd00::1", "PRIVATE"),
        ("198.51.100.9", "AWS_PUBLIC"),
        ("198.51.100.200", "PUBLIC"),
        ("203.0.113.9", "PUBLIC"),
        ("2001:db8:aa::7", "AWS_PUBLIC"),
        ("2001:0db8:00aa:0000::7", "AWS_PUBLIC"),
        ("2001:db8:bb::7", "PUBLIC"),
        ("::ffff:10.0.1.5", "PRIVATE"),
        ("169.254.169.254", "BAD"),
        ("fe80::1", "BAD"),
        ("127.0.0.1", "BAD"),
        ("", "BAD"),
        ("not an address", "BAD"),
    ],
)
def test_class(source: str, wanted: str) -> None:
    assert classify(source, RANGES) == wanted


def test_the_narrowest_range_and_the_service_that_has_it() -> None:
    wide, narrow = RANGES.find("198.51.100.9"), RANGES.find("198.51.100.70")
    assert wide is not None
    assert narrow is not None
    assert (wide.service, wide.region) == ("EC2", "eu-central-1")
    assert (narrow.service, narrow.region) == ("S3", "eu-west-1")


def test_no_ranges_at_all() -> None:
    assert not Ranges()
    assert classify("198.51.100.9", Ranges()) == "PUBLIC"


def test_blocks() -> None:
    assert lies_in("2001:db8::abcd", ("2001:0db8::/56",))
    assert not lies_in("10.0.1.5", ("2001:db8::/32", "nonsense"))
    assert overlap(("10.0.0.0/16",), ("10.0.1.0/24", "2001:db8::/32"))
    assert not overlap(("10.0.0.0/16",), ("10.1.0.0/16",))
