"""Writes numbered records with an idempotent producer, and a line for every acknowledgement.

usage: writer.py BOOTSTRAP TOPIC RECORDS LOG
A record's key is its number modulo 10,000, its value the number, padded to 100 bytes. The log has lines
`partition offset number`, as the broker acknowledged them.
"""
import sys
from confluent_kafka import KafkaError, Producer

bootstrap, topic, records, log_path = sys.argv[1], sys.argv[2], int(sys.argv[3]), sys.argv[4]
KEYS = 10_000
VALUE_BYTES = 100


def fail(error):
    if error.code() == KafkaError._FATAL:
        print(f"writer: fatal: {error}", file=sys.stderr)
        sys.exit(3)


producer = Producer({
    "bootstrap.servers": bootstrap,
    "log_level": 0,
    "enable.idempotence": True,
    "acks": "all",
    "linger.ms": 5,
    "delivery.timeout.ms": 600_000,
    "queue.buffering.max.messages": 500_000,
    "error_cb": fail,
    "partitioner": "murmur2_random",
})

with open(log_path, "w") as log:
    def delivered(error, message):
        if error is not None:
            print(f"writer: {error}", file=sys.stderr)
            sys.exit(2)
        log.write(f"{message.partition()} {message.offset()} {int(message.value()[:12])}\n")

    for number in range(records):
        value = f"{number:012d}".ljust(VALUE_BYTES, ".")
        while True:
            try:
                producer.produce(topic, value, str(number % KEYS), on_delivery=delivered)
                break
            except BufferError:
                producer.poll(0.1)
        producer.poll(0)
    producer.flush()
