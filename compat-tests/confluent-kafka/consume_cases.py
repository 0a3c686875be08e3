"""Consuming with confluent-kafka, without a group that shares."""
import threading
from confluent_kafka import (
    OFFSET_BEGINNING, OFFSET_END, OFFSET_INVALID, KafkaError, KafkaException, TopicPartition,
)
from cases import case, equal, kill_broker, main, refused, unique, until
from clients import consumer_of, create, flush, produce, producer_of, read, send, values_of


@case("offsets: watermarks, by time, seek")
def offsets(bootstrap):
    topic = create(bootstrap, "offsets")
    producer = producer_of(bootstrap)
    flush(producer, [send(producer, topic, str(index).encode(), timestamp=1000 + index * 10) for index in range(10)])
    consumer = consumer_of(bootstrap)
    equal(consumer.get_watermark_offsets(TopicPartition(topic, 0), timeout=10), (0, 10), "the watermarks")
    [by_time] = consumer.offsets_for_times([TopicPartition(topic, 0, 1035)], timeout=10)
    equal(by_time.offset, 4, "the offset by time")
    [after] = consumer.offsets_for_times([TopicPartition(topic, 0, 5000)], timeout=10)
    equal(after.offset, OFFSET_END, "the offset after the last")
    consumer.assign([TopicPartition(topic, 0, OFFSET_BEGINNING)])
    equal(len(read(consumer, 10)), 10, "the count")
    consumer.seek(TopicPartition(topic, 0, 7))
    equal([message.value() for message in read(consumer, 3)], [b"7", b"8", b"9"])
    consumer.close()


@case("an offset out of range: the earliest, the latest, an error")
def out_of_range(bootstrap):
    topic = create(bootstrap, "range")
    produce(bootstrap, topic, values_of("range", 5))
    for reset, expected in (("earliest", 0), ("error", None)):
        consumer = consumer_of(bootstrap, auto_offset_reset=reset)
        consumer.assign([TopicPartition(topic, 0, 1000)])
        if expected is None:
            refusal = refused(lambda: read(consumer, 1), KafkaException)
            equal(refusal.args[0].code(), KafkaError._AUTO_OFFSET_RESET, "the refusal")
        else:
            equal(read(consumer, 1)[0].offset(), expected, "the offset")
        consumer.close()


@case("pause and resume")
def pause(bootstrap):
    topic = create(bootstrap, "paused", partitions=2)
    for partition in (0, 1):
        produce(bootstrap, topic, [str(partition).encode()], partition=partition)
    consumer = consumer_of(bootstrap)
    both = [TopicPartition(topic, partition, OFFSET_BEGINNING) for partition in (0, 1)]
    consumer.assign(both)
    consumer.pause(both[:1])
    equal([message.partition() for message in read(consumer, 1)], [1], "the partitions while one is paused")
    equal(consumer.poll(0.3), None, "what comes while it is paused")
    consumer.resume(both[:1])
    equal([message.partition() for message in read(consumer, 1)], [0], "the partitions after it")
    consumer.close()


@case("the end of a partition is said, and what is empty ends at once")
def end_of_partition(bootstrap):
    topic = create(bootstrap, "end")
    consumer = consumer_of(bootstrap, enable_partition_eof=True)
    consumer.assign([TopicPartition(topic, 0, OFFSET_BEGINNING)])
    message = until(lambda: consumer.poll(0.2), "the end")
    equal((message.error().code(), message.offset()), (KafkaError._PARTITION_EOF, 0), "the end")
    consumer.close()


@case("a fetch of less than a batch: small limits, many partitions")
def small_fetches(bootstrap):
    topic = create(bootstrap, "small", partitions=3)
    values = values_of("small", 300)
    for partition in range(3):
        produce(bootstrap, topic, values, partition=partition, linger_ms=50)
    consumer = consumer_of(
        bootstrap, fetch_max_bytes=1024, max_partition_fetch_bytes=1000, message_max_bytes=1000)
    consumer.assign([TopicPartition(topic, partition, OFFSET_BEGINNING) for partition in range(3)])
    messages = read(consumer, 900)
    for partition in range(3):
        equal([message.value() for message in messages if message.partition() == partition], values)
    consumer.close()


