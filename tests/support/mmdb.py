"""Writes a file in MaxMind's format (version 2.0 of its specification): IPv4 prefixes and what is said of them."""

from __future__ import annotations

import ipaddress
import struct
from typing import Any


def database(networks: dict[str, dict[str, Any]]) -> bytes:
    """A search tree of 24-bit records, the values behind it, the metadata at the end."""
    nodes: list[list[int | None]] = [[None, None]]
    values = b""
    offsets: list[tuple[list[int | None], int, int]] = []
    for prefix, value in networks.items():
        network = ipaddress.ip_network(prefix)
        bits = format(int(network.network_address), "032b")[: network.prefixlen]
        node = nodes[0]
        for bit in map(int, bits[:-1]):
            if node[bit] is None:
                nodes.append([None, None])
                node[bit] = len(nodes) - 1
            node = nodes[node[bit] or 0]
        offsets.append((node, int(bits[-1]), len(values)))
        values += encode(value)
    for node, bit, offset in offsets:
        node[bit] = len(nodes) + 16 + offset
    tree = b"".join(struct.pack(">I", len(nodes) if one is None else one)[1:] for node in nodes for one in node)
    metadata = {
        "node_count": len(nodes), "record_size": 24, "ip_version": 4, "database_type": "Test", "languages": [],
        "binary_format_major_version": 2, "binary_format_minor_version": 0, "build_epoch": 1, "description": {},
    }  # fmt: skip
    return tree + bytes(16) + values + b"\xab\xcd\xefMaxMind.com" + encode(metadata)


def encode(value: Any) -> bytes:
    if isinstance(value, str):
        text = value.encode()
        return _head(2, len(text)) + text
    if isinstance(value, int):
        body = value.to_bytes((value.bit_length() + 7) // 8, "big")
        return _head(6, len(body)) + body
    if isinstance(value, dict):
        return _head(7, len(value)) + b"".join(encode(name) + encode(one) for name, one in value.items())
    return _head(11, len(value)) + b"".join(map(encode, value))


def _head(kind: int, size: int) -> bytes:
    """Control byte; kinds above 7 stand in a byte of their own, sizes from 29 on in the next."""
    first = (kind if kind <= 7 else 0) << 5
    more = bytes([kind - 7]) if kind > 7 else b""
    return bytes([first | size]) + more if size < 29 else bytes([first | 29]) + more + bytes([size - 29])
