/**
 * {@code /v1/figures}: the figures of the queues, live and over time, and what needs an operator. Layer: ways in. Entry
 * point: {@link dev.rowmq.api.rest.figures.FigureController}.
 */
package dev.rowmq.api.rest.figures;
