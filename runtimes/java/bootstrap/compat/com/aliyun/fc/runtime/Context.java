package com.aliyun.fc.runtime;

/** What an invocation knows of itself. For code that comes without the interfaces of its own. */
public interface Context {
    String getRequestId();

    Credentials getExecutionCredentials();

    FunctionParam getFunctionParam();

    Service getService();

    FunctionComputeLogger getLogger();

    OpenTracing getTracing();

    int getRetryCount();

    /** Beyond the original interface: code that brings its own copy reads `FC_REGION`. */
    String getRegion();

    /** Beyond the original interface: code that brings its own copy reads `FC_ACCOUNT_ID`. */
    String getAccountId();
}
