package example;

import com.aliyun.fc.runtime.Context;
import com.aliyun.fc.runtime.PojoRequestHandler;

/** Called for each event, which is read from JSON; what it returns goes to the caller as JSON. */
public class App implements PojoRequestHandler<App.Guest, App.Greeting> {
    public static class Guest {
        public String name = "world";
    }

    public static class Greeting {
        public String greeting;
        public String requestId;
    }

    @Override
    public Greeting handleRequest(Guest guest, Context context) {
        context.getLogger().info("greeting " + guest.name);
        Greeting greeting = new Greeting();
        greeting.greeting = "Hello, " + guest.name + "!";
        greeting.requestId = context.getRequestId();
        return greeting;
    }
}
