"""Producers and consumers of kafka-python, old and new."""
import threading
import time
import kafka
from kafka import KafkaConsumer, KafkaProducer, TopicPartition
from kafka.admin import KafkaAdminClient, NewTopic
from kafka.errors import KafkaConnectionError, KafkaError
from kafka.structs import OffsetAndMetadata
from cases import WAIT_MAX_S, case, equal, kill_broker, main, refused, unique, until

IS_NEW = int(kafka.__version__.split(".")[0]) >= 3
# 3.0.12 may lose the end of a join for good that a shorter poll did not wait for, on Kafka too.
POLL_MS = 1000
CODECS = [None, "gzip", "snappy", "lz4", "zstd"]
# The old one does not know idempotence.
NOT_IDEMPOTENT = {"enable_idempotence": False} if IS_NEW else {}
PINNED = [(1, 0, 0), (2, 5, 0)]


def create(bootstrap, name, partitions=1, configs=None):
    topic = unique(name)
    admin = KafkaAdminClient(bootstrap_servers=bootstrap)
    admin.create_topics([NewTopic(topic, partitions, 1, topic_configs=configs or {})])
    admin.close()
    return topic


def produce(bootstrap, topic, values, **options):
    producer = KafkaProducer(bootstrap_servers=bootstrap, **options)
    try:
        sent = [producer.send(topic, value, partition=0) for value in values]
        return [future.get(WAIT_MAX_S).offset for future in sent]
    finally:
        producer.close(timeout=WAIT_MAX_S)


def values_of(name, count=1000):
    return [f"{name} value {index} {'x' * (index % 90)}".encode() for index in range(count)]


def assigned(bootstrap, topic, **options):
    consumer = KafkaConsumer(bootstrap_servers=bootstrap, auto_offset_reset="earliest", **options)
    consumer.assign([TopicPartition(topic, partition) for partition in consumer.partitions_for_topic(topic)])
    return consumer


def read(consumer, count):
    records = []

    def more():
        for batch in consumer.poll(timeout_ms=POLL_MS).values():
            records.extend(batch)
        return len(records) >= count

    until(more, f"{count} records")
    equal(len(records), count, "the count of records")
    return records


def read_values(bootstrap, topic, count, **options):
    consumer = assigned(bootstrap, topic, enable_auto_commit=False, **options)
    try:
        return [record.value for record in read(consumer, count)]
    finally:
        consumer.close()


def version_of(producer):
    """Where it keeps what it found out about the broker."""
    return producer.config["api_version"]


@case("finds out the version of the broker")
def detection(bootstrap):
    producer = KafkaProducer(bootstrap_servers=bootstrap)
    found = version_of(producer)
    producer.close()
    # The old one knows nothing beyond 2.5, and takes the newest of the requests that it knows for the version.
    assert found >= ((4, 0) if IS_NEW else (2, 4)), f"the version is {found}"


for codec in CODECS:
    @case(f"codec {codec}: what goes in comes out, in order")
    def codec_case(bootstrap, codec=codec):
        topic = create(bootstrap, f"codec-{codec}")
        values = values_of(str(codec))
        offsets = produce(bootstrap, topic, values, compression_type=codec, linger_ms=20)
        equal(offsets, list(range(len(values))), "the offsets")
        equal(read_values(bootstrap, topic, len(values)), values, "what was read")


for version in PINNED:
    @case(f"pinned to {'.'.join(map(str, version))}: produce, consume, commit")
    def pinned_case(bootstrap, version=version):
        topic, group = create(bootstrap, "pinned"), unique("pinned")
        values = values_of("pinned", 100)
        produce(bootstrap, topic, values, api_version=version, compression_type="gzip")
        consumer = assigned(bootstrap, topic, group_id=group, api_version=version, enable_auto_commit=False)
        equal([record.value for record in read(consumer, 100)], values, "what was read")
        consumer.commit()
        equal(consumer.committed(TopicPartition(topic, 0)), 100, "the committed offset")
        consumer.close()


