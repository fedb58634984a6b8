package dev.rowmq.queue;

import dev.rowmq.queue.delivery.WaitingReceivers;
import dev.rowmq.queue.stream.StreamSubscribers;

import org.springframework.context.SmartLifecycle;
import org.springframework.stereotype.Component;

/**
 * Ends waiting receivers and streams when the service stops. Its phase is above the phase in which the web server waits
 * for running requests, so that the web server need not wait for these.
 */
@Component
class ShutdownSequence implements SmartLifecycle {

    private final WaitingReceivers waitingReceivers;
    private final StreamSubscribers streams;
    private volatile boolean running;

    ShutdownSequence(WaitingReceivers waitingReceivers, StreamSubscribers streams) {
        this.waitingReceivers = waitingReceivers;
        this.streams = streams;
    }

    @Override
    public void start() {
        running = true;
    }

    @Override
    public void stop() {
        waitingReceivers.close();
        streams.close();
        running = false;
    }

    @Override
    public boolean isRunning() {
        return running;
    }

    @Override
    public int getPhase() {
        return SmartLifecycle.DEFAULT_PHASE;
    }
}
