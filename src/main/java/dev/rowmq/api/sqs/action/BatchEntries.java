package dev.rowmq.api.sqs.action;

import dev.rowmq.api.sqs.attribute.SqsProperties;
import dev.rowmq.api.sqs.protocol.SqsError;
import dev.rowmq.api.sqs.protocol.SqsException;
import dev.rowmq.api.sqs.protocol.SqsInput;
import dev.rowmq.model.error.SafeText;

import java.util.HashSet;
import java.util.List;
import java.util.Set;

import org.springframework.stereotype.Component;

import tools.jackson.databind.json.JsonMapper;
import tools.jackson.databind.node.ObjectNode;

/** Reads the entries of a batch, and writes its results: each entry succeeds or fails by itself. */
@Component
class BatchEntries {

    private final int max;
    private final JsonMapper json;

    BatchEntries(SqsProperties properties, JsonMapper json) {
        this.max = properties.limits().batch();
        this.json = json;
    }

    /** @throws SqsException when the batch is empty or too long, or an id is invalid or occurs twice */
    List<SqsInput> read(SqsInput input) {
        List<SqsInput> entries = input.objects("Entries");
        if (entries.isEmpty()) {
            throw new SqsException(SqsError.EMPTY_BATCH, "There should be at least one entry in the request.");
        }
        if (entries.size() > max) {
            throw new SqsException(
                    SqsError.TOO_MANY_ENTRIES,
                    "Maximum number of entries per request are %d. You have sent %d.".formatted(max, entries.size()));
        }
        Set<String> ids = new HashSet<>();
        for (SqsInput entry : entries) {
            String id = entry.requiredText("Id");
            if (!id.matches("[A-Za-z0-9_-]{1,80}")) {
                throw new SqsException(
                        SqsError.INVALID_BATCH_ENTRY_ID,
                        "The batch entry id '%s' can only have alphanumeric characters, hyphens and underscores, 1 to"
                                .formatted(SafeText.of(id, 100)) + " 80 of them.");
            }
            if (!ids.add(id)) {
                throw new SqsException(SqsError.BATCH_IDS_NOT_DISTINCT, "Id %s repeated.".formatted(id));
            }
        }
        return entries;
    }

    /** Begins the result of a batch, with empty lists. */
    ObjectNode begin() {
        ObjectNode output = json.createObjectNode();
        output.putArray("Successful");
        output.putArray("Failed");
        return output;
    }

    /** Adds an entry that succeeded. */
    static ObjectNode succeeded(ObjectNode output, SqsInput entry) {
        return output.withArray("Successful").addObject().put("Id", entry.requiredText("Id"));
    }

    static void failed(ObjectNode output, SqsInput entry, SqsException why) {
        output.withArray("Failed")
                .addObject()
                .put("Id", entry.requiredText("Id"))
                .put("SenderFault", why.error().isSenderFault())
                .put("Code", why.error().legacyCode())
                .put("Message", why.getMessage());
    }
}
