/**
 * The data types of the whole service: records, enums and one exception. Layer: model, the lowest; it imports nothing
 * but the Java library. This package holds the two general types: a page of a list, and the result of a
 * create-or-update call.
 */
package dev.rowmq.model;
