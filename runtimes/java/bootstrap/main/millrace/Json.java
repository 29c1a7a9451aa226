package millrace;

import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/** JSON texts as maps, lists, strings, numbers (`Long` or `Double`), booleans and `null`, both ways (RFC 8259). */
final class Json {
    private static final int DEPTH_MAX = 512;

    private final String text;
    private int at;
    private int depth;

    private Json(String text) {
        this.text = text;
    }

    /** Throws `IllegalArgumentException` that names the place where it is no JSON. */
    static Object parse(String text) {
        Json reader = new Json(text);
        Object value = reader.value();
        reader.blanks();
        if (reader.at < text.length()) throw reader.wrong("more after the end");
        return value;
    }

    private Object value() {
        blanks();
        if (at >= text.length()) throw wrong("the text ends too early");
        char first = text.charAt(at);
        switch (first) {
            case '{':
                return object();
            case '[':
                return array();
            case '"':
                return string();
            case 't':
                return word("true", Boolean.TRUE);
            case 'f':
                return word("false", Boolean.FALSE);
            case 'n':
                return word("null", null);
            default:
                return number();
        }
    }

    private Map<String, Object> object() {
        Map<String, Object> members = new LinkedHashMap<>();
        enter();
        if (next('}')) return leave(members);
        do {
            blanks();
            if (at >= text.length() || text.charAt(at) != '"') throw wrong("a name is expected");
            String name = string();
            if (!next(':')) throw wrong("a colon is expected");
            members.put(name, value());
        } while (next(','));
        if (!next('}')) throw wrong("a closing brace is expected");
        return leave(members);
    }

    private List<Object> array() {
        List<Object> items = new ArrayList<>();
        enter();
        if (next(']')) return leave(items);
        do items.add(value());
        while (next(','));
        if (!next(']')) throw wrong("a closing bracket is expected");
        return leave(items);
    }

    private void enter() {
        at++;
        if (++depth > DEPTH_MAX) throw wrong("more than " + DEPTH_MAX + " levels");
    }

    private <T> T leave(T value) {
        depth--;
        return value;
    }

    private String string() {
        at++;
        StringBuilder found = new StringBuilder();
        for (; ; at++) {
            if (at >= text.length()) throw wrong("a string without its end");
            char letter = text.charAt(at);
            if (letter == '"') break;
            if (letter < ' ') throw wrong("a control character in a string");
            found.append(letter == '\\' ? escape() : letter);
        }
        at++;
        return found.toString();
    }

    private char escape() {
        at++;
        if (at >= text.length()) throw wrong("a string without its end");
        switch (text.charAt(at)) {
            case 'b':
                return '\b';
            case 'f':
                return '\f';
            case 'n':
                return '\n';
            case 'r':
                return '\r';
            case 't':
                return '\t';
            case 'u':
                return unicode();
            case '"':
            case '\\':
            case '/':
                return text.charAt(at);
            default:
                throw wrong("an unknown escape");
        }
    }

    private char unicode() {
        int code = 0;
        for (int digit = 0; digit < 4; digit++) {
            at++;
            int value = at < text.length() ? Character.digit(text.charAt(at), 16) : -1;
            if (value < 0) throw wrong("four hexadecimal digits are expected");
            code = code * 16 + value;
        }
        return (char) code;
    }

    /** By hand: the first regular expression of a process costs more than a cold start can bear. */
    private Object number() {
        int start = at;
        take('-');
        int first = at;
        int digits = digits();
        boolean isWrong = digits == 0 || (digits > 1 && text.charAt(first) == '0');
        boolean isWhole = true;
        if (take('.')) {
            isWhole = false;
            isWrong |= digits() == 0;
        }
        if (take('e') || take('E')) {
            isWhole = false;
            if (!take('+')) take('-');
            isWrong |= digits() == 0;
        }
        if (isWrong) {
            at = start;
            throw wrong("no value");
        }
        String found = text.substring(start, at);
        if (isWhole && digits <= 18) return Long.valueOf(found);
        return Double.valueOf(found);
    }

    private int digits() {
        int start = at;
        while (at < text.length() && text.charAt(at) >= '0' && text.charAt(at) <= '9') at++;
        return at - start;
    }

    private boolean take(char wanted) {
        if (at >= text.length() || text.charAt(at) != wanted) return false;
        at++;
        return true;
    }

    private Object word(String word, Object value) {
        if (!text.startsWith(word, at)) throw wrong("no value");
        at += word.length();
        return value;
    }

    private boolean next(char wanted) {
        blanks();
        if (at >= text.length() || text.charAt(at) != wanted) return false;
        at++;
        return true;
    }

    private void blanks() {
        while (at < text.length() && " \t\r\n".indexOf(text.charAt(at)) >= 0) at++;
    }

    private IllegalArgumentException wrong(String reason) {
        return new IllegalArgumentException("not JSON at character " + at + ": " + reason);
    }

    static String write(Object value) {
        StringBuilder text = new StringBuilder();
        write(value, text);
        return text.toString();
    }

    private static void write(Object value, StringBuilder text) {
        if (value == null || value instanceof Boolean) text.append(value);
        else if (value instanceof Map<?, ?> members) {
            char separator = '{';
            for (Map.Entry<?, ?> member : members.entrySet()) {
                text.append(separator);
                quote(String.valueOf(member.getKey()), text);
                text.append(':');
                write(member.getValue(), text);
                separator = ',';
            }
            text.append(separator == '{' ? "{}" : "}");
        } else if (value instanceof Iterable<?> items) {
            char separator = '[';
            for (Object item : items) {
                text.append(separator);
                write(item, text);
                separator = ',';
            }
            text.append(separator == '[' ? "[]" : "]");
        } else if (value instanceof Double number && (number.isNaN() || number.isInfinite())) text.append("null");
        else if (value instanceof Number) text.append(value);
        else quote(String.valueOf(value), text);
    }

    private static void quote(String value, StringBuilder text) {
        text.append('"');
        for (int index = 0; index < value.length(); index++) {
            char letter = value.charAt(index);
            if (letter == '"' || letter == '\\') text.append('\\').append(letter);
            else if (letter >= ' ' && !Character.isSurrogate(letter)) text.append(letter);
            else if (isPair(value, index)) text.append(letter).append(value.charAt(++index));
            else text.append(String.format("\\u%04x", (int) letter));
        }
        text.append('"');
    }

    private static boolean isPair(String value, int index) {
        return index + 1 < value.length() && Character.isSurrogatePair(value.charAt(index), value.charAt(index + 1));
    }
}
