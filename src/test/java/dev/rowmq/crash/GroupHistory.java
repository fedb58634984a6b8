package dev.rowmq.crash;

import java.time.Instant;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.stream.Collectors;

/**
 * What clients of one FIFO queue saw, and its check against the invariants of message groups. Nanoseconds are those of
 * one monotonic clock; instants are the database's.
 */
final class GroupHistory {

    /**
     * A send that was answered.
     *
     * @param position the sequence of the message in its group
     */
    record SentInGroup(String group, String token, long position, long asked, long answered) {}

    /**
     * A message of a receive.
     *
     * @param batch the number of the receive
     * @param index the place of the message in it
     */
    record Granted(
            String group,
            String token,
            long position,
            long batch,
            int index,
            int deliveries,
            Instant leasedAt,
            Instant leaseUntil,
            long asked,
            long answered) {}

    /** An ack or a nack that may have had an effect. */
    record Released(String group, String token, boolean ack, long asked) {}

    final ConcurrentLinkedQueue<SentInGroup> sent = new ConcurrentLinkedQueue<>();
    final ConcurrentLinkedQueue<Granted> granted = new ConcurrentLinkedQueue<>();
    final ConcurrentLinkedQueue<Released> released = new ConcurrentLinkedQueue<>();
    /** Tokens of sends without an answer: their messages may be there or not. */
    final Set<String> uncertain = java.util.concurrent.ConcurrentHashMap.newKeySet();

    /** One line for each violation; empty for a correct history. */
    List<String> violations() {
        List<String> violations = new ArrayList<>();
        Map<String, List<SentInGroup>> sends = sent.stream().collect(Collectors.groupingBy(SentInGroup::group));
        sends.values().forEach(own -> sequence(own, violations));
        Map<String, List<Granted>> grants = granted.stream().collect(Collectors.groupingBy(Granted::group));
        Map<String, List<Released>> releases = released.stream().collect(Collectors.groupingBy(Released::token));
        grants.forEach((group, own) -> {
            firstDeliveries(group, own, violations);
            batches(group, own, releases, violations);
        });
        lost(violations);
        return violations;
    }

    /** A send that was answered before another began has the lower position. */
    private static void sequence(List<SentInGroup> sends, List<String> violations) {
        List<SentInGroup> byPosition =
                sends.stream().sorted(Comparator.comparing(SentInGroup::position)).toList();
        Set<Long> positions = new HashSet<>();
        long earliest = Long.MAX_VALUE;
        for (SentInGroup send : byPosition.reversed()) {
            if (earliest < send.asked()) {
                violations.add("order of sends: %s of %s came before one that was answered before it was sent"
                        .formatted(send.token(), send.group()));
            }
            earliest = Math.min(earliest, send.answered());
            if (!positions.add(send.position())) {
                violations.add("sequence: %s has the position of another message".formatted(send.token()));
            }
        }
    }

    /** First deliveries come in the order of positions. */
    private static void firstDeliveries(String group, List<Granted> grants, List<String> violations) {
        // the leases of one receive begin within a moment, in any order
        Map<Long, Instant> begins = grants.stream()
                .collect(Collectors.toMap(
                        Granted::batch, Granted::leasedAt, (one, other) -> one.isBefore(other) ? one : other));
        List<Granted> first = grants.stream()
                .filter(grant -> grant.deliveries() == 1)
                .sorted(Comparator.comparing((Granted grant) -> begins.get(grant.batch()))
                        .thenComparing(Granted::batch)
                        .thenComparing(Granted::index))
                .toList();
        Granted last = null;
        for (Granted grant : first) {
            if (last != null && grant.position() < last.position()) {
                violations.add("order of deliveries: %s of %s was delivered after %s, which is later"
                        .formatted(grant.token(), group, last.token()));
            }
            last = grant;
        }
    }

    /**
     * A receive gets no message of a group while an earlier message of it is known, not settled, and not in the same
     * receive; and none while another receive has a lease in the group.
     */
    private static void batches(
            String group, List<Granted> grants, Map<String, List<Released>> releases, List<String> violations) {
        Map<Long, List<Granted>> batches = grants.stream().collect(Collectors.groupingBy(Granted::batch));
        for (List<Granted> batch : batches.values()) {
            Set<String> inBatch = batch.stream().map(Granted::token).collect(Collectors.toSet());
            long highest = batch.stream().mapToLong(Granted::position).max().orElseThrow();
            Granted one = batch.getFirst();
            for (Granted other : grants) {
                if (other.batch() == one.batch() || !other.leasedAt().isBefore(one.leasedAt())) {
                    continue;
                }
                List<Released> own = releases.getOrDefault(other.token(), List.of());
                boolean leased = other.leaseUntil().isAfter(one.leasedAt())
                        && own.stream().noneMatch(release -> release.asked() < one.answered());
                boolean acked = own.stream().anyMatch(release -> release.ack() && release.asked() < one.answered());
                if (leased) {
                    violations.add("two receives: %s of %s was leased while another receive had %s"
                            .formatted(one.token(), group, other.token()));
                } else if (!acked && other.position() < highest && !inBatch.contains(other.token())) {
                    violations.add("overtaken: %s of %s was delivered before %s came back"
                            .formatted(one.token(), group, other.token()));
                }
            }
        }
    }

    /** Every message whose send was answered was delivered. */
    private void lost(List<String> violations) {
        Set<String> delivered = granted.stream().map(Granted::token).collect(Collectors.toSet());
        Set<String> known = new HashSet<>(uncertain);
        for (SentInGroup send : sent) {
            known.add(send.token());
            if (!delivered.contains(send.token())) {
                violations.add("lost: %s of %s".formatted(send.token(), send.group()));
            }
        }
        delivered.stream()
                .filter(token -> !known.contains(token))
                .forEach(token -> violations.add("phantom: " + token));
    }
}
