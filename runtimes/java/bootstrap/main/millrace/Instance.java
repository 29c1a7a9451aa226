package millrace;

import java.io.IOException;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.TreeMap;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;

/** The life of the instance: what the server sends, what the code makes of it, and how it ends. */
final class Instance {
    private static final int RESULT_BYTES_MAX = 32 * 1024 * 1024;
    /** Exit codes: after an error that nobody caught, and without a server. */
    private static final int FAILED = 1, ABANDONED = 70;

    private enum State {
        BOOTING,
        INITIALIZING,
        READY,
        DRAINING,
        DYING
    }

    private final Link link;
    private final String compatPath;
    private final String bridgePath;
    private final Output output = new Output(this);
    private final Map<Integer, Invocation> running = new TreeMap<>();
    private final ExecutorService workers = Executors.newCachedThreadPool(work -> {
        Thread thread = new Thread(work, "invocation");
        thread.setDaemon(true);
        return thread;
    });
    private State state = State.BOOTING;
    private int highestChannel;
    private Invocation initialization;
    /** Of the request that the instance was started for: hooks belong to no other. */
    private String firstRequestId = "";
    private Code code;
    private Contexts contexts;
    private Code.Handler handler;
    private Code.Hook preStop;
    private Code.Hook preFreeze;

    /** @param libraryPath the folder with what is loaded for the code besides its own classes */
    Instance(Link link, String libraryPath) {
        this.link = link;
        compatPath = libraryPath + "/compat.jar";
        bridgePath = libraryPath + "/bridge.jar";
    }

    /** Never returns. */
    void run() {
        output.capture();
        Thread.setDefaultUncaughtExceptionHandler((thread, error) -> die(error));
        try {
            link.send(Link.HELLO, 0, Map.of("protocol", 1, "language", "java", "version", System.getProperty("java.version")), new byte[0]);
            while (true) onFrame(link.read());
        } catch (IOException | RuntimeException gone) {
            // A server that is gone, or that breaks the protocol.
        }
        synchronized (this) {
            if (state == State.DYING) {
                waitForEver();
            }
        }
        // Nobody waits for this process, or for what it has started.
        ProcessHandle.current().descendants().forEach(ProcessHandle::destroyForcibly);
        Runtime.getRuntime().halt(ABANDONED);
    }

    private void onFrame(Link.Frame frame) throws IOException {
        switch (frame.type()) {
            case Link.INVOKE -> begin(frame);
            case Link.CANCEL -> cancel(frame.channel());
            case Link.PING -> link.send(Link.PONG, frame.channel(), null, frame.payload());
            case Link.DRAIN -> drain();
            case Link.FREEZE -> workers.execute(this::freeze);
            case Link.CREDIT -> {}
            case Link.INITIALIZE -> {
                synchronized (this) {
                    if (state != State.BOOTING) throw new IOException("a second initialize");
                    state = State.INITIALIZING;
                }
                workers.execute(() -> initialize(frame.header()));
            }
            default -> throw new IOException("frame type " + frame.type());
        }
    }

    private void initialize(Map<String, Object> header) {
        Invocation owner = new Invocation(0, header);
        initialization = owner;
        firstRequestId = owner.requestId;
        output.current.set(owner);
        String kind = "unhandled";
        try {
            load(header);
            Object initializer = header.get("initializer");
            if (initializer != null) {
                kind = "initialization";
                code.hook((String) initializer, "initialize").call(contexts.of(owner));
            }
        } catch (Throwable error) {
            output.line(owner, 'e', Failures.text(error));
            synchronized (this) {
                if (state == State.INITIALIZING) sendError(owner, kind, error);
            }
            leave(FAILED);
            return;
        }
        output.endLines(owner);
        owner.isOver = true;
        output.current.remove();
        synchronized (this) {
            initialization = null;
            if (state != State.INITIALIZING) return;
            state = State.READY;
            send(Link.INITIALIZED, 0, answerHeader(owner, null), new byte[0]);
        }
    }

    @SuppressWarnings("unchecked")
    private void load(Map<String, Object> header) throws Throwable {
        Environment.replace((Map<String, Object>) header.get("environment"));
        String codePath = (String) header.get("codePath");
        System.setProperty("user.dir", codePath);
        code = new Code(codePath, (String) header.get("layersPath"), compatPath);
        contexts = new Contexts(code.loader, bridgePath, (Map<String, Object>) header.get("context"), output);
        Thread.currentThread().setContextClassLoader(code.loader);
        handler = code.handler((String) header.get("handler"));
        if (header.get("preStop") != null) preStop = code.hook((String) header.get("preStop"), "preStop");
        if (header.get("preFreeze") != null) preFreeze = code.hook((String) header.get("preFreeze"), "preFreeze");
    }

    private void begin(Link.Frame frame) {
        Invocation invocation = new Invocation(frame.channel(), frame.header());
        synchronized (this) {
            if (state != State.READY) return;
            running.put(invocation.channel, invocation);
            highestChannel = invocation.channel;
        }
        workers.execute(() -> invoke(invocation, frame.payload()));
    }

