package dev.rowmq.crash;

import static org.assertj.core.api.Assertions.assertThat;

import dev.rowmq.crash.History.Acked;
import dev.rowmq.crash.History.Delivered;
import dev.rowmq.crash.History.Event;
import dev.rowmq.crash.History.Nacked;
import dev.rowmq.crash.History.Outcome;
import dev.rowmq.crash.History.Sent;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.Comparator;
import java.util.HashMap;
import java.util.List;
import java.util.Map;

/** Checks a history that ended with a drain, in the manner of Jepsen's total-queue, and returns its violations. */
final class HistoryChecker {

    private HistoryChecker() {}

    private static final class Message {
        Outcome sent = Outcome.FAIL;
        final List<Delivered> deliveries = new ArrayList<>();
        final List<Acked> acks = new ArrayList<>();
        final List<Nacked> nacks = new ArrayList<>();
    }

    /**
     * Fails on a history that has a violation, or is too short to prove anything.
     *
     * @param beside texts in the bodies of other messages, whose events are left out of the check
     */
    static void assertGood(List<Event> history, int leastEvents, String... beside) {
        List<Event> own = history.stream()
                .filter(event -> Arrays.stream(beside).noneMatch(event.token()::contains))
                .toList();
        assertThat(violations(own)).isEmpty();
        assertThat(own).hasSizeGreaterThan(leastEvents);
    }

    /** One line for each violation; empty for a correct history. */
    static List<String> violations(List<Event> history) {
        Map<String, Message> messages = new HashMap<>();
        for (Event event : history) {
            Message message = messages.computeIfAbsent(event.token(), token -> new Message());
            switch (event) {
                case Sent sent -> message.sent = better(message.sent, sent.outcome());
                case Delivered delivered -> message.deliveries.add(delivered);
                case Acked acked -> message.acks.add(acked);
                case Nacked nacked -> message.nacks.add(nacked);
            }
        }
        List<String> violations = new ArrayList<>();
        messages.forEach((token, message) -> {
            message.deliveries.sort(Comparator.comparingInt(Delivered::deliveries));
            lost(token, message, violations);
            phantom(token, message, violations);
            zombie(token, message, violations);
            leases(token, message, violations);
            fencing(token, message, violations);
        });
        return violations;
    }

    /** A repeated send counts as its best outcome. */
    private static Outcome better(Outcome one, Outcome other) {
        return one == Outcome.OK || other == Outcome.OK
                ? Outcome.OK
                : one == Outcome.INFO || other == Outcome.INFO ? Outcome.INFO : Outcome.FAIL;
    }

    private static void lost(String token, Message message, List<String> violations) {
        if (message.sent == Outcome.OK && message.deliveries.isEmpty()) {
            violations.add("lost: " + token + " was accepted and never delivered");
        }
    }

    private static void phantom(String token, Message message, List<String> violations) {
        if (message.sent == Outcome.FAIL && !message.deliveries.isEmpty()) {
            violations.add("phantom: " + token + " was delivered and never accepted");
        }
    }

    private static void zombie(String token, Message message, List<String> violations) {
        for (Acked ack : message.acks) {
            for (Delivered delivery : message.deliveries) {
                if (ack.outcome() == Outcome.OK && delivery.asked() > ack.answered()) {
                    violations.add("zombie: " + token + " was acked and came back");
                }
            }
        }
    }

    private static void leases(String token, Message message, List<String> violations) {
        for (int i = 1; i < message.deliveries.size(); i++) {
            Delivered before = message.deliveries.get(i - 1);
            Delivered after = message.deliveries.get(i);
            if (before.deliveries() == after.deliveries()) {
                violations.add("double lease: " + token + " was delivery " + after.deliveries() + " twice");
            }
            boolean released = message.nacks.stream()
                    .anyMatch(nack -> nack.receipt().equals(before.receipt()) && nack.outcome() != Outcome.FAIL);
            if (!released && after.leasedAt().isBefore(before.leaseUntil())) {
                violations.add("double lease: " + token + " was leased again at " + after.leasedAt()
                        + " while leased until " + before.leaseUntil());
            }
            if (after.fencingToken() <= before.fencingToken()) {
                violations.add("fencing: the token of " + token + " did not grow");
            }
        }
    }

    private static void fencing(String token, Message message, List<String> violations) {
        for (Acked ack : message.acks) {
            if (ack.outcome() != Outcome.OK) {
                continue;
            }
            int own = message.deliveries.stream()
                    .filter(delivery -> delivery.receipt().equals(ack.receipt()))
                    .mapToInt(Delivered::deliveries)
                    .findFirst()
                    .orElse(Integer.MAX_VALUE);
            if (message.deliveries.stream()
                    .anyMatch(later -> later.deliveries() > own && later.answered() < ack.asked())) {
                violations.add("fencing: an old receipt acked " + token);
            }
        }
    }
}
