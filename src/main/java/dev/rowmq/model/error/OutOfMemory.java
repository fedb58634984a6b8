package dev.rowmq.model.error;

/**
 * Ends the process when the heap is exhausted: no part of the process can be trusted after that, and a supervisor
 * restarts it. Same effect as {@code -XX:+ExitOnOutOfMemoryError}, for a process that was started without that option.
 */
public final class OutOfMemory {

    private static final int EXIT_CODE = 3;
    /** Maximum number of causes to follow: H2 can build circular chains. */
    private static final int MAX_CHAIN = 20;

    private static volatile boolean ends;

    private OutOfMemory() {}

    /**
     * From now on {@link #check} ends the process on an {@link OutOfMemoryError}, and so does an uncaught one that
     * reaches the default handler.
     */
    public static void endsTheProcess() {
        ends = true;
        Thread.UncaughtExceptionHandler before = Thread.getDefaultUncaughtExceptionHandler();
        Thread.setDefaultUncaughtExceptionHandler((thread, failure) -> {
            check(failure);
            if (before != null) {
                before.uncaughtException(thread, failure);
            }
        });
    }

    /**
     * For code that catches every failure. Does not return when the failure or one of its causes is an
     * {@link OutOfMemoryError}, provided that {@link #endsTheProcess} was called before.
     */
    public static void check(Throwable failure) {
        Throwable cause = failure;
        for (int i = 0; ends && cause != null && i < MAX_CHAIN; i++, cause = cause.getCause()) {
            if (cause instanceof OutOfMemoryError) {
                System.err.println("The heap is used up, so the process ends: " + cause.getMessage());
                Runtime.getRuntime().halt(EXIT_CODE);
            }
        }
    }
}
