package dev.rowmq.api.http.mask;

import java.util.ArrayList;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Set;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * A path of JSON values, in a part of JSONPath (RFC 9535): {@code $}, then steps. {@code .name} is the member of an
 * object, {@code .*} any member, {@code [*]} each element of an array, {@code ..name} the member at any depth.
 */
final class MaskedPath {

    private static final int MAX_LENGTH = 200;
    private static final Pattern STEP = Pattern.compile("(\\.\\.?)([A-Za-z0-9_-]+|\\*)|(\\[\\*])");

    /**
     * One step.
     *
     * @param name    of the member; {@code *} = any
     * @param deep    whether it is at any depth
     * @param element whether it is an element of an array, and not a member
     */
    private record PathStep(String name, boolean deep, boolean element) {}

    private final List<PathStep> steps;

    private MaskedPath(List<PathStep> steps) {
        this.steps = steps;
    }

    /** @throws IllegalArgumentException for a text that is no such path */
    static MaskedPath of(String text) {
        List<PathStep> steps = new ArrayList<>();
        Matcher matcher = STEP.matcher(text);
        int end = text.startsWith("$") ? 1 : -1;
        while (end > 0 && end < text.length() && matcher.find(end) && matcher.start() == end) {
            steps.add(matcher.group(3) != null
                    ? new PathStep("*", false, true)
                    : new PathStep(matcher.group(2), matcher.group(1).length() == 2, false));
            end = matcher.end();
        }
        if (steps.isEmpty() || end != text.length() || text.length() > MAX_LENGTH) {
            throw new IllegalArgumentException(
                    ("'%s' is not a path: write $.name, $.name.*, $.name[*].name or $..name, of letters,"
                            + " digits, _ and -, up to %d characters")
                            .formatted(text, MAX_LENGTH));
        }
        return new MaskedPath(steps);
    }

    /** How far a path leads to a value: the steps of it that lead to one of the value's containers. */
    record Reached(MaskedPath path, int steps) {}

    Reached begin() {
        return new Reached(this, 0);
    }

    /**
     * The places that these places lead to at a member or an element. There are never more than steps of all paths.
     *
     * @param member the name; null for an element
     */
    static Set<Reached> advance(Set<Reached> places, String member) {
        Set<Reached> next = new LinkedHashSet<>();
        for (Reached place : places) {
            PathStep step = place.path().steps.get(place.steps());
            if (step.deep()) {
                next.add(place);
            }
            boolean matches = member == null
                    ? step.element()
                    : !step.element() && (step.name().equals("*") || step.name().equals(member));
            if (matches) {
                next.add(new Reached(place.path(), place.steps() + 1));
            }
        }
        return next;
    }

    /** Whether one of the places is the end of its path. */
    static boolean ended(Set<Reached> places) {
        return places.stream().anyMatch(place -> place.steps() == place.path().steps.size());
    }
}
