package millrace;

import java.io.ByteArrayInputStream;
import java.io.ByteArrayOutputStream;
import java.io.InputStream;
import java.io.OutputStream;
import java.lang.reflect.InvocationTargetException;
import java.lang.reflect.Method;
import java.lang.reflect.Type;
import java.net.URL;
import java.net.URLClassLoader;
import java.nio.charset.StandardCharsets;
import java.nio.file.DirectoryStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;

/** The user's classes, and how a handler such as `example.App::handleRequest` is called. */
final class Code {
    /** What a handler gives back: bytes and what they are; no type for no bytes. */
    record Result(byte[] bytes, String contentType) {}

    interface Handler {
        Result call(byte[] event, Object context) throws Throwable;
    }

    interface Hook {
        void call(Object context) throws Throwable;
    }

    final URLClassLoader loader;
    private final Class<?> contextType;
    /** One object per class: initializer, hooks and handler see each other's fields. */
    private final Map<Class<?>, Object> objects = new HashMap<>();

    /** Classes and jars of the code, then of the layers, then our copy of the interfaces for code without its own. */
    Code(String codePath, String layersPath, String compatPath) throws Exception {
        List<URL> places = new ArrayList<>();
        Path code = Path.of(codePath);
        places.add(code.toUri().toURL());
        jars(code, places);
        jars(code.resolve("lib"), places);
        if (layersPath != null) jars(Path.of(layersPath, "java", "lib"), places);
        places.add(Path.of(compatPath).toUri().toURL());
        loader = new URLClassLoader("code", places.toArray(new URL[0]), ClassLoader.getPlatformClassLoader());
        contextType = Class.forName("com.aliyun.fc.runtime.Context", true, loader);
    }

    private static void jars(Path folder, List<URL> places) throws Exception {
        if (!Files.isDirectory(folder)) return;
        List<Path> found = new ArrayList<>();
        try (DirectoryStream<Path> entries = Files.newDirectoryStream(folder, "*.jar")) {
            for (Path entry : entries) found.add(entry);
        }
        found.sort(null);
        for (Path jar : found) places.add(jar.toUri().toURL());
    }

    Handler handler(String text) throws Throwable {
        Method method = method(text, "handleRequest");
        Object target = object(method.getDeclaringClass(), text);
        Class<?>[] types = method.getParameterTypes();
        if (types.length == 3 && types[0].isAssignableFrom(ByteArrayInputStream.class) && types[1] == OutputStream.class) {
            return (event, context) -> {
                ByteArrayOutputStream output = new ByteArrayOutputStream();
                invoke(method, target, new ByteArrayInputStream(event), output, context);
                byte[] bytes = output.toByteArray();
                return new Result(bytes, bytes.length == 0 ? null : "application/octet-stream");
            };
        }
        if (types.length == 2 && types[1].isAssignableFrom(contextType)) {
            Type eventType = method.getGenericParameterTypes()[0];
            return (event, context) -> result(invoke(method, target, input(event, eventType), context));
        }
        throw new Failures.LoadError("HandlerNotFound", "handler " + text + " takes neither (InputStream, OutputStream, Context) nor (event, Context)");
    }

    Hook hook(String text, String usual) throws Throwable {
        Method method = method(text, usual);
        Object target = object(method.getDeclaringClass(), text);
        return context -> invoke(method, target, context);
    }

    private Method method(String text, String usual) throws Failures.LoadError {
        int colons = text.indexOf("::");
        String className = colons < 0 ? text : text.substring(0, colons);
        String name = colons < 0 ? usual : text.substring(colons + 2);
        Class<?> type = load(className, text);
        Method found = null;
        for (Method method : type.getMethods()) {
            if (method.getDeclaringClass() == Object.class) continue;
            // The compiler adds a bridge that takes plain objects beside a generic method.
            if (method.getName().equals(name) && !method.isBridge() && !method.isSynthetic()) found = method;
        }
        if (found == null) {
            throw new Failures.LoadError("HandlerNotFound", "handler " + text + ": the Lifecycle Handler \"" + name
                    + "\" is not implemented in class \"" + className + "\"");
        }
        found.setAccessible(true);
        return found;
    }

    private Class<?> load(String className, String text) throws Failures.LoadError {
        try {
            return Class.forName(className, true, loader);
        } catch (ClassNotFoundException absent) {
            throw new Failures.LoadError("ImportModuleError", "handler " + text + ": the code has no class " + className);
        } catch (NoClassDefFoundError absent) {
            throw new Failures.LoadError("ImportModuleError", "class " + className + " needs a class that the code does not have: " + absent.getMessage());
        }
    }

    private Object object(Class<?> type, String text) throws Throwable {
        Object known = objects.get(type);
        if (known != null) return known;
        try {
            var constructor = type.getDeclaredConstructor();
            constructor.setAccessible(true);
            Object made = constructor.newInstance();
            objects.put(type, made);
            return made;
        } catch (NoSuchMethodException absent) {
            throw new Failures.LoadError("HandlerNotFound", "handler " + text + ": the class has no constructor without parameters");
        } catch (InvocationTargetException wrapped) {
            throw wrapped.getCause();
        }
    }

    private static Object invoke(Method method, Object target, Object... arguments) throws Throwable {
        try {
            return method.invoke(target, arguments);
        } catch (InvocationTargetException wrapped) {
            throw wrapped.getCause();
        }
    }

    private static Object input(byte[] event, Type type) throws Exception {
        if (type == byte[].class) return event;
        String text = new String(event, StandardCharsets.UTF_8);
        if (type == InputStream.class) return new ByteArrayInputStream(event);
        if (event.length == 0) return null;
        if (type == String.class && !text.startsWith("\"")) return text;
        return Beans.read(Json.parse(text), type, "event");
    }

    private static Result result(Object value) throws ReflectiveOperationException {
        if (value == null) return new Result(new byte[0], null);
        if (value instanceof byte[] bytes) return new Result(bytes, bytes.length == 0 ? null : "application/octet-stream");
        if (value instanceof String text) return new Result(text.getBytes(StandardCharsets.UTF_8), "text/plain; charset=utf-8");
        return new Result(Json.write(Beans.plain(value)).getBytes(StandardCharsets.UTF_8), "application/json");
    }
}
