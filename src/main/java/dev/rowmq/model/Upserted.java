package dev.rowmq.model;

/**
 * What is there after a wish that it be so.
 *
 * @param created whether it was made for it; else it was there and was changed
 */
public record Upserted<T>(T value, boolean created) {}
