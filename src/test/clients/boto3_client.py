"""Uses a queue of the service at the URL in argv[1] with boto3, and ends with 0 if all of it worked."""
import sys
import uuid

import boto3
import botocore

sqs = boto3.client(
    "sqs", endpoint_url=sys.argv[1], region_name="us-east-1",
    aws_access_key_id="any", aws_secret_access_key="thing")
name = "boto3-" + str(uuid.uuid4())

try:
    sqs.get_queue_url(QueueName=name)
    raise AssertionError("the queue exists")
except sqs.exceptions.QueueDoesNotExist as missing:
    assert missing.response["Error"]["Code"] == "AWS.SimpleQueueService.NonExistentQueue", missing.response

url = sqs.create_queue(QueueName=name, Attributes={"VisibilityTimeout": "45"}, tags={"team": "blue"})["QueueUrl"]
assert sqs.create_queue(QueueName=name)["QueueUrl"] == url
sent = sqs.send_message(
    QueueUrl=url, MessageBody="h\u00e9",
    MessageAttributes={
        "n": {"DataType": "Number.int", "StringValue": "5"},
        "b": {"DataType": "Binary", "BinaryValue": b"\x00\x01"}})
batch = sqs.send_message_batch(
    QueueUrl=url, Entries=[{"Id": str(i), "MessageBody": "m%d" % i} for i in range(9)])
assert len(batch["Successful"]) == 9, batch

messages = []
while len(messages) < 10:
    answer = sqs.receive_message(
        QueueUrl=url, MaxNumberOfMessages=10, WaitTimeSeconds=5, AttributeNames=["All"],
        MessageAttributeNames=["All"])
    assert answer.get("Messages"), "a message is missing"
    messages += answer["Messages"]
first = next(m for m in messages if m["MessageId"] == sent["MessageId"])
assert first["Body"] == "h\u00e9"
assert first["MessageAttributes"]["b"]["BinaryValue"] == b"\x00\x01"
assert first["Attributes"]["ApproximateReceiveCount"] == "1"
assert first["MD5OfMessageAttributes"] == sent["MD5OfMessageAttributes"]

sqs.change_message_visibility(QueueUrl=url, ReceiptHandle=first["ReceiptHandle"], VisibilityTimeout=60)
deleted = sqs.delete_message_batch(
    QueueUrl=url,
    Entries=[{"Id": str(i), "ReceiptHandle": m["ReceiptHandle"]} for i, m in enumerate(messages)])
assert len(deleted["Successful"]) == 10 and not deleted.get("Failed"), deleted
attributes = sqs.get_queue_attributes(QueueUrl=url, AttributeNames=["All"])["Attributes"]
assert attributes["ApproximateNumberOfMessages"] == "0" and attributes["VisibilityTimeout"] == "45", attributes
assert sqs.list_queue_tags(QueueUrl=url)["Tags"] == {"team": "blue"}
urls = [u for page in sqs.get_paginator("list_queues").paginate(
    QueueNamePrefix="boto3-", PaginationConfig={"PageSize": 1}) for u in page.get("QueueUrls", [])]
assert url in urls, urls
sqs.purge_queue(QueueUrl=url)
sqs.delete_queue(QueueUrl=url)
print("boto3", boto3.__version__, "with botocore", botocore.__version__)
