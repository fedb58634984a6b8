import client.ApiClient;
import client.api.MessagesApi;
import client.api.QueuesApi;
import client.model.Ack;
import client.model.BatchResults;
import client.model.Deliveries;
import client.model.Delivery;
import client.model.NewMessage;
import client.model.NewMessages;
import client.model.QueueSettings;
import client.model.Receive;
import client.model.SettleResults;

import java.util.List;
import java.util.Map;

/** What a user writes against the generated client; GeneratedClientIT compiles and runs it. */
public final class RoundTrip {

    private RoundTrip() {}

    /** @param arguments the address of the service */
    public static void main(String[] arguments) throws Exception {
        ApiClient client = new ApiClient();
        client.updateBaseUri(arguments[0]);
        new QueuesApi(client).putQueue("generated", new QueueSettings().maxDeliveries(3));
        MessagesApi messages = new MessagesApi(client);
        BatchResults sent = messages.sendMessageBatch(
                "generated",
                new NewMessages()
                        .messages(List.of(
                                new NewMessage().body("a text").id("first"),
                                new NewMessage().body(Map.of("total", 99.5)).metadata(Map.of("type", "order")),
                                new NewMessage().bodyBase64("AAEC"))),
                null);
        check(sent.getResults().size() == 3, sent);
        sent.getResults().forEach(one -> check("accepted".equals(one.getStatus().getValue()), one));
        Deliveries received = messages.receiveMessages("generated", new Receive().max(10));
        check(received.getMessages().size() == 3, received);
        check("a text".equals(received.getMessages().get(0).getBody()), received);
        check(Map.of("total", 99.5).equals(received.getMessages().get(1).getBody()), received);
        check("AAEC".equals(received.getMessages().get(2).getBodyBase64()), received);
        SettleResults acked = messages.ackMessages(
                "generated",
                new Ack().receipts(received.getMessages().stream().map(Delivery::getReceipt).toList()));
        acked.getResults().forEach(one -> check("acked".equals(one.getStatus().getValue()), one));
        check(new QueuesApi(client).getQueue("generated").getStats().getAcked() == 3, acked);
    }

    private static void check(boolean holds, Object seen) {
        if (!holds) {
            throw new IllegalStateException(String.valueOf(seen));
        }
    }
}
