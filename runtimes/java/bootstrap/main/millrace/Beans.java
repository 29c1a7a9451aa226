package millrace;

import java.lang.reflect.Array;
import java.lang.reflect.Constructor;
import java.lang.reflect.Field;
import java.lang.reflect.GenericArrayType;
import java.lang.reflect.InvocationTargetException;
import java.lang.reflect.Method;
import java.lang.reflect.Modifier;
import java.lang.reflect.ParameterizedType;
import java.lang.reflect.RecordComponent;
import java.lang.reflect.Type;
import java.lang.reflect.TypeVariable;
import java.lang.reflect.WildcardType;
import java.util.ArrayList;
import java.util.Collection;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;

/**
 * Values of JSON as objects of the code's classes, and back: by setters and getters, public fields, records, enums,
 * collections, arrays and maps. Members that a class does not have are passed over, absent ones keep their defaults.
 */
final class Beans {
    private Beans() {}

    static Object read(Object value, Type type, String path) throws ReflectiveOperationException {
        Class<?> wanted = rawClass(type);
        if (value == null) {
            if (wanted.isPrimitive()) throw misfit(path, wanted, value);
            return null;
        }
        if (wanted == Object.class) return value;
        if (wanted == String.class || wanted == CharSequence.class) {
            return value instanceof String ? value : Json.write(value);
        }
        if (wanted == boolean.class || wanted == Boolean.class) {
            if (value instanceof Boolean) return value;
        } else if (wanted.isPrimitive() || Number.class.isAssignableFrom(wanted) || wanted == Character.class) {
            return readNumber(value, wanted, path);
        } else if (wanted.isEnum()) {
            for (Object constant : wanted.getEnumConstants()) {
                if (((Enum<?>) constant).name().equals(value)) return constant;
            }
        } else if (wanted.isArray()) {
            if (value instanceof List<?> items) return readArray(items, type, wanted, path);
        } else if (Collection.class.isAssignableFrom(wanted) || wanted == Iterable.class) {
            if (value instanceof List<?> items) return readCollection(items, type, wanted, path);
        } else if (Map.class.isAssignableFrom(wanted)) {
            if (value instanceof Map<?, ?> members) return readMap(members, type, path);
        } else if (value instanceof Map<?, ?> members) {
            return wanted.isRecord() ? readRecord(members, wanted, path) : readBean(members, wanted, path);
        }
        throw misfit(path, wanted, value);
    }

    private static Object readNumber(Object value, Class<?> wanted, String path) {
        if (wanted == char.class || wanted == Character.class) {
            if (value instanceof String text && text.length() == 1) return text.charAt(0);
            throw misfit(path, wanted, value);
        }
        if (!(value instanceof Number number)) throw misfit(path, wanted, value);
        if (wanted == Number.class) return number;
        if (wanted == double.class || wanted == Double.class) return number.doubleValue();
        if (wanted == float.class || wanted == Float.class) return number.floatValue();
        if (wanted == java.math.BigDecimal.class) return new java.math.BigDecimal(number.toString());
        long whole = number.longValue();
        if (number.doubleValue() != whole) throw misfit(path, wanted, value);
        if (wanted == long.class || wanted == Long.class) return whole;
        if (wanted == java.math.BigInteger.class) return java.math.BigInteger.valueOf(whole);
        if ((wanted == int.class || wanted == Integer.class) && whole == (int) whole) return (int) whole;
        if ((wanted == short.class || wanted == Short.class) && whole == (short) whole) return (short) whole;
        if ((wanted == byte.class || wanted == Byte.class) && whole == (byte) whole) return (byte) whole;
        throw misfit(path, wanted, value);
    }

    private static Object readArray(List<?> items, Type type, Class<?> wanted, String path)
            throws ReflectiveOperationException {
        Type itemType = type instanceof GenericArrayType array ? array.getGenericComponentType() : wanted.getComponentType();
        Object array = Array.newInstance(wanted.getComponentType(), items.size());
        for (int index = 0; index < items.size(); index++) {
            Array.set(array, index, read(items.get(index), itemType, path + "[" + index + "]"));
        }
        return array;
    }

