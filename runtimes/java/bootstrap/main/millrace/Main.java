package millrace;

/** Connects to the server and serves one function for the life of the process. */
public final class Main {
    private Main() {}

    /**
     * @param arguments the folder with what is loaded for the code besides its own classes; after `--rehearse`
     *     nothing is served, but the classes of a usual start are loaded, so that they can be archived
     */
    public static void main(String[] arguments) throws Exception {
        if (arguments[0].equals("--rehearse")) {
            Rehearsal.run(arguments[1], arguments[2]);
            return;
        }
        String temporary = System.getenv("TMPDIR");
        if (temporary != null) System.setProperty("java.io.tmpdir", temporary);
        new Instance(new Link(System.getenv("MILLRACE_SOCKET")), arguments[0]).run();
    }
}