@case("a topic that does not exist is not made by a consumer that may not")
def missing_topic(bootstrap):
    consumer = consumer_of(bootstrap, allow_auto_create_topics=False)
    consumer.subscribe([unique("missing")])
    message = until(lambda: consumer.poll(0.2), "an error")
    equal(message.error().code(), KafkaError.UNKNOWN_TOPIC_OR_PART, "the error")
    consumer.close()


@case("commits: sync and async, with metadata, and a group that goes on")
def commits(bootstrap):
    topic, group = create(bootstrap, "commits"), unique("commits")
    produce(bootstrap, topic, values_of("commits", 10))
    results, committed = [], threading.Event()

    def on_commit(error, partitions):
        results.append((error, partitions[0].offset))
        committed.set()

    consumer = consumer_of(bootstrap, group, callbacks={"on_commit": on_commit})
    consumer.assign([TopicPartition(topic, 0, OFFSET_BEGINNING)])

    def committed_now():
        [partition] = consumer.committed([TopicPartition(topic, 0)], timeout=10)
        return partition.offset, partition.metadata

    equal(committed_now()[0], OFFSET_INVALID, "what is committed before")
    messages = read(consumer, 10)
    consumer.commit(offsets=[TopicPartition(topic, 0, 4, "half way")], asynchronous=False)
    equal(committed_now(), (4, "half way"), "what is committed")
    committed.clear()
    consumer.commit(message=messages[-1], asynchronous=True)
    until(lambda: consumer.poll(0.05) is None and committed.is_set(), "the asynchronous commit")
    equal(results[-1], (None, 10), "the answer to the asynchronous commit")
    consumer.close()
    produce(bootstrap, topic, [b"later"])
    follower = consumer_of(bootstrap, group)
    follower.subscribe([topic])
    equal([message.value() for message in read(follower, 1)], [b"later"], "what the group reads next")
    follower.close()


@case("auto-commit: stored offsets are there after a close")
def auto_commit(bootstrap):
    topic, group = create(bootstrap, "auto"), unique("auto")
    produce(bootstrap, topic, values_of("auto", 10))
    consumer = consumer_of(bootstrap, group, enable_auto_commit=True, enable_auto_offset_store=False)
    consumer.subscribe([topic])
    messages = read(consumer, 10)
    consumer.store_offsets(message=messages[5])
    consumer.close()
    follower = consumer_of(bootstrap, group)
    follower.subscribe([topic])
    equal(read(follower, 1)[0].offset(), 6, "where the group goes on")
    follower.close()


@case("a broker killed under a running consumer: it reads on, and what was committed is there", kills_broker=True)
def killed(bootstrap):
    topic, group = create(bootstrap, "killed"), unique("killed")
    produce(bootstrap, topic, values_of("before", 500))
    consumer = consumer_of(bootstrap, group)
    consumer.subscribe([topic])
    read(consumer, 500)
    consumer.commit(asynchronous=False)
    kill_broker()
    produce(bootstrap, topic, values_of("after", 500))
    equal([message.value() for message in read_on(consumer, 500)], values_of("after", 500), "what was read")
    [partition] = consumer.committed([TopicPartition(topic, 0)], timeout=10)
    equal(partition.offset, 500, "what is committed")
    consumer.close()


def read_on(consumer, count):
    """Like read(), but a lost connection, which is said as an error, is no failure."""
    messages = []

    def more():
        messages.extend(message for message in consumer.consume(count, 0.2) if message.error() is None)
        return len(messages) >= count

    until(more, f"{count} messages")
    return messages


main()
