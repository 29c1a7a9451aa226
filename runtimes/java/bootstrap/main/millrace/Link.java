package millrace;

import java.io.DataInputStream;
import java.io.IOException;
import java.io.OutputStream;
import java.net.StandardProtocolFamily;
import java.net.UnixDomainSocketAddress;
import java.nio.ByteBuffer;
import java.nio.channels.Channels;
import java.nio.channels.SocketChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.Map;

/** The framed connection to the server (docs/reference/runtime-protocol.md). */
final class Link {
    static final int INITIALIZE = 1, INVOKE = 2, CANCEL = 3, DRAIN = 4, PING = 5, FREEZE = 6, CREDIT = 7;
    static final int HELLO = 65, INITIALIZED = 66, RESULT = 67, ERROR = 68, PONG = 69, LEAVING = 70, FROZEN = 71;

    private static final int FRAME_BYTES_MAX = 33 * 1024 * 1024;
    private static final int HEADER_BYTES_MAX = 512 * 1024;

    record Frame(int type, int channel, Map<String, Object> header, byte[] payload) {}

    private final SocketChannel socket;
    private final DataInputStream input;
    private final OutputStream output;

    Link(String path) throws IOException {
        socket = SocketChannel.open(StandardProtocolFamily.UNIX);
        socket.connect(UnixDomainSocketAddress.of(Path.of(path)));
        input = new DataInputStream(new java.io.BufferedInputStream(Channels.newInputStream(socket), 64 * 1024));
        // The channel's own lock serves reads and writes alike, so the streams of `Channels` would wait for each other.
        output = new SocketWriter(socket);
    }

    /** Waits for the next frame; throws when the server is gone or breaks the protocol. */
    Frame read() throws IOException {
        int length = input.readInt();
        if (length < 9 || length > FRAME_BYTES_MAX) throw new IOException("frame length " + length);
        int type = input.readUnsignedByte();
        int channel = input.readInt();
        int headerLength = input.readInt();
        if (headerLength < 0 || headerLength > HEADER_BYTES_MAX || headerLength > length - 9) {
            throw new IOException("header length " + headerLength);
        }
        byte[] header = input.readNBytes(headerLength);
        byte[] payload = input.readNBytes(length - 9 - headerLength);
        if (header.length < headerLength || payload.length < length - 9 - headerLength) {
            throw new IOException("the connection ended within a frame");
        }
        return new Frame(type, channel, readHeader(header), payload);
    }

    private static Map<String, Object> readHeader(byte[] bytes) throws IOException {
        if (bytes.length == 0) return Map.of();
        Object value = Json.parse(new String(bytes, StandardCharsets.UTF_8));
        if (!(value instanceof Map<?, ?>)) throw new IOException("a header is not a JSON object");
        @SuppressWarnings("unchecked")
        Map<String, Object> header = (Map<String, Object>) value;
        return header;
    }

    synchronized void send(int type, int channel, Map<String, Object> header, byte[] payload) throws IOException {
        byte[] text = header == null ? new byte[0] : Json.write(header).getBytes(StandardCharsets.UTF_8);
        ByteBuffer prefix = ByteBuffer.allocate(13 + text.length);
        prefix.putInt(9 + text.length + payload.length);
        prefix.put((byte) type).putInt(channel).putInt(text.length).put(text);
        output.write(prefix.array());
        if (payload.length > 0) output.write(payload);
    }

    /** Says that nothing more comes, so that what was sent arrives before the process ends. */
    void shutdownOutput() {
        try {
            socket.shutdownOutput();
        } catch (IOException gone) {
            // The server is gone.
        }
    }

    private static final class SocketWriter extends OutputStream {
        private final SocketChannel socket;

        SocketWriter(SocketChannel socket) {
            this.socket = socket;
        }

        @Override
        public void write(int value) throws IOException {
            write(new byte[] {(byte) value});
        }

        @Override
        public void write(byte[] bytes, int offset, int length) throws IOException {
            ByteBuffer rest = ByteBuffer.wrap(bytes, offset, length);
            while (rest.hasRemaining()) socket.write(rest);
        }
    }
}
