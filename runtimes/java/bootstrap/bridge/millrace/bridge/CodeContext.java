package millrace.bridge;

import com.aliyun.fc.runtime.Context;
import com.aliyun.fc.runtime.Credentials;
import com.aliyun.fc.runtime.FunctionComputeLogger;
import com.aliyun.fc.runtime.FunctionParam;
import com.aliyun.fc.runtime.OpenTracing;
import com.aliyun.fc.runtime.Service;
import java.util.Map;
import java.util.function.BiConsumer;

/**
 * The context of the code (function-compute section 4.10). Loaded below the classes of the code, so that it implements
 * whatever `com.aliyun.fc.runtime.Context` is for the code: its own copy, or ours. Precompiled, since classes made at
 * run time would cost more than all the rest of a start.
 */
public final class CodeContext implements Context, Credentials, FunctionParam, Service, OpenTracing, FunctionComputeLogger {
    private final Map<String, Object> values;
    private final BiConsumer<Level, String> lines;

    /** @param values by the names of the methods, with `service` in front of the one name that two parts share */
    public CodeContext(Map<String, Object> values, BiConsumer<Enum<?>, String> lines) {
        this.values = values;
        this.lines = lines::accept;
    }

    private String text(String name) {
        Object value = values.get(name);
        return value == null ? "" : String.valueOf(value);
    }

    private double number(String name) {
        return values.get(name) instanceof Number number ? number.doubleValue() : 0;
    }

    @Override
    public String getRequestId() {
        return text("requestId");
    }

    @Override
    public Credentials getExecutionCredentials() {
        return this;
    }

    @Override
    public FunctionParam getFunctionParam() {
        return this;
    }

    @Override
    public Service getService() {
        return this;
    }

    @Override
    public FunctionComputeLogger getLogger() {
        return this;
    }

    @Override
    public OpenTracing getTracing() {
        return this;
    }

    @Override
    public int getRetryCount() {
        return (int) number("retryCount");
    }

    /** Not an override where the code brings the original interface, which does not have it. */
    public String getRegion() {
        return text("region");
    }

    /** As `getRegion`. */
    public String getAccountId() {
        return text("accountId");
    }

    @Override
    public String getAccessKeyId() {
        return text("accessKeyId");
    }

    @Override
    public String getAccessKeySecret() {
        return text("accessKeySecret");
    }

    @Override
    public String getSecurityToken() {
        return text("securityToken");
    }

    @Override
    public String getFunctionName() {
        return text("name");
    }

    @Override
    public String getFunctionHandler() {
        return text("handler");
    }

    @Override
    public String getFunctionInitializer() {
        return text("initializer");
    }

    @Override
    public int getExecTimeLimitInMillis() {
        return (int) (number("timeout") * 1_000);
    }

    @Override
    public int getMemoryLimitInMB() {
        return (int) number("memory");
    }

    @Override
    public String getName() {
        return text("serviceName");
    }

    @Override
    public String getLogProject() {
        return text("logProject");
    }

    @Override
    public String getLogStore() {
        return text("logStore");
    }

    @Override
    public String getQualifier() {
        return text("qualifier");
    }

    @Override
    public String getVersionId() {
        return text("versionId");
    }

    @Override
    public String getSpanContext() {
        return text("openTracingSpanContext");
    }

    @Override
    @SuppressWarnings("unchecked")
    public Map<String, String> getSpanBaggages() {
        return values.get("openTracingSpanBaggages") instanceof Map<?, ?> found ? (Map<String, String>) found : Map.of();
    }

    @Override
    public String getJaegerEndpoint() {
        return text("jaegerEndpoint");
    }

    @Override
    public void trace(String message) {
        lines.accept(Level.TRACE, message);
    }

    @Override
    public void debug(String message) {
        lines.accept(Level.DEBUG, message);
    }

    @Override
    public void info(String message) {
        lines.accept(Level.INFO, message);
    }

    @Override
    public void warn(String message) {
        lines.accept(Level.WARN, message);
    }

    @Override
    public void error(String message) {
        lines.accept(Level.ERROR, message);
    }

    @Override
    public void fatal(String message) {
        lines.accept(Level.FATAL, message);
    }

    /** For the whole instance: told by a line without a text. */
    @Override
    public void setLogLevel(Level level) {
        lines.accept(level, null);
    }
}
