"""Frames of the runtime protocol over the Unix socket."""

import posix
import sys
import _socket
import _thread

PROTOCOL_VERSION = 1
FRAME_BYTES_MAX = 33 * 1024 * 1024
# To the instance.
INITIALIZE, INVOKE, CANCEL, DRAIN, PING, FREEZE, CREDIT = 1, 2, 3, 4, 5, 6, 7
# To the server.
HELLO, INITIALIZED, RESULT, ERROR, PONG, LEAVING, FROZEN, HEAD, DATA = 65, 66, 67, 68, 69, 70, 71, 72, 73

# Payloads up to this size are copied behind their header: one call is cheaper than the copy.
JOINED_PAYLOAD_BYTES_MAX = 32 * 1024
READ_BYTES = 64 * 1024


def connect():
    socket = _socket.socket(_socket.AF_UNIX, _socket.SOCK_STREAM)
    socket.connect(posix.environ[b'MILLRACE_SOCKET'])
    link = Connection(socket)
    header = '{"protocol":%d,"language":"python","version":"%d.%d.%d"}'
    link.send(HELLO, 0, (header % (PROTOCOL_VERSION, *sys.version_info[:3])).encode())
    return link


class ProtocolError(Exception):
    """The other side does not speak the protocol."""


class Connection:
    def __init__(self, socket):
        self.socket = socket
        # Whoever decides which frame comes last holds it meanwhile, hence re-entrant.
        self.lock = _thread.RLock()

    def send(self, frame_type, channel, header=b'', payload=b''):
        """`header` is the text of a JSON object. Blocks until the system has taken all of it."""
        prefix = b'%b%c%b%b%b' % (
            (9 + len(header) + len(payload)).to_bytes(4, 'big'),
            frame_type,
            channel.to_bytes(4, 'big'),
            len(header).to_bytes(4, 'big'),
            header,
        )
        with self.lock:
            if len(payload) <= JOINED_PAYLOAD_BYTES_MAX:
                self.socket.sendall(prefix + payload)
            else:
                self.socket.sendall(prefix)
                self.socket.sendall(payload)

    def frames(self):
        """Yields `(type, channel, header text, payload)` until the server closes the connection."""
        receive = self.socket.recv_into
        view = memoryview(bytearray(READ_BYTES))
        start = end = 0
        while True:
            if end - start >= 4:
                total = 4 + frame_length(view[start : start + 4])
                if end - start >= total:
                    yield decode(view[start + 4 : start + total])
                    start += total
                    continue
                if total > READ_BYTES:
                    yield self._large(view[start:end], total)
                    start = end = 0
                    continue
            if start > 0:
                view[: end - start] = bytes(view[start:end])
                end -= start
                start = 0
            count = receive(view[end:])
            if count == 0:
                return
            end += count

    def _large(self, begun, total):
        """A frame that does not fit the buffer; `begun` are its first bytes."""
        frame = memoryview(bytearray(total))
        filled = len(begun)
        frame[:filled] = begun
        while filled < total:
            count = self.socket.recv_into(frame[filled:])
            if count == 0:
                raise ProtocolError('the connection ended within a frame')
            filled += count
        return decode(frame[4:])


def frame_length(view):
    length = int.from_bytes(view, 'big')
    if length < 9 or length > FRAME_BYTES_MAX:
        raise ProtocolError('frame length %d is not allowed' % length)
    return length


def decode(frame):
    """`frame` begins after the length field."""
    header_end = 9 + int.from_bytes(frame[5:9], 'big')
    if header_end > len(frame):
        raise ProtocolError('a header is longer than its frame')
    header = str(frame[9:header_end], 'utf-8') or '{}'
    return frame[0], int.from_bytes(frame[1:5], 'big'), header, bytes(frame[header_end:])
