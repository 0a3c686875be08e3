"""One member of the group: a line for every record it was given.

usage: member.py BOOTSTRAP TOPIC GROUP LOG
Ends on SIGTERM, after a last commit.
"""
import signal
import sys
from confluent_kafka import Consumer

bootstrap, topic, group, log_path = sys.argv[1:5]
running = True


def stop(_signal, _frame):
    global running
    running = False


signal.signal(signal.SIGTERM, stop)
consumer = Consumer({
    "bootstrap.servers": bootstrap,
    "log_level": 0,
    "group.id": group,
    "auto.offset.reset": "earliest",
    "auto.commit.interval.ms": 1000,
    "session.timeout.ms": 10_000,
})
consumer.subscribe([topic])
with open(log_path, "w") as log:
    while running:
        for message in consumer.consume(10_000, 0.5):
            if message.error() is None:
                log.write(f"{int(message.value()[:12])}\n")
        log.flush()
consumer.close()
