package millrace;

import java.io.PrintWriter;
import java.io.StringWriter;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/** Errors of the code as the protocol tells them. */
final class Failures {
    private static final int MESSAGE_MAX = 16_384;
    private static final int STACK_MAX = 64;

    private Failures() {}

    /** The code cannot be loaded as its handler says. */
    static final class LoadError extends Exception {
        private static final long serialVersionUID = 1;
        final String type;

        LoadError(String type, String message) {
            super(message, null, false, false);
            this.type = type;
        }
    }

    static Map<String, Object> header(String kind, Throwable error) {
        Map<String, Object> header = new LinkedHashMap<>();
        String message = String.valueOf(error.getMessage() == null ? error : error.getMessage());
        header.put("kind", kind);
        header.put("errorType", error instanceof LoadError load ? load.type : error.getClass().getSimpleName());
        header.put("errorMessage", message.length() > MESSAGE_MAX ? message.substring(0, MESSAGE_MAX) : message);
        header.put("stackTrace", stack(error));
        return header;
    }

    /** The frames of the code: what called it is of no use to its author. */
    private static List<Object> stack(Throwable error) {
        List<Object> lines = new ArrayList<>();
        for (Throwable cause = error; cause != null && lines.size() < STACK_MAX; cause = cause.getCause()) {
            lines.add((cause == error ? "" : "Caused by: ") + cause);
            for (StackTraceElement frame : cause.getStackTrace()) {
                if (lines.size() >= STACK_MAX) break;
                if (!isOurs(frame)) lines.add("    at " + frame);
            }
        }
        return lines;
    }

    private static boolean isOurs(StackTraceElement frame) {
        String name = frame.getClassName();
        return name.startsWith("millrace.") || name.startsWith("jdk.internal.reflect.") || name.startsWith("java.lang.reflect.");
    }

    static String text(Throwable error) {
        if (error instanceof LoadError load) return load.type + ": " + load.getMessage();
        StringWriter text = new StringWriter();
        error.printStackTrace(new PrintWriter(text, true));
        return text.toString().stripTrailing();
    }
}