    private void invoke(Invocation invocation, byte[] event) {
        Thread.currentThread().setContextClassLoader(code.loader);
        invocation.runsOn(Thread.currentThread());
        output.current.set(invocation);
        try {
            Code.Result result = handler.call(event, contexts.of(invocation));
            if (result.bytes().length > RESULT_BYTES_MAX) {
                throw new Failures.LoadError("ResultTooLarge", "the result has " + result.bytes().length + " bytes; the limit is " + RESULT_BYTES_MAX);
            }
            output.endLines(invocation);
            synchronized (this) {
                if (isAnswered(invocation)) return;
                send(Link.RESULT, invocation.channel, answerHeader(invocation, result.contentType()), result.bytes());
            }
        } catch (Throwable error) {
            output.endLines(invocation);
            output.line(invocation, 'e', Failures.text(error));
            synchronized (this) {
                if (isAnswered(invocation)) return;
                sendError(invocation, "unhandled", error);
            }
        } finally {
            invocation.end();
            output.current.remove();
        }
        afterAnswer();
    }

    private boolean isAnswered(Invocation invocation) {
        return running.remove(invocation.channel) == null;
    }

    private void afterAnswer() {
        synchronized (this) {
            if (state != State.DRAINING || !running.isEmpty()) return;
        }
        stop();
    }

    private void cancel(int channel) {
        Invocation invocation;
        synchronized (this) {
            invocation = running.get(channel);
        }
        if (invocation != null) invocation.cancel();
    }

    private void drain() {
        synchronized (this) {
            if (state == State.DYING || state == State.DRAINING) return;
            state = State.DRAINING;
            if (!running.isEmpty()) return;
        }
        workers.execute(this::stop);
    }

    /** The last words of the code, then the end. A hook that fails does not keep the instance. */
    private void stop() {
        runHook(preStop);
        leave(0);
    }

    private void freeze() {
        Map<String, Object> header = new LinkedHashMap<>();
        long startedAtNs = System.nanoTime();
        String error = runHook(preFreeze);
        header.put("durationMs", (System.nanoTime() - startedAtNs) / 1e6);
        if (error != null) header.put("error", error);
        send(Link.FROZEN, 0, header, new byte[0]);
    }

    private String runHook(Code.Hook hook) {
        if (hook == null) return null;
        Invocation owner = new Invocation(0, Map.of("requestId", firstRequestId));
        output.current.set(owner);
        try {
            Thread.currentThread().setContextClassLoader(code.loader);
            hook.call(contexts.of(owner));
            return null;
        } catch (Throwable error) {
            output.line(owner, 'e', Failures.text(error));
            return String.valueOf(error);
        } finally {
            output.endLines(owner);
            owner.isOver = true;
            output.current.remove();
        }
    }

    /** The only one that output from nowhere can belong to. */
    synchronized Invocation sole() {
        if (initialization != null) return initialization;
        return running.size() == 1 ? running.values().iterator().next() : null;
    }

    /** After an error that nobody caught the state of the code is unknown: all that runs fails with it. */
    private void die(Throwable error) {
        output.line(output.owner(), 'e', Failures.text(error));
        synchronized (this) {
            if (state == State.DYING) return;
            if (initialization != null) sendError(initialization, "unhandled", error);
            for (Invocation invocation : running.values()) {
                output.endLines(invocation);
                sendError(invocation, "unhandled", error);
            }
            running.clear();
        }
        leave(FAILED);
    }

    private void leave(int status) {
        synchronized (this) {
            if (state == State.DYING) waitForEver();
            state = State.DYING;
            send(Link.LEAVING, highestChannel, null, new byte[0]);
            link.shutdownOutput();
        }
        System.out.flush();
        System.err.flush();
        Runtime.getRuntime().halt(status);
    }

    /** Another thread is ending the process. */
    private void waitForEver() {
        while (true) {
            try {
                wait();
            } catch (InterruptedException again) {
                // There is nothing else to do.
            }
        }
    }

    private void sendError(Invocation invocation, String kind, Throwable error) {
        Map<String, Object> header = Failures.header(kind, error);
        header.put("durationMs", invocation.durationMs());
        header.put("memoryKiB", Memory.peakKiB());
        send(Link.ERROR, invocation.channel, header, new byte[0]);
    }

    private static Map<String, Object> answerHeader(Invocation invocation, String contentType) {
        Map<String, Object> header = new LinkedHashMap<>();
        if (contentType != null) header.put("contentType", contentType);
        header.put("durationMs", invocation.durationMs());
        header.put("memoryKiB", Memory.peakKiB());
        return header;
    }

    private void send(int type, int channel, Map<String, Object> header, byte[] payload) {
        try {
            link.send(type, channel, header, payload);
        } catch (IOException gone) {
            // The reader of the connection sees the same, and ends the process.
        }
    }
}
