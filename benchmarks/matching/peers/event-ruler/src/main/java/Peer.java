import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import software.amazon.event.ruler.Machine;

/**
 * Runs event-ruler over the sets of one benchmark.
 *
 * Arguments: the file of events (one JSON text a line), the file of sets (one JSON object a line: name, rules as pairs of
 * name and pattern), seconds of measuring for each set. Prints one JSON object for each set: events a second and, for
 * every rule that matched, how often.
 */
public final class Peer {
    private static final ObjectMapper MAPPER = new ObjectMapper();

    private Peer() {}

    public static void main(final String[] arguments) throws Exception {
        final List<String> events = Files.readAllLines(Path.of(arguments[0]));
        final double seconds = Double.parseDouble(arguments[2]);
        for (final String line : Files.readAllLines(Path.of(arguments[1]))) {
            final JsonNode set = MAPPER.readTree(line);
            try {
                System.out.println(MAPPER.writeValueAsString(measure(set, events, seconds)));
            } catch (final Exception failure) {
                System.out.println(MAPPER.writeValueAsString(
                        MAPPER.createObjectNode().put("name", set.get("name").asText()).put("error", failure.toString())));
            }
            System.out.flush();
        }
    }

    private static JsonNode measure(final JsonNode set, final List<String> events, final double seconds)
            throws Exception {
        final Machine machine = new Machine();
        for (final JsonNode rule : set.get("rules")) {
            machine.addRule(rule.get(0).asText(), rule.get(1).toString());
        }
        final var counts = MAPPER.createObjectNode();
        for (final String event : events) {
            for (final String name : machine.rulesForJSONEvent(event)) {
                counts.put(name, counts.path(name).asInt() + 1);
            }
        }
        return MAPPER.createObjectNode()
                .put("name", set.get("name").asText())
                .put("rate", bestRate(machine, events, seconds))
                .set("counts", counts);
    }

    /** The best of the rounds after one of warming up: the machine is shared, so the best is the least disturbed. */
    private static double bestRate(final Machine machine, final List<String> events, final double seconds)
            throws Exception {
        final List<Double> rates = new ArrayList<>();
        final long end = System.nanoTime() + (long) (seconds * 1e9);
        int done = 0;
        int matches = 0;
        long roundStart = System.nanoTime();
        final int roundSize = Math.max(50, Math.min(events.size(), 3000));
        int inRound = 0;
        while (System.nanoTime() < end || rates.size() < 2) {
            matches += machine.rulesForJSONEvent(events.get(done % events.size())).size();
            done += 1;
            inRound += 1;
            if (inRound == roundSize) {
                final long now = System.nanoTime();
                rates.add(inRound / ((now - roundStart) / 1e9));
                roundStart = now;
                inRound = 0;
            }
        }
        if (matches < 0) {
            throw new IllegalStateException("unreachable, but keeps the loop from being optimised away");
        }
        return rates.stream().skip(1).mapToDouble(Double::doubleValue).max().orElse(0);
    }
}
