package com.aliyun.fc.runtime;

/** Called before the instance ends. */
public interface PreStopHandler {
    void preStop(Context context) throws java.io.IOException;
}
