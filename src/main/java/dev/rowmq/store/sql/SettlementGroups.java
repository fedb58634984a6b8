package dev.rowmq.store.sql;

import dev.rowmq.model.message.key.MessageKey;
import dev.rowmq.store.Settlement;

import java.util.ArrayList;
import java.util.Comparator;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/** Groups of settlements that one statement can do. */
final class SettlementGroups {

    private SettlementGroups() {}

    /** The group key: settlements of one statement are of the same kind and have one token for each message. */
    private record Alike(Settlement kind, int round) {}

    /**
     * Splits settlements into groups for one statement each, in the order of keys, which is the order in which all
     * transactions lock rows.
     */
    static List<List<Settlement>> of(List<Settlement> settlements) {
        Map<Alike, List<Settlement>> groups = new LinkedHashMap<>();
        Map<MessageKey, List<Long>> tokens = new HashMap<>();
        for (Settlement settlement : settlements) {
            List<Long> seen = tokens.computeIfAbsent(settlement.key(), key -> new ArrayList<>(1));
            if (!seen.contains(settlement.token())) {
                seen.add(settlement.token());
            }
            groups.computeIfAbsent(
                            new Alike(kind(settlement), seen.indexOf(settlement.token())), any -> new ArrayList<>())
                    .add(settlement);
        }
        return groups.values().stream()
                .map(group -> group.stream().sorted(Comparator.comparing(Settlement::key)).toList())
                .sorted(Comparator.comparing(group -> group.getFirst().key()))
                .toList();
    }

    /** The settlement reduced to the fields that all settlements of one statement share. */
    private static Settlement kind(Settlement settlement) {
        MessageKey level = new MessageKey(settlement.key().queueId(), settlement.key().priority(), 0);
        return switch (settlement) {
            case Settlement.Ack ack -> new Settlement.Ack(level, 0, ack.processedRetention());
            case Settlement.AckAndRecord ackAndRecord ->
                new Settlement.AckAndRecord(level, 0, "", ackAndRecord.processedRetention());
            case Settlement.Nack nack -> new Settlement.Nack(level, 0, nack.backoff(), nack.error());
            case Settlement.TakeBack back -> new Settlement.TakeBack(level, 0);
            case Settlement.ToDeadLetters deadLetter ->
                new Settlement.ToDeadLetters(level, 0, deadLetter.reason(), deadLetter.error(), deadLetter.target());
            case Settlement.Move move -> new Settlement.Move(level, 0, move.target());
            case Settlement.Extend extend ->
                new Settlement.Extend(level, 0, extend.visibilityTimeout(), extend.backoff());
        };
    }
}
