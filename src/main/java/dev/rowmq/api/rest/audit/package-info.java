/** {@code /v1/audit}: the audit of changes. Layer: ways in. */
package dev.rowmq.api.rest.audit;
