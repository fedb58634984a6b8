// Uses a queue of the service at the URL in argv[2] with @aws-sdk/client-sqs, with and without an endpoint, and with
// sqs-consumer; ends with 0 if all of it worked.
import assert from "node:assert";
import { randomUUID } from "node:crypto";
import {
  CreateQueueCommand, DeleteMessageBatchCommand, GetQueueAttributesCommand, GetQueueUrlCommand, ReceiveMessageCommand,
  SendMessageBatchCommand, SendMessageCommand, SQSClient,
} from "@aws-sdk/client-sqs";
import { Consumer } from "sqs-consumer";

const settings = { region: "us-east-1", credentials: { accessKeyId: "any", secretAccessKey: "thing" } };
const named = new SQSClient({ ...settings, endpoint: process.argv[2] });
await assert.rejects(
  named.send(new GetQueueUrlCommand({ QueueName: "missing" })), (error) => error.name.includes("QueueDoesNotExist"));
const { QueueUrl } = await named.send(new CreateQueueCommand({ QueueName: "js-" + randomUUID() }));

// without an endpoint, the client calls the host of the queue's URL
for (const client of [named, new SQSClient(settings)]) {
  await client.send(new SendMessageCommand({
    QueueUrl, MessageBody: "h\u00e9", MessageAttributes: { n: { DataType: "Number", StringValue: "5" } },
  }));
  const { Messages } = await client.send(new ReceiveMessageCommand({
    QueueUrl, WaitTimeSeconds: 5, MessageSystemAttributeNames: ["All"], MessageAttributeNames: ["All"],
  }));
  assert.equal(Messages[0].Body, "h\u00e9");
  assert.equal(Messages[0].MessageAttributes.n.StringValue, "5");
  const { Successful } = await client.send(new DeleteMessageBatchCommand({
    QueueUrl, Entries: [{ Id: "0", ReceiptHandle: Messages[0].ReceiptHandle }],
  }));
  assert.equal(Successful.length, 1);
}

await named.send(new SendMessageBatchCommand({
  QueueUrl, Entries: Array.from({ length: 10 }, (_, i) => ({ Id: String(i), MessageBody: "m" + i })),
}));
const bodies = new Set();
let failedOnce = false;
const consumer = Consumer.create({
  queueUrl: QueueUrl,
  sqs: named,
  batchSize: 10,
  waitTimeSeconds: 2,
  terminateVisibilityTimeout: true,
  handleMessage: async (message) => {
    if (message.Body === "m7" && !failedOnce) {
      failedOnce = true;
      throw new Error("the first delivery of m7 fails");
    }
    bodies.add(message.Body);
    return message;
  },
});
consumer.on("error", (error) => { console.error(error); process.exitCode = 1; });
consumer.on("processing_error", () => {});
consumer.start();
for (let i = 0; bodies.size < 10 && i < 200; i++) {
  await new Promise((resolve) => setTimeout(resolve, 100));
}
consumer.removeAllListeners("error"); // stopping ends a poll, which counts as an error
consumer.on("error", () => {});
consumer.stop({ abort: true });
assert.equal(bodies.size, 10);
const { Attributes } = await named.send(new GetQueueAttributesCommand({ QueueUrl, AttributeNames: ["All"] }));
assert.equal(Attributes.ApproximateNumberOfMessages, "0");
console.log("@aws-sdk/client-sqs and sqs-consumer");
process.exit();
