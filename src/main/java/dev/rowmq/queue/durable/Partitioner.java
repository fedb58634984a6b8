package dev.rowmq.queue.durable;

/**
 * Selects the partition of a message with an id or a group. A bean of this type replaces {@link Fnv}. Its result for an
 * id must never change, as an id that was sent before is looked up in that partition.
 */
@FunctionalInterface
public interface Partitioner {

    /**
     * Returns 0 to {@code partitions - 1}.
     *
     * @param key the message's id, or in a FIFO queue its group
     * @param partitions 1 or more
     */
    int partition(String key, int partitions);

    /**
     * FNV-1a with 32 bits of the key's UTF-8 bytes (draft-eastlake-fnv), taken as unsigned, modulo the number of
     * partitions.
     */
    final class Fnv implements Partitioner {

        private static final int OFFSET_BASIS = 0x811c9dc5;
        private static final int PRIME = 0x01000193;

        @Override
        public int partition(String key, int partitions) {
            return Integer.remainderUnsigned(hash(key.getBytes(java.nio.charset.StandardCharsets.UTF_8)), partitions);
        }

        static int hash(byte[] bytes) {
            int hash = OFFSET_BASIS;
            for (byte one : bytes) {
                hash = (hash ^ one & 0xff) * PRIME;
            }
            return hash;
        }
    }
}
