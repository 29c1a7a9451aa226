"""Standard output and error of the code, written at once and marked with the request that they belong to.

See "Output" in the protocol page. Nothing is buffered here: what was printed before the process ends, however it
ends, has been printed.
"""

import io
import os
import sys
import time
import _thread
from _contextvars import ContextVar

# What is written as one piece together with its marks; above that the copy costs more than further calls.
JOINED_BYTES_MAX = 64 * 1024

OUT, ERR = b'o', b'e'


class Output:
    """`sole` tells whose output it is that comes from outside any context: of threads that native libraries start."""

    def __init__(self, sole):
        self.current = ContextVar('invocation', default=None)
        self._sole = sole
        self._lock = _thread.RLock()
        self.streams = LogStream(self, OUT, 1), LogStream(self, ERR, 2)

    def capture(self):
        sys.stdout = sys.__stdout__ = self.streams[0]
        sys.stderr = sys.__stderr__ = self.streams[1]

    def owner(self):
        return self.current.get() or self._sole()

    def write(self, owner, stream, data):
        """`owner` is an invocation or `None`. A piece of a line at a time is fine: each has marks of its own."""
        size = len(data)
        if size == 0:
            return
        mark = b'' if owner is None else owner.mark
        if size <= JOINED_BYTES_MAX:
            pieces = (b'\x1e%b %b\x1f%b\x1e\x1f' % (mark, stream, data),)
        else:
            pieces = (b'\x1e%b %b\x1f' % (mark, stream), data, b'\x1e\x1f')
        with self._lock:
            for piece in pieces:
                write_blocking(piece)
            if owner is not None:
                owner.open_line[stream] = data[-1] != 10

    def end_lines(self, owner):
        """Output without a line feed at its end is a line nevertheless, once the invocation is over."""
        for stream, is_open in tuple(owner.open_line.items()):
            if is_open:
                self.write(owner, stream, b'\n')

    def flush(self):
        """Writes what code keeps that has put a stream of its own in the place of ours."""
        for stream, own in zip((sys.stdout, sys.stderr), self.streams):
            if stream is not own and stream is not None:
                try:
                    stream.flush()
                except Exception:
                    pass  # Closed by the code: there is nothing to write any more.

    def forked(self):
        """In a child without its parent's threads, of which one may have held the lock."""
        self._lock = _thread.RLock()


def write_blocking(data):
    view = memoryview(data)
    while len(view) > 0:
        try:
            view = view[os.write(1, view) :]
        except BlockingIOError:
            time.sleep(0.001)
        except OSError:
            return


class LogStream(io.TextIOBase):
    """As `sys.stdout`. Code that closes it does not take the output from the rest of the process."""

    encoding = 'utf-8'
    errors = 'backslashreplace'
    mode = 'w'
    line_buffering = True
    write_through = True

    def __init__(self, output, stream, number):
        self._output = output
        self._stream = stream
        self._number = number
        self.name = '<stdout>' if number == 1 else '<stderr>'
        self.buffer = LogBytes(output, stream, number)

    def write(self, text):
        if not isinstance(text, str):
            raise TypeError('write() argument must be str, not ' + type(text).__name__)
        output = self._output
        output.write(output.owner(), self._stream, text.encode('utf-8', 'backslashreplace'))
        return len(text)

    def writable(self):
        return True

    def fileno(self):
        return self._number

    def close(self):
        pass

    def detach(self):
        return self.buffer

    def reconfigure(self, **_options):
        """The output is UTF-8 and unbuffered whatever the code would like."""


class LogBytes(io.BufferedIOBase):
    """As `sys.stdout.buffer`."""

    def __init__(self, output, stream, number):
        self._output = output
        self._stream = stream
        self._number = number

    def write(self, data):
        chunk = bytes(data)
        self._output.write(self._output.owner(), self._stream, chunk)
        return len(chunk)

    def writable(self):
        return True

    def fileno(self):
        return self._number

    def close(self):
        pass
