package millrace;

import java.lang.reflect.Field;
import java.util.Map;

/** The environment of the code in place of the one that the process was started with. */
final class Environment {
    private Environment() {}

    /**
     * Java has no way to change the environment, so the map that `System.getenv` reads is changed. Programs that the
     * code starts inherit it, since they are started with a copy of the same map.
     */
    @SuppressWarnings("unchecked")
    static void replace(Map<String, Object> wanted) throws ReflectiveOperationException {
        Class<?> type = Class.forName("java.lang.ProcessEnvironment");
        Map<Object, Object> all = (Map<Object, Object>) field(type, "theEnvironment");
        var variable = Class.forName("java.lang.ProcessEnvironment$Variable").getMethod("valueOf", String.class);
        var value = Class.forName("java.lang.ProcessEnvironment$Value").getMethod("valueOf", String.class);
        variable.setAccessible(true);
        value.setAccessible(true);
        all.clear();
        for (Map.Entry<String, Object> entry : wanted.entrySet()) {
            all.put(variable.invoke(null, entry.getKey()), value.invoke(null, String.valueOf(entry.getValue())));
        }
    }

    private static Object field(Class<?> type, String name) throws ReflectiveOperationException {
        Field field = type.getDeclaredField(name);
        field.setAccessible(true);
        return field.get(null);
    }
}
