package millrace;

import java.io.FileDescriptor;
import java.io.FileOutputStream;
import java.io.IOException;
import java.io.OutputStream;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;

/** What the code writes is its log: everything goes to standard output, with marks that say whose it is. */
final class Output {
    /** Whose output that of a thread is; threads that the code starts inherit it. */
    final InheritableThreadLocal<Invocation> current = new InheritableThreadLocal<>();

    private final OutputStream real = new FileOutputStream(FileDescriptor.out);
    private final Instance instance;

    Output(Instance instance) {
        this.instance = instance;
    }

    void capture() {
        System.setOut(new PrintStream(new Stream('o'), true, StandardCharsets.UTF_8));
        System.setErr(new PrintStream(new Stream('e'), true, StandardCharsets.UTF_8));
    }

    Invocation owner() {
        Invocation own = current.get();
        return own != null && !own.isOver ? own : instance.sole();
    }

    synchronized void write(Invocation owner, char stream, byte[] bytes, int offset, int length) {
        if (length == 0) return;
        byte[] mark = ("\u001e" + (owner == null ? "" : owner.requestId) + " " + stream + "\u001f").getBytes(StandardCharsets.UTF_8);
        byte[] joined = new byte[mark.length + length + 2];
        System.arraycopy(mark, 0, joined, 0, mark.length);
        System.arraycopy(bytes, offset, joined, mark.length, length);
        joined[joined.length - 2] = 0x1e;
        joined[joined.length - 1] = 0x1f;
        try {
            real.write(joined);
        } catch (IOException closed) {
            // Nobody reads any more: the server is gone, and the process ends by that.
        }
        if (owner != null) owner.setOpenLine(stream, bytes[offset + length - 1] != '\n');
    }

    void line(Invocation owner, char stream, String text) {
        byte[] bytes = (text + "\n").getBytes(StandardCharsets.UTF_8);
        write(owner, stream, bytes, 0, bytes.length);
    }

    /** Output without a line feed at its end is a line nevertheless, once the invocation is over. */
    void endLines(Invocation owner) {
        System.out.flush();
        System.err.flush();
        for (char stream : new char[] {'o', 'e'}) {
            if (owner.hasOpenLine(stream)) write(owner, stream, new byte[] {'\n'}, 0, 1);
        }
    }

    private final class Stream extends OutputStream {
        private final char name;

        Stream(char name) {
            this.name = name;
        }

        @Override
        public void write(int value) {
            Output.this.write(owner(), name, new byte[] {(byte) value}, 0, 1);
        }

        @Override
        public void write(byte[] bytes, int offset, int length) {
            Output.this.write(owner(), name, bytes, offset, length);
        }
    }
}
