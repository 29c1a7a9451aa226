"""Answers in parts. Imported with the first of them."""

import json
import _thread

from . import connection
from .code import failure

WINDOW_BYTES = 1024 * 1024
# A part is cut to this size, so that one large chunk of the code does not fill the window at once.
PART_BYTES_MAX = 256 * 1024


class Window:
    """How much may still be sent on a channel before the server gives back room."""

    def __init__(self):
        self._bytes = WINDOW_BYTES
        self._lock = _thread.allocate_lock()
        self._wake = None
        self._is_closed = False

    def credit(self, size):
        with self._lock:
            self._bytes += size
            self._release()

    def close(self):
        with self._lock:
            self._is_closed = True
            self._release()

    def take(self, wanted):
        """At least 1 and at most `wanted`; waits until there is room. Raises when nobody waits for the answer."""
        while True:
            with self._lock:
                if self._is_closed:
                    raise failure('Cancelled', 'nobody waits for the answer any more')
                if self._bytes > 0:
                    taken = min(wanted, self._bytes)
                    self._bytes -= taken
                    return taken
                wake = self._wake = _thread.allocate_lock()
                wake.acquire()
            wake.acquire()

    def _release(self):
        if self._wake is not None:
            self._wake.release()
            self._wake = None


class Parts:
    """One answer in parts; `begin` at most once and before the first `send`."""

    def __init__(self, instance, invocation):
        self._instance = instance
        self._invocation = invocation
        self._window = Window()
        invocation.open_window(self._window)

    def begin(self, head):
        self._frame(connection.HEAD, json.dumps(head).encode())

    def send(self, chunk):
        view = memoryview(bytes_of(chunk)).cast('B')
        while len(view) > 0:
            size = self._window.take(min(len(view), PART_BYTES_MAX))
            self._frame(connection.DATA, b'', bytes(view[:size]))
            view = view[size:]

    def _frame(self, frame_type, header, payload=b''):
        link = self._instance.link
        with link.lock:
            if self._invocation.channel in self._instance.running:
                link.send(frame_type, self._invocation.channel, header, payload)


def bytes_of(chunk):
    if isinstance(chunk, (bytes, bytearray, memoryview)):
        return chunk
    if isinstance(chunk, str):
        return chunk.encode()
    return json.dumps(chunk, ensure_ascii=False, allow_nan=False, separators=(',', ':')).encode()


def send_returned(instance, invocation, returned):
    """Sends what a generator yields; returns what the result frame has, or `None` when it follows from the event loop."""
    parts = Parts(instance, invocation)
    parts.begin({})
    if hasattr(type(returned), '__anext__'):
        done = lambda awaited: instance.settle(invocation, awaited)
        instance.event_loop().start(send_asynchronous(parts, returned), invocation, done)
        return None
    try:
        for chunk in returned:
            parts.send(chunk)
    finally:
        close = getattr(returned, 'close', None)
        if close is not None:
            close()
    return b'', None


async def send_asynchronous(parts, returned):
    import asyncio

    loop = asyncio.get_running_loop()
    async for chunk in returned:
        # Waiting for room must not hold up the other invocations of the loop.
        await loop.run_in_executor(None, parts.send, chunk)
