"""The driver of confluent-kafka; see driver.py."""
import time
from confluent_kafka import OFFSET_BEGINNING, Consumer, Producer, TopicPartition
import driver


def write(bootstrap, topic, codec, records):
    failures = []
    producer = Producer({
        "bootstrap.servers": bootstrap,
        "log_level": 0,
        "compression.type": codec,
        "enable.idempotence": True,
        "linger.ms": 50,
        "delivery.timeout.ms": driver.READ_MAX_S * 1000,
    })

    def delivered(error, _message):
        if error is not None:
            failures.append(str(error))

    for key, value, headers in records:
        producer.produce(topic, value, key, headers=headers, on_delivery=delivered)
        producer.poll(0)
    producer.flush()
    if failures:
        raise RuntimeError(failures[0])


def read(bootstrap, topic):
    consumer = Consumer({"bootstrap.servers": bootstrap, "log_level": 0, "group.id": topic, "enable.auto.commit": False})
    try:
        _low, high = consumer.get_watermark_offsets(TopicPartition(topic, 0), timeout=driver.READ_MAX_S)
        consumer.assign([TopicPartition(topic, 0, OFFSET_BEGINNING)])
        return list(_read_to(consumer, high))
    finally:
        consumer.close()


def _read_to(consumer, high):
    deadline = time.monotonic() + driver.READ_MAX_S
    offset = 0
    while offset < high:
        message = consumer.poll(max(0, deadline - time.monotonic()))
        if message is None:
            raise TimeoutError(f"read up to {offset} of {high}")
        if message.error() is not None:
            raise RuntimeError(str(message.error()))
        offset = message.offset() + 1
        yield message.key(), message.value(), message.headers() or []


driver.run(write, read)