@case("pinned to 0.10.1: metadata and offsets are answered")
def pinned_to_010(bootstrap):
    topic = create(bootstrap, "old", partitions=2)
    produce(bootstrap, topic, values_of("old", 3))
    consumer = KafkaConsumer(bootstrap_servers=bootstrap, api_version=(0, 10, 1))
    equal(consumer.partitions_for_topic(topic), {0, 1}, "the partitions")
    first = TopicPartition(topic, 0)
    equal(consumer.end_offsets([first]), {first: 3}, "the end")
    consumer.close()


@case("acks 0, 1 and all")
def acks(bootstrap):
    topic = create(bootstrap, "acks")
    for count in (0, 1, "all"):
        producer = KafkaProducer(bootstrap_servers=bootstrap, acks=count, **NOT_IDEMPOTENT)
        producer.send(topic, f"acks {count}".encode())
        producer.flush(WAIT_MAX_S)
        producer.close(timeout=WAIT_MAX_S)
    equal(read_values(bootstrap, topic, 3), [b"acks 0", b"acks 1", b"acks all"])


@case("keys, headers, timestamps and what is null or empty")
def odd_records(bootstrap):
    topic = create(bootstrap, "odd")
    records = [
        (b"key", b"value", [], 1_700_000_000_000),
        (None, b"no key", [("a", b"1"), ("a", b"2"), ("b", b"")], 1_700_000_000_001),
        (b"", b"empty key", [], 1_600_000_000_000),
        (b"tombstone", None, [], 1_700_000_000_003),
        (b"empty value", b"", [("bytes", bytes(range(256)))], 1_700_000_000_004),
    ]
    producer = KafkaProducer(bootstrap_servers=bootstrap)
    for key, value, headers, timestamp_ms in records:
        sent = producer.send(topic, value, key, headers, timestamp_ms=timestamp_ms).get(WAIT_MAX_S)
        equal(sent.timestamp, timestamp_ms, "the acknowledged timestamp")
    producer.close()
    consumer = assigned(bootstrap, topic)
    found = [(record.key, record.value, list(record.headers), record.timestamp) for record in read(consumer, 5)]
    equal(found, records)
    consumer.close()


@case("a timestamp of the broker, where the topic asks for it")
def log_append_time(bootstrap):
    topic = create(bootstrap, "appended", configs={"message.timestamp.type": "LogAppendTime"})
    producer = KafkaProducer(bootstrap_servers=bootstrap)
    before_ms = int(time.time() * 1000)
    sent = producer.send(topic, b"value", timestamp_ms=1).get(WAIT_MAX_S)
    producer.close()
    consumer = assigned(bootstrap, topic)
    [record] = read(consumer, 1)
    consumer.close()
    equal(record.timestamp_type, 1, "the type of the timestamp")
    equal(sent.timestamp, record.timestamp, "the acknowledged timestamp")
    assert before_ms - 1000 <= record.timestamp <= before_ms + 60_000, record.timestamp


@case("a record that is too large is refused, and the next one is taken")
def too_large(bootstrap):
    topic = create(bootstrap, "large", configs={"max.message.bytes": "10000"})
    # The new one, idempotent, gives the same refusal to what is sent later, on Kafka too.
    producer = KafkaProducer(bootstrap_servers=bootstrap, **NOT_IDEMPOTENT)
    refusal = refused(lambda: producer.send(topic, b"x" * 20_000).get(WAIT_MAX_S), KafkaError)
    equal(type(refusal).__name__, "MessageSizeTooLargeError")
    equal(producer.send(topic, b"small").get(WAIT_MAX_S).offset, 0, "the offset")
    producer.close()


@case("a value of 900 KB")
def large(bootstrap):
    topic = create(bootstrap, "large")
    value = b"large " * 150_000
    produce(bootstrap, topic, [value])
    equal(read_values(bootstrap, topic, 1), [value])


