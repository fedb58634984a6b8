package dev.rowmq.queue.figures;

import java.time.Duration;
import java.util.Locale;
import java.util.Optional;

/**
 * Something that an operator should look at.
 *
 * @param queue empty when it concerns the service
 * @param text  one sentence
 */
public record AttentionItem(Concern concern, Level level, Optional<String> queue, String text) {

    /** What is wrong. */
    public enum Concern {
        /** The oldest message will soon be removed by the queue's retention. */
        RETENTION_NEAR,
        /** Messages became dead letters within the last 15 minutes. */
        DEAD_LETTERS_GROW,
        /** The queue holds at least 80 % of {@code maxMessages}. */
        NEARLY_FULL,
        /** Messages are ready, and none was delivered for a minute. */
        NOTHING_RECEIVED,
        /** The oldest message waits longer than {@link Attention#OLD}. */
        MESSAGES_OLD,
        /** The queue is paused and has messages. */
        PAUSED,
        /** Dead letters wait. */
        DEAD_LETTERS_WAIT,
        /** A partition does not answer. */
        PARTITION_DOWN,
        /** The figures could not be read for a minute. */
        FIGURES_OLD,
        /** A subscription is not called for a while, as its receiver fails. */
        RECEIVER_FAILS,
        /** Sends were refused by the queue's rate limit. */
        SENDS_LIMITED
    }

    /** How urgent it is, the most urgent first. */
    public enum Level {
        /** Messages are lost or refused soon, or are already. */
        CRITICAL,
        /** Work does not go on as it should. */
        WARNING,
        /** Good to know. */
        INFO
    }

    /** A number and its noun, such as {@code 1 message} and {@code 5,213 messages}. */
    static String count(long number, String noun) {
        return "%s %s%s".formatted(number(number), noun, number == 1 ? "" : "s");
    }

    static String number(long number) {
        return String.format(Locale.ROOT, "%,d", number);
    }

    static String words(Duration time) {
        long seconds = time.toSeconds();
        if (seconds < 120) {
            return seconds + " s";
        }
        if (seconds < 120 * 60) {
            return seconds / 60 + " min";
        }
        return seconds < 48 * 3600 ? seconds / 3600 + " h" : seconds / 86400 + " days";
    }
}
