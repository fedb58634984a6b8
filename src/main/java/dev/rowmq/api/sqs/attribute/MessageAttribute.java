package dev.rowmq.api.sqs.attribute;

import dev.rowmq.api.sqs.protocol.SqsError;
import dev.rowmq.api.sqs.protocol.SqsException;
import dev.rowmq.api.sqs.protocol.SqsInput;
import dev.rowmq.model.error.SafeText;

import java.math.BigDecimal;
import java.nio.charset.StandardCharsets;
import java.util.Base64;
import java.util.Optional;

/**
 * A message attribute of Amazon SQS.
 *
 * @param dataType String, Number or Binary, each perhaps with a dot and a label
 * @param value    text; base64 (RFC 4648, section 4) for Binary
 */
public record MessageAttribute(String dataType, String value) {

    static final String STRING = "String";

    private static final int MAX_TYPE = 256;
    private static final BigDecimal LEAST_NUMBER = BigDecimal.ONE.scaleByPowerOfTen(128).negate();
    private static final BigDecimal GREATEST_NUMBER = BigDecimal.ONE.scaleByPowerOfTen(126);

    /** Whether the value is bytes. */
    public boolean isBinary() {
        return dataType.startsWith("Binary");
    }

    /** Bytes of data type and value. */
    int size() {
        return dataType.length()
                + (isBinary()
                        ? Base64.getDecoder().decode(value).length
                        : value.getBytes(StandardCharsets.UTF_8).length);
    }

    /** @throws SqsException InvalidParameterValue for a type or value that SQS does not accept */
    static MessageAttribute read(String name, SqsInput input) {
        String type = input.text("DataType").filter(text -> !text.isEmpty()).orElseThrow(() -> invalid(
                name, "must contain a non-empty data type"));
        if (!type.matches("(String|Number|Binary)(\\..+)?") || type.length() > MAX_TYPE) {
            throw invalid(name, "has the data type '%s'; allowed are String, Number and Binary, with a dot and a label"
                    .formatted(SafeText.of(type, 100)));
        }
        MessageAttribute attribute = new MessageAttribute(
                type,
                (type.startsWith("Binary") ? input.text("BinaryValue") : input.text("StringValue"))
                        .filter(text -> !text.isEmpty())
                        .orElseThrow(() -> invalid(
                                name, "must contain a non-empty value of the data type '%s'"
                                        .formatted(SafeText.of(type, 100)))));
        attribute.check(name);
        return attribute;
    }

    /** A stored attribute; a value that its type does not allow is a string. */
    static MessageAttribute stored(String type, String value) {
        MessageAttribute attribute = new MessageAttribute(type == null ? STRING : type, value);
        return attribute.isBinary() && !attribute.base64() ? new MessageAttribute(STRING, value) : attribute;
    }

    private boolean base64() {
        try {
            return Base64.getDecoder().decode(value).length > 0;
        } catch (IllegalArgumentException other) {
            return false;
        }
    }

    private void check(String name) {
        if (isBinary() && !base64()) {
            throw new SqsException(
                    SqsError.SERIALIZATION, "The binary value of the attribute '%s' is not base64.".formatted(name));
        } else if (dataType.startsWith("Number") && !number()) {
            throw invalid(name, "has the value '%s', which is no number from -10^128 to 10^126"
                    .formatted(SafeText.of(value, 60)));
        }
    }

    private boolean number() {
        return value.length() <= 256
                && value.matches("[+-]?([0-9]+\\.?[0-9]*|\\.[0-9]+)([eE][+-]?[0-9]{1,3})?")
                && Optional.of(new BigDecimal(value))
                        .filter(number -> number.compareTo(LEAST_NUMBER) >= 0 && number.compareTo(GREATEST_NUMBER) <= 0)
                        .isPresent();
    }

    private static SqsException invalid(String name, String reason) {
        return new SqsException(
                SqsError.INVALID_PARAMETER_VALUE,
                "The message attribute '%s' %s.".formatted(SafeText.of(name, 100), reason));
    }
}
