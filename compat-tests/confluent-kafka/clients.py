"""What the cases of confluent-kafka share."""
from confluent_kafka import OFFSET_BEGINNING, Consumer, KafkaException, Producer, TopicPartition
from confluent_kafka.admin import AdminClient, NewTopic
from cases import WAIT_MAX_S, unique, until


def admin_of(bootstrap):
    return AdminClient({"bootstrap.servers": bootstrap, "log_level": 0})


def create(bootstrap, name, partitions=1, config=None):
    topic = unique(name)
    # Its futures end with the client, so that it must have a name.
    admin = admin_of(bootstrap)
    admin.create_topics([NewTopic(topic, partitions, config=config or {})])[topic].result(WAIT_MAX_S)
    return topic


def producer_of(bootstrap, **options):
    settings = {key.replace("_", "."): value for key, value in options.items()}
    return Producer({"bootstrap.servers": bootstrap, "log_level": 0, **settings})


def send(producer, topic, value, key=None, **options):
    """A list that holds the acknowledgement, or the error, once it is there."""
    answers = []
    while True:
        try:
            producer.produce(topic, value, key, on_delivery=lambda *answer: answers.append(answer), **options)
            return answers
        except BufferError:
            producer.poll(0.1)


def flush(producer, sent):
    """What was acknowledged, in the order of sending."""
    if producer.flush(WAIT_MAX_S) > 0:
        raise TimeoutError(f"not acknowledged in {WAIT_MAX_S} s")
    for [(error, _message)] in sent:
        if error is not None:
            raise KafkaException(error)
    return [message for [(_error, message)] in sent]


def produce(bootstrap, topic, values, partition=0, **options):
    producer = producer_of(bootstrap, **options)
    return flush(producer, [send(producer, topic, value, partition=partition) for value in values])


def values_of(name, count=1000):
    return [f"{name} value {index} {'x' * (index % 90)}".encode() for index in range(count)]


def consumer_of(bootstrap, group=None, callbacks=None, **options):
    settings = {key.replace("_", "."): value for key, value in options.items()}
    return Consumer({
        "bootstrap.servers": bootstrap,
        "log_level": 0,
        "group.id": group or unique("group"),
        "auto.offset.reset": "earliest",
        "enable.auto.commit": False,
        **settings,
        **(callbacks or {}),
    })


def read(consumer, count):
    messages = []

    def more():
        for message in consumer.consume(count - len(messages), 0.2):
            if message.error() is not None:
                raise KafkaException(message.error())
            messages.append(message)
        return len(messages) == count

    until(more, f"{count} messages")
    return messages


def read_values(bootstrap, topic, count, **options):
    consumer = consumer_of(bootstrap, **options)
    try:
        consumer.assign([TopicPartition(topic, 0, OFFSET_BEGINNING)])
        return [message.value() for message in read(consumer, count)]
    finally:
        consumer.close()
