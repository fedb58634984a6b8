package dev.rowmq.api.rest;

import dev.rowmq.model.error.ErrorCode;
import dev.rowmq.model.error.QueueException;
import dev.rowmq.model.error.SafeText;

import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.Arrays;
import java.util.HexFormat;
import java.util.Optional;

import org.springframework.http.HttpHeaders;
import org.springframework.stereotype.Component;

import tools.jackson.databind.SerializationFeature;
import tools.jackson.databind.json.JsonMapper;

/**
 * The version of settings as an entity tag, and changes on the condition that the settings still have a version (RFC
 * 9110, sections 8.8.3 and 13.1). The tag stands for the settings only: it is the same while figures change. All
 * instances of one version of the service have the same tags.
 */
@Component
class Versions {

    /** For the description of a call. These headers are no parameters there, as clients are generated from it. */
    static final String CONDITIONS =
            " With the header `If-Match` and the ETag of a GET, nothing is changed when the settings have changed"
                    + " since; with `If-None-Match: *`, nothing when it exists already: 412.";

    private static final int TAG_BYTES = 8;

    private final JsonMapper json;

    Versions(JsonMapper json) {
        this.json = json.rebuild().enable(SerializationFeature.ORDER_MAP_ENTRIES_BY_KEYS).build();
    }

    /**
     * The entity tag of settings, with its quotes.
     */
    String tag(Object settings) {
        try {
            byte[] hash = MessageDigest.getInstance("SHA-256")
                    .digest(json.writeValueAsString(settings).getBytes(StandardCharsets.UTF_8));
            return '"' + HexFormat.of().formatHex(hash, 0, TAG_BYTES) + '"';
        } catch (NoSuchAlgorithmException impossible) {
            throw new IllegalStateException(impossible);
        }
    }

    /**
     * Checks the headers of a request against the present settings, before they are changed.
     *
     * @param existing what {@link #tag} is made of; empty = there is nothing of this name yet
     * @throws QueueException PRECONDITION_FAILED
     */
    void check(HttpHeaders headers, Optional<?> existing) {
        String ifMatch = headers.getFirst(HttpHeaders.IF_MATCH);
        String ifNoneMatch = headers.getFirst(HttpHeaders.IF_NONE_MATCH);
        if (ifMatch == null && ifNoneMatch == null) {
            return;
        }
        Optional<String> tag = existing.map(this::tag);
        if (ifMatch != null && tag.filter(present -> matches(ifMatch, present)).isEmpty()) {
            throw new QueueException(
                    ErrorCode.PRECONDITION_FAILED,
                    HttpHeaders.IF_MATCH,
                    tag.map(present -> "the settings have changed: If-Match is %s, and they have %s now; get them again"
                                    .formatted(SafeText.of(ifMatch, 100), present))
                            .orElse("If-Match is given, and there is nothing of this name; create it without"));
        }
        if (ifNoneMatch != null && tag.filter(present -> matches(ifNoneMatch.replace("W/", ""), present)).isPresent()) {
            throw new QueueException(
                    ErrorCode.PRECONDITION_FAILED,
                    HttpHeaders.IF_NONE_MATCH,
                    "If-None-Match is %s, and it exists with the version %s"
                            .formatted(SafeText.of(ifNoneMatch, 100), tag.get()));
        }
    }

    private static boolean matches(String header, String tag) {
        return header.strip().equals("*")
                || Arrays.stream(header.split(",")).map(String::strip).anyMatch(tag::equals);
    }
}
