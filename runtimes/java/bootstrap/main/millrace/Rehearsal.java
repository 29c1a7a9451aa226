package millrace;

import com.aliyun.fc.runtime.Context;
import java.io.DataInputStream;
import java.io.DataOutputStream;
import java.net.StandardProtocolFamily;
import java.net.UnixDomainSocketAddress;
import java.nio.channels.Channels;
import java.nio.channels.ServerSocketChannel;
import java.nio.channels.SocketChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Map;

/** One short life of an instance against a server of its own, for the archive of the classes that a start loads. */
public final class Rehearsal {
    private Rehearsal() {}

    static void run(String classesPath, String libraryPath) throws Exception {
        Path folder = Files.createTempDirectory("millrace-java");
        Path path = folder.resolve("s");
        try (ServerSocketChannel server = ServerSocketChannel.open(StandardProtocolFamily.UNIX)) {
            server.bind(UnixDomainSocketAddress.of(path));
            Thread instance = new Thread(() -> serve(path.toString(), libraryPath));
            instance.setDaemon(true);
            instance.start();
            talk(server.accept(), classesPath);
        } finally {
            Files.deleteIfExists(path);
            Files.deleteIfExists(folder);
        }
    }

    private static void serve(String path, String libraryPath) {
        try {
            new Instance(new Link(path), libraryPath).run();
        } catch (Exception ended) {
            // The rehearsal is over.
        }
    }

    private static void talk(SocketChannel socket, String classesPath) throws Exception {
        DataInputStream input = new DataInputStream(Channels.newInputStream(socket));
        DataOutputStream output = new DataOutputStream(Channels.newOutputStream(socket));
        skip(input);
        Map<String, Object> function = Map.of("name", "f", "handler", "h", "memory", 256, "timeout", 3.5);
        Map<String, Object> header = Map.of(
                "codePath", classesPath,
                "handler", "millrace.Rehearsal$Handler::handleRequest",
                "environment", Map.of("A", "1"),
                "context", Map.of("function", function, "region", "local", "accountId", "1"),
                "requestId", "r");
        send(output, Link.INITIALIZE, 0, Json.write(header), "");
        skip(input);
        send(output, Link.INVOKE, 1, Json.write(Map.of("requestId", "r", "deadlineMs", 1)), "{\"a\":[1,true]}");
        skip(input);
    }

    private static void skip(DataInputStream input) throws Exception {
        input.readNBytes(input.readInt());
    }

    private static void send(DataOutputStream output, int type, int channel, String header, String payload)
            throws Exception {
        byte[] text = header.getBytes(StandardCharsets.UTF_8);
        byte[] bytes = payload.getBytes(StandardCharsets.UTF_8);
        output.writeInt(9 + text.length + bytes.length);
        output.writeByte(type);
        output.writeInt(channel);
        output.writeInt(text.length);
        output.write(text);
        output.write(bytes);
        output.flush();
    }

    /** What is called in the rehearsal. */
    public static final class Handler {
        public Map<String, Object> handleRequest(Map<String, Object> event, Context context) {
            System.out.println(context.getRequestId());
            return event;
        }
    }
}
