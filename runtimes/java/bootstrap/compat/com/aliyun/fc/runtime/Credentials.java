package com.aliyun.fc.runtime;

/** Temporary keys of the role of the function; empty when it has none. */
public interface Credentials {
    String getAccessKeyId();

    String getAccessKeySecret();

    String getSecurityToken();
}
