package dev.rowmq.store;

/**
 * The bits of a message's position: the upper 16 are the partition, the lower 48 count within it. Partitions from
 * {@code 0x2000} on stand for the memory of a process.
 */
public final class Position {

    /** The positions of partition n begin at n times 2 to the power of this. */
    public static final int BITS = 48;

    /** The first partition number that stands for the memory of a process. */
    private static final int MEMORY = 0x2000;

    private Position() {}

    /** The partition of a position; it may be one that this instance does not have. */
    public static int partition(long position) {
        return (int) (position >>> BITS);
    }

    /** Whether a message with this position is in the memory of a process. */
    public static boolean inMemory(long position) {
        return partition(position) >= MEMORY;
    }

    /**
     * The first position in the memory of a process.
     *
     * @param process its number; every 8192nd process has the same positions
     */
    public static long firstInMemory(long process) {
        return (MEMORY | process % MEMORY) << BITS;
    }
}
