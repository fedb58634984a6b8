/** The audit of changes. Layer: model. */
package dev.rowmq.model.audit;
