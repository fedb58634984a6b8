package dev.rowmq.model;

/**
 * The result of a create-or-update call.
 *
 * @param created true when the call created the value; false when the value existed before and was updated
 */
public record Upserted<T>(T value, boolean created) {}
