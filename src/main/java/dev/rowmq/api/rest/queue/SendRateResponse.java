package dev.rowmq.api.rest.queue;

import dev.rowmq.model.queue.SendRate;

import io.swagger.v3.oas.annotations.media.Schema;

/** The rate limit of a queue. */
@Schema(name = "SendRate")
public record SendRateResponse(int messagesPerSecond, int burst) {}
