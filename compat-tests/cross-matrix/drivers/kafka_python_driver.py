"""The driver of kafka-python, old and new; see driver.py."""
import time
from kafka import KafkaConsumer, KafkaProducer, TopicPartition
import driver


def write(bootstrap, topic, codec, records):
    producer = KafkaProducer(
        bootstrap_servers=bootstrap,
        compression_type=None if codec == "none" else codec,
        acks="all",
        linger_ms=50,
        # One at a time, so that the order holds without idempotence, which the old release does not know.
        max_in_flight_requests_per_connection=1,
    )
    try:
        sent = [producer.send(topic, value, key, headers, partition=0) for key, value, headers in records]
        for future in sent:
            future.get(driver.READ_MAX_S)
    finally:
        producer.close(timeout=driver.READ_MAX_S)


def read(bootstrap, topic):
    consumer = KafkaConsumer(bootstrap_servers=bootstrap, enable_auto_commit=False, auto_offset_reset="earliest")
    try:
        partition = TopicPartition(topic, 0)
        consumer.assign([partition])
        consumer.seek_to_beginning(partition)
        return list(_read_to(consumer, partition, consumer.end_offsets([partition])[partition]))
    finally:
        consumer.close()


def _read_to(consumer, partition, end):
    deadline = time.monotonic() + driver.READ_MAX_S
    while consumer.position(partition) < end:
        if time.monotonic() > deadline:
            raise TimeoutError(f"read up to {consumer.position(partition)} of {end}")
        for record in consumer.poll(timeout_ms=1000).get(partition, []):
            yield record.key, record.value, record.headers


driver.run(write, read)
