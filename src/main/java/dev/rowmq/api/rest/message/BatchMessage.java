package dev.rowmq.api.rest.message;

import dev.rowmq.api.rest.json.HotPathJson;
import dev.rowmq.api.rest.json.JsonSource;

import tools.jackson.core.JsonParser;
import tools.jackson.databind.DeserializationContext;
import tools.jackson.databind.ValueDeserializer;
import tools.jackson.databind.annotation.JsonDeserialize;

/**
 * One message of a batch, not parsed yet: a malformed message must not fail the others.
 *
 * @param json the message as it was sent, without insignificant white space
 */
@JsonDeserialize(using = BatchMessage.BatchMessageReader.class)
@HotPathJson
public record BatchMessage(byte[] json) {

    static final class BatchMessageReader extends ValueDeserializer<BatchMessage> {

        @Override
        public BatchMessage deserialize(JsonParser json, DeserializationContext context) {
            return new BatchMessage(JsonSource.value(json, context));
        }
    }
}
