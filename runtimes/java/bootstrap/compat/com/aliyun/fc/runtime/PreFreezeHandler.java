package com.aliyun.fc.runtime;

/** Called before the instance is frozen. */
public interface PreFreezeHandler {
    void preFreeze(Context context) throws java.io.IOException;
}
