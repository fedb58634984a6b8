package dev.rowmq.model.error;

/**
 * Ends the process when the heap is used up: nothing can be trusted to go on after that, and a supervisor starts
 * the process again. The same as {@code -XX:+ExitOnOutOfMemoryError}, for a process that was started without it.
 */
public final class OutOfMemory {

    private static final int EXIT_CODE = 3;
    /** Chains of causes can be circular in H2. */
    private static final int LONGEST_CHAIN = 20;

    private static volatile boolean ends;

    private OutOfMemory() {}

    /** From now on {@link #check} ends the process, and so does a thread that dies of it. */
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
     * For places that catch everything. Does not return when the failure, or a cause of it, is an
     * {@link OutOfMemoryError}.
     */
    public static void check(Throwable failure) {
        Throwable cause = failure;
        for (int i = 0; ends && cause != null && i < LONGEST_CHAIN; i++, cause = cause.getCause()) {
            if (cause instanceof OutOfMemoryError) {
                System.err.println("The heap is used up, so the process ends: " + cause.getMessage());
                Runtime.getRuntime().halt(EXIT_CODE);
            }
        }
    }
}
