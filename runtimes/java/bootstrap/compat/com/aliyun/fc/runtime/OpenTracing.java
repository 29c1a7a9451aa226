package com.aliyun.fc.runtime;

/** The trace that the invocation is part of. */
public interface OpenTracing {
    String getSpanContext();

    java.util.Map<String, String> getSpanBaggages();

    String getJaegerEndpoint();
}
