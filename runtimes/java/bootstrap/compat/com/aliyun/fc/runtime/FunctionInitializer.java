package com.aliyun.fc.runtime;

/** Called once before the first event. */
public interface FunctionInitializer {
    void initialize(Context context) throws java.io.IOException;
}
