"""Producing with confluent-kafka, and what comes back."""
import time
from confluent_kafka import OFFSET_BEGINNING, TIMESTAMP_LOG_APPEND_TIME, KafkaError, KafkaException, TopicPartition
from cases import case, equal, kill_broker, main, refused
from clients import consumer_of, create, flush, produce, producer_of, read, read_values, send, values_of

CODECS = ["none", "gzip", "snappy", "lz4", "zstd"]
RECORDS = 20_000

for codec in CODECS:
    @case(f"codec {codec}: what goes in comes out, in order")
    def codec_case(bootstrap, codec=codec):
        topic = create(bootstrap, f"codec-{codec}")
        values = values_of(codec)
        sent = produce(bootstrap, topic, values, compression_type=codec, linger_ms=20)
        equal([message.offset() for message in sent], list(range(len(values))), "the offsets")
        equal(read_values(bootstrap, topic, len(values)), values, "what was read")


@case("idempotent, with many requests under way")
def idempotent(bootstrap):
    topic = create(bootstrap, "idempotent")
    values = values_of("idempotent", RECORDS)
    options = {"enable_idempotence": True, "batch_num_messages": 100, "linger_ms": 1}
    sent = produce(bootstrap, topic, values, **options)
    equal([message.offset() for message in sent], list(range(RECORDS)), "the offsets")
    equal(read_values(bootstrap, topic, RECORDS), values, "what was read")


@case("acks 0, 1 and all")
def acks(bootstrap):
    topic = create(bootstrap, "acks")
    for count in ("0", "1", "all"):
        produce(bootstrap, topic, [f"acks {count}".encode()], acks=count)
    equal(read_values(bootstrap, topic, 3), [b"acks 0", b"acks 1", b"acks all"])


@case("keys, headers, timestamps and what is null or empty")
def odd_records(bootstrap):
    topic = create(bootstrap, "odd")
    records = [
        (b"key", b"value", [], 1_700_000_000_000),
        (None, b"no key", [("a", b"1"), ("a", b"2"), ("null", None), ("b", b"")], 1_700_000_000_001),
        (b"", b"empty key", [], 1_600_000_000_000),
        (b"tombstone", None, [], 1_700_000_000_003),
        (b"empty value", b"", [("bytes", bytes(range(256)))], 1_700_000_000_004),
    ]
    producer = producer_of(bootstrap)
    flush(producer, [
        send(producer, topic, value, key, headers=headers, timestamp=timestamp_ms)
        for key, value, headers, timestamp_ms in records
    ])
    consumer = consumer_of(bootstrap)
    consumer.assign([TopicPartition(topic, 0, OFFSET_BEGINNING)])
    found = [
        (message.key(), message.value(), message.headers() or [], message.timestamp()[1])
        for message in read(consumer, len(records))
    ]
    equal(found, records)
    consumer.close()


@case("a timestamp of the broker, where the topic asks for it")
def log_append_time(bootstrap):
    topic = create(bootstrap, "appended", config={"message.timestamp.type": "LogAppendTime"})
    before_ms = int(time.time() * 1000)
    producer = producer_of(bootstrap)
    [sent] = flush(producer, [send(producer, topic, b"value", timestamp=1)])
    consumer = consumer_of(bootstrap)
    consumer.assign([TopicPartition(topic, 0, OFFSET_BEGINNING)])
    [message] = read(consumer, 1)
    consumer.close()
    kind, timestamp_ms = message.timestamp()
    equal(kind, TIMESTAMP_LOG_APPEND_TIME, "the type of the timestamp")
    equal(sent.timestamp()[1], timestamp_ms, "the acknowledged timestamp")
    assert before_ms - 1000 <= timestamp_ms <= before_ms + 60_000, timestamp_ms


@case("a record that is too large is refused, and the next one is taken")
def too_large(bootstrap):
    topic = create(bootstrap, "large", config={"max.message.bytes": "10000"})
    refusal = refused(lambda: produce(bootstrap, topic, [b"x" * 20_000]), KafkaException)
    equal(refusal.args[0].code(), KafkaError.MSG_SIZE_TOO_LARGE, "the refusal")
    [sent] = produce(bootstrap, topic, [b"small"])
    equal(sent.offset(), 0, "the offset")


@case("a value of 900 KB")
def large(bootstrap):
    topic = create(bootstrap, "large")
    value = b"large " * 150_000
    produce(bootstrap, topic, [value])
    equal(read_values(bootstrap, topic, 1), [value])


@case("a broker killed under a running idempotent producer loses and repeats nothing", kills_broker=True)
def killed(bootstrap):
    topic = create(bootstrap, "killed")
    values = values_of("killed", RECORDS)
    producer = producer_of(bootstrap, enable_idempotence=True, linger_ms=1, batch_num_messages=100)
    sent = []
    for index, value in enumerate(values):
        sent.append(send(producer, topic, value, partition=0))
        producer.poll(0)
        if index in (RECORDS // 3, 2 * RECORDS // 3):
            kill_broker()
    acknowledged = flush(producer, sent)
    equal([message.offset() for message in acknowledged], list(range(RECORDS)), "the offsets")
    equal(read_values(bootstrap, topic, RECORDS), values, "the log")


main()
