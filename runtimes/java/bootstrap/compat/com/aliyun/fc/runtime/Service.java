package com.aliyun.fc.runtime;

/** Where the function belongs, and which form of it runs. */
public interface Service {
    String getName();

    String getLogProject();

    String getLogStore();

    String getQualifier();

    String getVersionId();
}
