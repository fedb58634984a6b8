package dev.rowmq.queue;

import dev.rowmq.queue.delivery.WaitingRoom;
import dev.rowmq.queue.stream.Streams;

import org.springframework.context.SmartLifecycle;
import org.springframework.stereotype.Component;

/**
 * Ends waiting receivers and streams when the service stops. The phase is above that in which the web server waits for running requests
 * to end, so that it need not wait for these.
 */
@Component
class Stopping implements SmartLifecycle {

    private final WaitingRoom waitingRoom;
    private final Streams streams;
    private volatile boolean running;

    Stopping(WaitingRoom waitingRoom, Streams streams) {
        this.waitingRoom = waitingRoom;
        this.streams = streams;
    }

    @Override
    public void start() {
        running = true;
    }

    @Override
    public void stop() {
        waitingRoom.close();
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
