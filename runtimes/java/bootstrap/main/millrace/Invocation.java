package millrace;

import java.util.Map;

/** One call of the code: of its handler, or of a hook on channel 0. */
final class Invocation {
    final int channel;
    final String requestId;
    final Map<String, Object> header;
    final long startedAtNs = System.nanoTime();
    private Thread thread;
    private boolean isCancelled;
    volatile boolean isOver;
    private boolean outIsOpen;
    private boolean errIsOpen;

    Invocation(int channel, Map<String, Object> header) {
        this.channel = channel;
        this.header = header;
        this.requestId = String.valueOf(header.get("requestId"));
    }

    double durationMs() {
        return Math.round((System.nanoTime() - startedAtNs) / 1_000.0) / 1_000.0;
    }

    /** Told to the thread that runs the code; one that was cancelled before it began is interrupted at once. */
    synchronized void runsOn(Thread runner) {
        thread = runner;
        if (isCancelled) runner.interrupt();
    }

    /** A cancel that comes later must not interrupt what the thread does next. */
    synchronized void end() {
        isOver = true;
        thread = null;
        Thread.interrupted();
    }

    synchronized void cancel() {
        isCancelled = true;
        if (thread != null) thread.interrupt();
    }

    synchronized void setOpenLine(char stream, boolean isOpen) {
        if (stream == 'o') outIsOpen = isOpen;
        else errIsOpen = isOpen;
    }

    synchronized boolean hasOpenLine(char stream) {
        return stream == 'o' ? outIsOpen : errIsOpen;
    }
}
