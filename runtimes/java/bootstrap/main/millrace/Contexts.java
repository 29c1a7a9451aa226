package millrace;

import java.lang.reflect.Constructor;
import java.net.URL;
import java.net.URLClassLoader;
import java.nio.file.Path;
import java.time.Instant;
import java.util.HashMap;
import java.util.Map;
import java.util.function.BiConsumer;

/** Makes the contexts that the code is given: see `millrace.bridge.CodeContext`. */
final class Contexts {
    /** `INFO`, the third of the levels. */
    private static final int LEVEL_USUAL = 2;

    private final Constructor<?> constructor;
    private final Map<String, Object> base;
    private final Output output;
    private volatile int levelMin = LEVEL_USUAL;

    /** @param base the members of the context that are the same for all invocations */
    Contexts(ClassLoader code, String bridgePath, Map<String, Object> base, Output output) throws Exception {
        ClassLoader loader = new URLClassLoader(new URL[] {Path.of(bridgePath).toUri().toURL()}, code);
        Class<?> type = Class.forName("millrace.bridge.CodeContext", true, loader);
        constructor = type.getConstructor(Map.class, BiConsumer.class);
        this.base = flat(base);
        this.output = output;
    }

    Object of(Invocation invocation) throws ReflectiveOperationException {
        Map<String, Object> header = invocation.header;
        Map<String, Object> values = new HashMap<>(base);
        values.put("requestId", invocation.requestId);
        values.put("retryCount", header.get("retryCount"));
        if (header.get("qualifier") != null) values.put("qualifier", header.get("qualifier"));
        addAll(values, header.get("credentials"));
        addAll(values, header.get("tracing"));
        BiConsumer<Enum<?>, String> lines = (level, message) -> log(invocation, level, message);
        return constructor.newInstance(values, lines);
    }

    private void log(Invocation invocation, Enum<?> level, String message) {
        if (message == null) levelMin = level.ordinal();
        else if (level.ordinal() >= levelMin) {
            String time = String.valueOf(Instant.ofEpochMilli(System.currentTimeMillis() / 1_000 * 1_000));
            String millis = String.valueOf(1_000 + System.currentTimeMillis() % 1_000).substring(1);
            String date = time.substring(0, 10) + " " + time.substring(11, 19) + "." + millis;
            output.line(invocation, 'o', date + " " + invocation.requestId + " [" + level.name() + "] " + message);
        }
    }

    private static Map<String, Object> flat(Map<String, Object> context) {
        Map<String, Object> values = new HashMap<>();
        addAll(values, context.get("service"));
        values.put("serviceName", values.get("name"));
        addAll(values, context.get("function"));
        values.put("region", context.get("region"));
        values.put("accountId", context.get("accountId"));
        return values;
    }

    private static void addAll(Map<String, Object> values, Object members) {
        if (!(members instanceof Map<?, ?> map)) return;
        for (Map.Entry<?, ?> member : map.entrySet()) values.put(String.valueOf(member.getKey()), member.getValue());
    }
}