    @SuppressWarnings("unchecked")
    private static Object readCollection(List<?> items, Type type, Class<?> wanted, String path)
            throws ReflectiveOperationException {
        Collection<Object> found;
        if (!wanted.isInterface()) found = (Collection<Object>) wanted.getDeclaredConstructor().newInstance();
        else found = Set.class.isAssignableFrom(wanted) ? new LinkedHashSet<>() : new ArrayList<>();
        Type itemType = argument(type, 0);
        int index = 0;
        for (Object item : items) found.add(read(item, itemType, path + "[" + index++ + "]"));
        return found;
    }

    private static Object readMap(Map<?, ?> members, Type type, String path) throws ReflectiveOperationException {
        Map<Object, Object> found = new LinkedHashMap<>();
        Type keyType = argument(type, 0);
        Type valueType = argument(type, 1);
        for (Map.Entry<?, ?> member : members.entrySet()) {
            Object key = keyType == Object.class ? member.getKey() : read(member.getKey(), keyType, path);
            found.put(key, read(member.getValue(), valueType, path + "." + member.getKey()));
        }
        return found;
    }

    private static Object readRecord(Map<?, ?> members, Class<?> wanted, String path)
            throws ReflectiveOperationException {
        RecordComponent[] components = wanted.getRecordComponents();
        Class<?>[] types = new Class<?>[components.length];
        Object[] values = new Object[components.length];
        for (int index = 0; index < components.length; index++) {
            String name = components[index].getName();
            types[index] = components[index].getType();
            Object value = members.get(name);
            if (value == null && types[index].isPrimitive()) values[index] = zero(types[index]);
            else values[index] = read(value, components[index].getGenericType(), path + "." + name);
        }
        Constructor<?> constructor = wanted.getDeclaredConstructor(types);
        constructor.setAccessible(true);
        return constructor.newInstance(values);
    }

    private static Object zero(Class<?> type) {
        return Array.get(Array.newInstance(type, 1), 0);
    }

    private static Object readBean(Map<?, ?> members, Class<?> wanted, String path)
            throws ReflectiveOperationException {
        Constructor<?> constructor = wanted.getDeclaredConstructor();
        constructor.setAccessible(true);
        Object bean = constructor.newInstance();
        for (Map.Entry<?, ?> member : members.entrySet()) {
            String name = String.valueOf(member.getKey());
            String place = path + "." + name;
            Method setter = setter(wanted, name);
            if (setter != null) setter.invoke(bean, read(member.getValue(), setter.getGenericParameterTypes()[0], place));
            else {
                Field field = publicField(wanted, name);
                if (field != null) field.set(bean, read(member.getValue(), field.getGenericType(), place));
            }
        }
        return bean;
    }

    private static Method setter(Class<?> type, String name) {
        if (name.isEmpty()) return null;
        String wanted = "set" + Character.toUpperCase(name.charAt(0)) + name.substring(1);
        for (Method method : type.getMethods()) {
            if (method.getName().equals(wanted) && method.getParameterCount() == 1) return accessible(method);
        }
        return null;
    }

    private static Field publicField(Class<?> type, String name) {
        for (Field field : type.getFields()) {
            int modifiers = field.getModifiers();
            if (!field.getName().equals(name) || Modifier.isStatic(modifiers) || Modifier.isFinal(modifiers)) continue;
            field.setAccessible(true);
            return field;
        }
        return null;
    }

    private static Method accessible(Method method) {
        method.setAccessible(true);
        return method;
    }

    /** What `Json.write` takes. */
    static Object plain(Object value) throws ReflectiveOperationException {
        return plain(value, 0);
    }

    private static final int DEPTH_MAX = 200;

