"""Bytes from outside become values, or an error: never a number that is none, never a huge object.

A reply is read while it arrives and only as far as an honest one could reach, so neither a small
body that unpacks to gigabytes nor one that never ends can fill the memory.
"""

from __future__ import annotations

import json
import zlib
from collections.abc import AsyncIterable
from decimal import Decimal
from typing import Any

MOST_BYTES = 4_000_000
"""Unpacked; the longest honest reply, the list of all coins, has a third of that."""
MOST_VALUES = 300_000
"""Values in one document: small ones take far more memory than their text."""
MOST_DIGITS = 1000
"""Of a whole number; Python itself refuses to read a few thousand."""


async def gather(chunks: AsyncIterable[bytes], encoding: str) -> bytes:
    """Return a body, unpacked.

    Args:
        chunks: as they arrive.
        encoding: of the content; `gzip`, `deflate`, or empty.

    Raises:
        ValueError: for an unknown encoding, broken packing, or more than `MOST_BYTES`.
    """
    if encoding not in ("", "identity", "gzip", "deflate"):
        raise ValueError("it is packed in a way that was not asked for")
    packed = encoding in ("gzip", "deflate")
    unpack = zlib.decompressobj(wbits=47 if encoding == "gzip" else 15) if packed else None
    body = bytearray()
    async for chunk in chunks:
        room = MOST_BYTES + 1 - len(body)
        body += _unpacked(unpack, chunk, room) if unpack else chunk[:room]
        if len(body) > MOST_BYTES:
            raise ValueError(f"it is longer than {MOST_BYTES // 1_000_000} MB")
    if unpack is not None and not unpack.eof:
        raise ValueError("it ends too early")
    return bytes(body)


def _unpacked(unpack: Any, chunk: bytes, room: int) -> bytes:
    try:
        unpacked: bytes = unpack.decompress(chunk, room)
    except zlib.error as error:
        raise ValueError("its packing is broken") from error
    return unpacked


def parse(body: bytes) -> object:
    """Return the values of a JSON document; fractions are Decimals, as exact as they were sent.

    Raises:
        ValueError: when it is not JSON, holds a number that is none, names a key twice, or is
            too deep or too rich to be an honest reply.
    """
    if body.count(b",") + body.count(b"[") + body.count(b"{") > MOST_VALUES:
        raise ValueError("it holds too many values")
    try:
        text = body.decode("utf-8")
        return json.loads(
            text,
            parse_float=Decimal,
            parse_int=_integer,
            parse_constant=_no_number,
            object_pairs_hook=_once_each,
        )
    except RecursionError as error:
        raise ValueError("it is nested too deeply") from error
    except UnicodeDecodeError as error:
        raise ValueError("it is not text in UTF-8") from error
    except json.JSONDecodeError as error:
        raise ValueError("it is not whole JSON") from error
    except ArithmeticError as error:
        raise ValueError("it holds a number beyond what can be counted") from error


def _integer(digits: str) -> int:
    if len(digits) > MOST_DIGITS:
        raise ValueError("it holds a number beyond what can be counted")
    return int(digits)


def _no_number(word: str) -> object:
    raise ValueError(f"it holds {word}, which is no number")


def _once_each(pairs: list[tuple[str, object]]) -> dict[str, object]:
    found = dict(pairs)
    if len(found) != len(pairs):
        raise ValueError("it names a key twice")
    return found