@case("offsets: by time, first and last, seek")
def offsets(bootstrap):
    topic = create(bootstrap, "offsets")
    partition = TopicPartition(topic, 0)
    producer = KafkaProducer(bootstrap_servers=bootstrap)
    for index in range(10):
        producer.send(topic, str(index).encode(), timestamp_ms=1000 + index * 10).get(WAIT_MAX_S)
    producer.close()
    consumer = assigned(bootstrap, topic, enable_auto_commit=False)
    equal(consumer.beginning_offsets([partition]), {partition: 0})
    equal(consumer.end_offsets([partition]), {partition: 10})
    found = consumer.offsets_for_times({partition: 1035})[partition]
    equal((found.offset, found.timestamp), (4, 1040), "the offset by time")
    equal(consumer.offsets_for_times({partition: 5000}), {partition: None}, "the offset after the last")
    consumer.seek(partition, 7)
    equal([record.value for record in read(consumer, 3)], [b"7", b"8", b"9"])
    consumer.seek_to_beginning(partition)
    equal(read(consumer, 10)[0].offset, 0, "the first offset")
    consumer.seek_to_end(partition)
    equal(consumer.position(partition), 10, "the position")
    consumer.close()


@case("pause and resume")
def pause(bootstrap):
    topic = create(bootstrap, "paused", partitions=2)
    producer = KafkaProducer(bootstrap_servers=bootstrap)
    for partition in (0, 1):
        producer.send(topic, str(partition).encode(), partition=partition).get(WAIT_MAX_S)
    producer.close()
    consumer = assigned(bootstrap, topic, enable_auto_commit=False)
    consumer.pause(TopicPartition(topic, 0))
    equal([record.partition for record in read(consumer, 1)], [1], "the partitions while one is paused")
    equal(consumer.poll(timeout_ms=300), {}, "what comes while it is paused")
    consumer.resume(TopicPartition(topic, 0))
    equal([record.partition for record in read(consumer, 1)], [0], "the partitions after it")
    consumer.close()


@case("commits: with metadata, asynchronous, and a group that goes on")
def commits(bootstrap):
    topic, group = create(bootstrap, "commits"), unique("commits")
    partition = TopicPartition(topic, 0)
    produce(bootstrap, topic, values_of("commits", 10))
    consumer = assigned(bootstrap, topic, group_id=group, enable_auto_commit=False)
    read(consumer, 10)
    equal(consumer.committed(partition), None, "what is committed before")
    # The new one has a third field, the leader epoch.
    offset = OffsetAndMetadata(4, "half way", *([-1] if IS_NEW else []))
    consumer.commit({partition: offset})
    equal(consumer.committed(partition), 4, "the committed offset")
    done = threading.Event()
    consumer.commit_async(callback=lambda _offsets, _response: done.set())

    def is_done():
        consumer.poll(timeout_ms=50)
        return done.is_set()

    until(is_done, "the asynchronous commit")
    equal(consumer.committed(partition), 10, "the committed offset")
    consumer.close()
    produce(bootstrap, topic, [b"later"])
    follower = KafkaConsumer(topic, bootstrap_servers=bootstrap, group_id=group, auto_offset_reset="earliest")
    equal([record.value for record in read(follower, 1)], [b"later"], "what the group reads next")
    follower.close()


class Member(threading.Thread):
    """A member of a group that polls until it is told to leave."""

    def __init__(self, bootstrap, topic, group, **options):
        super().__init__(daemon=True)
        self.consumer = KafkaConsumer(
            topic, bootstrap_servers=bootstrap, group_id=group, auto_offset_reset="earliest",
            session_timeout_ms=10_000, heartbeat_interval_ms=300, auto_commit_interval_ms=200, **options)
        self.values = []
        self.partitions = set()
        self.leaving = threading.Event()
        self.start()

    def run(self):
        while not self.leaving.is_set():
            try:
                batches = self.consumer.poll(timeout_ms=POLL_MS).values()
            except KafkaConnectionError:
                # 3.0.12 says it of a broker that is down; a program would go on.
                time.sleep(0.1)
                continue
            for batch in batches:
                self.values.extend(record.value for record in batch)
            self.partitions = {partition.partition for partition in self.consumer.assignment()}
        self.consumer.close()

    def leave(self):
        self.leaving.set()
        self.join(WAIT_MAX_S)