    private static Object plain(Object value, int depth) throws ReflectiveOperationException {
        if (depth > DEPTH_MAX) throw new IllegalArgumentException("the result has more than " + DEPTH_MAX + " levels");
        if (value == null || value instanceof String || value instanceof Number || value instanceof Boolean) return value;
        if (value instanceof CharSequence || value instanceof Character) return value.toString();
        if (value instanceof Enum<?> constant) return constant.name();
        if (value instanceof java.util.Optional<?> optional) return plain(optional.orElse(null), depth + 1);
        if (value instanceof Map<?, ?> members) {
            Map<String, Object> found = new LinkedHashMap<>();
            for (Map.Entry<?, ?> member : members.entrySet()) {
                found.put(String.valueOf(member.getKey()), plain(member.getValue(), depth + 1));
            }
            return found;
        }
        List<Object> items = new ArrayList<>();
        if (value instanceof Iterable<?> iterable) {
            for (Object item : iterable) items.add(plain(item, depth + 1));
            return items;
        }
        if (value.getClass().isArray()) {
            for (int index = 0; index < Array.getLength(value); index++) items.add(plain(Array.get(value, index), depth + 1));
            return items;
        }
        // Dates and the like: classes of the platform are told by their text.
        if (value.getClass().getName().startsWith("java.")) return value.toString();
        return plainBean(value, depth);
    }

    private static Map<String, Object> plainBean(Object value, int depth) throws ReflectiveOperationException {
        Map<String, Object> found = new LinkedHashMap<>();
        Class<?> type = value.getClass();
        if (type.isRecord()) {
            for (RecordComponent component : type.getRecordComponents()) {
                found.put(component.getName(), plain(call(accessible(component.getAccessor()), value), depth + 1));
            }
            return found;
        }
        for (Field field : type.getFields()) {
            if (Modifier.isStatic(field.getModifiers())) continue;
            field.setAccessible(true);
            found.put(field.getName(), plain(field.get(value), depth + 1));
        }
        for (Method method : type.getMethods()) {
            String name = property(method);
            if (name != null) found.put(name, plain(call(accessible(method), value), depth + 1));
        }
        return found;
    }

    /** The code's own exception, not the one that wraps it. */
    private static Object call(Method method, Object target) throws ReflectiveOperationException {
        try {
            return method.invoke(target);
        } catch (InvocationTargetException wrapped) {
            if (wrapped.getCause() instanceof RuntimeException cause) throw cause;
            throw wrapped;
        }
    }

    private static String property(Method method) {
        if (method.getParameterCount() > 0 || Modifier.isStatic(method.getModifiers())) return null;
        if (method.getDeclaringClass() == Object.class || method.getReturnType() == void.class) return null;
        String name = method.getName();
        boolean isBoolean = method.getReturnType() == boolean.class;
        int prefix = name.startsWith("get") ? 3 : name.startsWith("is") && isBoolean ? 2 : 0;
        if (prefix == 0 || name.length() == prefix) return null;
        return Character.toLowerCase(name.charAt(prefix)) + name.substring(prefix + 1);
    }

    static Class<?> rawClass(Type type) {
        if (type instanceof Class<?> plain) return plain;
        if (type instanceof ParameterizedType parameterized) return rawClass(parameterized.getRawType());
        if (type instanceof WildcardType wildcard) return rawClass(wildcard.getUpperBounds()[0]);
        if (type instanceof TypeVariable<?> variable) return rawClass(variable.getBounds()[0]);
        if (type instanceof GenericArrayType array) {
            return Array.newInstance(rawClass(array.getGenericComponentType()), 0).getClass();
        }
        return Object.class;
    }

    private static Type argument(Type type, int index) {
        if (!(type instanceof ParameterizedType parameterized)) return Object.class;
        Type[] arguments = parameterized.getActualTypeArguments();
        return index < arguments.length ? arguments[index] : Object.class;
    }

    private static IllegalArgumentException misfit(String path, Class<?> wanted, Object value) {
        String seen = value == null ? "null" : value.getClass().getSimpleName();
        return new IllegalArgumentException("the event does not fit: " + path + " is " + seen + ", not " + wanted.getSimpleName());
    }
}
