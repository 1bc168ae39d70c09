"""Uploaded pictures made safe: any picture in, a fresh JPEG without metadata out.

The picture is opened in a process of its own (`picture_child.py`) and never here; what comes back
is looked at again, marker by marker. Whatever goes wrong, the picture is refused: there is no way
round. Source: trust 12, 13.
"""

from __future__ import annotations

import asyncio
import re
import signal
import sys
from contextlib import suppress
from pathlib import Path
from weakref import WeakKeyDictionary

from open311.errors import Invalid, Unavailable

__all__ = ["reencode"]

DEADLINE = 8.0  # seconds by the clock; the child has 5 of the processor
PATIENCE = 20.0  # seconds that a picture waits for its turn
AT_ONCE = 2  # children of this process; each may take 768 MB

_CHILD = Path(__file__).with_name("picture_child.py")
_REFUSED = 65  # the child's exit code when it has written a sentence
_STOPPED = {-signal.SIGTERM, -signal.SIGINT}  # with the whole service, before it had begun
_turns: WeakKeyDictionary[asyncio.AbstractEventLoop, asyncio.Semaphore] = WeakKeyDictionary()


async def reencode(content: bytes, *, deadline: float = DEADLINE) -> bytes:
    """The picture alone: upright, sRGB on white, the longest side at most 2048 pixels.

    Args:
        content: a JPEG, MPO, PNG, WebP or GIF file (the first picture of it), or HEIC where
            pi-heif is installed; at most 40 Mpx.
        deadline: seconds by the clock, > 0, once it is the picture's turn.

    Returns:
        A JPEG of quality 85 that holds tables and pixels: no EXIF, XMP, IPTC, ICC, comment,
        thumbnail, second picture or trailing byte.

    Raises:
        Invalid: it is no such picture, is broken, too large, or takes 5 s of the processor.
        Unavailable: the machine is too busy, or cannot start a process, or stops.

    Source: trust 12, 13.
    """
    turn = _turns.setdefault(asyncio.get_running_loop(), asyncio.Semaphore(AT_ONCE))
    try:
        async with asyncio.timeout(PATIENCE):
            await turn.acquire()
    except TimeoutError:
        raise Unavailable("Too many pictures wait; please try again.", retry_after=10) from None
    try:
        code, output, complaint = await _in_child(content, deadline)
    finally:
        turn.release()
    if code == 0 and _is_bare(output):
        return output
    if code == _REFUSED:
        raise Invalid(output.decode("ascii"))
    if code == -signal.SIGXCPU:
        raise Invalid("it takes too long to read; send a smaller picture.")
    if code > 0 or code in _STOPPED:
        raise Unavailable from RuntimeError(complaint.decode("utf-8", "replace"))
    raise Invalid("it cannot be made safe; send another picture.")


async def _in_child(content: bytes, deadline: float) -> tuple[int, bytes, bytes]:
    pipe = asyncio.subprocess.PIPE
    starting = asyncio.create_task(
        asyncio.create_subprocess_exec(
            sys.executable, "-I", str(_CHILD), stdin=pipe, stdout=pipe, stderr=pipe, env={}
        )
    )
    try:
        async with asyncio.timeout(deadline):
            child = await asyncio.shield(starting)  # cut short, it would leave a process unknown
            output, complaint = await child.communicate(content)
    except OSError as error:  # it cannot start, or, as TimeoutError is one, the deadline passed
        raise Unavailable from error
    finally:
        await _end(starting)
    return child.returncode or 0, output, complaint


async def _end(starting: asyncio.Task[asyncio.subprocess.Process]) -> None:
    """Leave no process behind, not even a zombie, also when the caller is cancelled."""
    with suppress(OSError):  # it never started, or has just ended
        child = await starting
        if child.returncode is None:
            child.kill()
            await child.communicate()


_START = re.compile(rb"\xff\xd8\xff\xe0\x00\x10JFIF\x00\x01[\x01\x02]\x00\x00\x01\x00\x01\x00\x00")
_TABLES = {b"\xff\xdb", b"\xff\xc0", b"\xff\xc4"}  # quantisation, frame, Huffman
_SCAN = b"\xff\xda"
_MARKER = re.compile(rb"\xff[^\x00]")  # FF00 is a byte of pixels
_END = b"\xff\xd9"


def _is_bare(jpeg: bytes) -> bool:
    """Whether a JPEG is a JFIF header without thumbnail, tables, one scan and the end."""
    start = _START.match(jpeg)
    at = start.end() if start else 0
    while jpeg[at : at + 2] in _TABLES:
        at += 2 + int.from_bytes(jpeg[at + 2 : at + 4])
    marker = _MARKER.search(jpeg, at + 2)
    return (
        start is not None
        and jpeg[at : at + 2] == _SCAN
        and marker is not None
        and marker.start() == len(jpeg) - 2
        and jpeg.endswith(_END)
    )
