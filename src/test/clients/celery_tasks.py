"""
A Celery application on the service at the URL in ROWMQ_URL. Run as a program, it sends tasks to the worker that runs
this module, and ends with 0 once each has been done; the worker writes a file for each task into ROWMQ_RESULTS.
"""
import os
import pathlib
import sys
import time
from urllib.parse import urlsplit

import celery
import kombu

results = pathlib.Path(os.environ["ROWMQ_RESULTS"])
app = celery.Celery("rowmq", broker="sqs://any:thing@" + urlsplit(os.environ["ROWMQ_URL"]).netloc)
app.conf.task_default_queue = os.environ["ROWMQ_QUEUE"]
app.conf.task_acks_late = True
app.conf.broker_transport_options = {
    "region": "us-east-1", "is_secure": False, "visibility_timeout": 30, "wait_time_seconds": 2, "polling_interval": 0.1}
app.conf.worker_enable_remote_control = False


@app.task(name="add", bind=True, max_retries=3)
def add(self, number):
    if number == 7 and self.request.retries < 1:
        raise self.retry(countdown=1)
    (results / str(number)).write_text(str(self.request.retries))


if __name__ == "__main__":
    for n in range(20):
        add.delay(n)
    deadline = time.monotonic() + 60
    while len(list(results.iterdir())) < 20:
        assert time.monotonic() < deadline, sorted(file.name for file in results.iterdir())
        time.sleep(0.1)
    assert (results / "7").read_text() == "1"
    print("Celery", celery.__version__, "with kombu", kombu.__version__, file=sys.stdout)
