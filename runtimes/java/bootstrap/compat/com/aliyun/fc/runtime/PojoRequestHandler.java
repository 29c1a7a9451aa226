package com.aliyun.fc.runtime;

/** Takes an event that was read from JSON, and gives a result that is written as JSON. */
public interface PojoRequestHandler<I, O> {
    O handleRequest(I input, Context context);
}