def share(bootstrap, **options):
    """One, then two, then one member: each record once, all partitions always owned in the end."""
    topic, group = create(bootstrap, "shared", partitions=4), unique("shared")
    producer = KafkaProducer(bootstrap_servers=bootstrap)

    def send(name):
        sent = [producer.send(topic, f"{name} {index}".encode(), partition=index % 4) for index in range(200)]
        for future in sent:
            future.get(WAIT_MAX_S)

    send("alone")
    first = Member(bootstrap, topic, group, **options)
    until(lambda: len(first.values) == 200, "the first has read all")
    second = Member(bootstrap, topic, group, **options)
    until(lambda: len(first.partitions) == 2 and len(second.partitions) == 2, "both have two partitions")
    equal(first.partitions | second.partitions, {0, 1, 2, 3}, "the partitions of both")
    send("both")
    until(lambda: len(first.values) + len(second.values) >= 400, "both have read all")
    second.leave()
    until(lambda: len(first.partitions) == 4, "the first has all partitions again")
    send("again")
    until(lambda: len(first.values) + len(second.values) >= 600, "the first has read the rest")
    first.leave()
    producer.close()
    read_by_all = first.values + second.values
    equal(len(read_by_all), 600, "the count of records")
    equal(len(set(read_by_all)), 600, "the count of different records")


@case("a group of two with a rebalance in the middle")
def group_of_two(bootstrap):
    share(bootstrap)


if IS_NEW:
    from kafka.coordinator.assignors.cooperative_sticky import CooperativeStickyAssignor

    @case("a group of two, cooperative-sticky")
    def cooperative(bootstrap):
        share(bootstrap, partition_assignment_strategy=[CooperativeStickyAssignor])

    @case("a static member comes back and keeps its partitions, without a rebalance")
    def static_member(bootstrap):
        topic, group = create(bootstrap, "static", partitions=4), unique("static")
        members = [Member(bootstrap, topic, group, group_instance_id="member-0")]
        until(lambda: len(members[0].partitions) == 4, "the first has all partitions")
        members.append(Member(bootstrap, topic, group, group_instance_id="member-1"))
        until(lambda: all(len(member.partitions) == 2 for member in members), "both have two partitions")
        before = members[1].partitions
        admin = KafkaAdminClient(bootstrap_servers=bootstrap)
        members[1].leave()
        equal(admin.describe_groups([group])[group]["group_state"], "Stable", "the state without it")
        again = Member(bootstrap, topic, group, group_instance_id="member-1")
        until(lambda: again.partitions == before, "it has its partitions again")
        equal(len(members[0].partitions), 2, "the partitions of the other")
        for member in (members[0], again):
            member.leave()
        admin.close()


@case("a killed broker has every acknowledged record, and its clients go on", kills_broker=True)
def killed(bootstrap):
    topic, group = create(bootstrap, "killed"), unique("killed")
    member = Member(bootstrap, topic, group)
    options = {} if IS_NEW else {"retries": 100, "max_in_flight_requests_per_connection": 1}
    producer = KafkaProducer(bootstrap_servers=bootstrap, acks="all", **options)
    before = [producer.send(topic, value) for value in values_of("before", 500)]
    for future in before:
        future.get(WAIT_MAX_S)
    until(lambda: len(member.values) == 500, "the group has read what was written before")
    kill_broker()
    after = [producer.send(topic, value) for value in values_of("after", 500)]
    for future in after:
        future.get(WAIT_MAX_S)
    producer.close()
    expected = values_of("before", 500) + values_of("after", 500)
    until(lambda: set(member.values) == set(expected), "the group has read all")
    member.leave()
    equal(read_values(bootstrap, topic, 1000), expected, "the log")


main()
