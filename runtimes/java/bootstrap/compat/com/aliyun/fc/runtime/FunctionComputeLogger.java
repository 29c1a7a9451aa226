package com.aliyun.fc.runtime;

/** Writes lines to the log of the function. */
public interface FunctionComputeLogger {
    /** From the least important to the most. */
    enum Level {
        TRACE,
        DEBUG,
        INFO,
        WARN,
        ERROR,
        FATAL
    }

    void trace(String message);

    void debug(String message);

    void info(String message);

    void warn(String message);

    void error(String message);

    void fatal(String message);

    void setLogLevel(Level level);
}
