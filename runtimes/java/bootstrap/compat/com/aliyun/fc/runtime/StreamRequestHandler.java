package com.aliyun.fc.runtime;

/** Takes the event as bytes and writes the result. */
public interface StreamRequestHandler {
    void handleRequest(java.io.InputStream input, java.io.OutputStream output, Context context)
            throws java.io.IOException;
}
