"""The admin client of kafka-python 3."""
from kafka import KafkaConsumer, KafkaProducer, TopicPartition
from kafka.admin import ConfigResource, KafkaAdminClient, OffsetSpec
from kafka.errors import InvalidPartitionsError, TopicAlreadyExistsError, UnknownTopicOrPartitionError
from kafka.structs import OffsetAndMetadata
from cases import WAIT_MAX_S, case, equal, main, refused, settles, unique, until


def admin_of(bootstrap):
    return KafkaAdminClient(bootstrap_servers=bootstrap)


def create(admin, name, partitions=1, configs=None):
    topic = unique(name)
    options = {"num_partitions": partitions, "replication_factor": 1, "configs": configs or {}}
    admin.create_topics({topic: options})
    return topic


def produce(bootstrap, topic, count):
    producer = KafkaProducer(bootstrap_servers=bootstrap)
    for index in range(count):
        producer.send(topic, str(index).encode(), timestamp_ms=1000 + index).get(WAIT_MAX_S)
    producer.close()


def config_of(admin, topic, name):
    return admin.describe_configs([ConfigResource("TOPIC", topic)], config_filter="all")["topic"][topic][name]["value"]


@case("the cluster")
def cluster(bootstrap):
    admin = admin_of(bootstrap)
    described = admin.describe_cluster()
    equal([broker["broker_id"] for broker in described["brokers"]], [described["controller_id"]], "the brokers")
    admin.close()


@case("topics: create, list, describe, more partitions, delete")
def topics(bootstrap):
    admin = admin_of(bootstrap)
    topic = create(admin, "topics", 2)
    assert topic in admin.list_topics()
    refused(lambda: admin.create_topics({topic: {"num_partitions": 2}}), TopicAlreadyExistsError)
    admin.create_partitions({topic: 4})
    settles(lambda: len(admin.describe_topics([topic])[0]["partitions"]), 4, "the count of partitions")
    [paged] = admin.describe_topic_partitions([topic])["topics"]
    equal(len(paged["partitions"]), 4, "the count of partitions")
    refused(lambda: admin.create_partitions({topic: 3}), InvalidPartitionsError)
    admin.delete_topics([topic])
    until(lambda: topic not in admin.list_topics(), "it is gone")
    refused(lambda: admin.delete_topics([topic]), UnknownTopicOrPartitionError)
    admin.close()


@case("a topic with the broker's defaults, and one that is only validated")
def defaults(bootstrap):
    admin = admin_of(bootstrap)
    default, validated = unique("default"), unique("validated")
    admin.create_topics([default])
    admin.create_topics([validated], validate_only=True)
    names = admin.list_topics()
    equal((default in names, validated in names), (True, False), "which are there")
    admin.close()


@case("configs: at creation, described, altered one by one, reset")
def configs(bootstrap):
    admin = admin_of(bootstrap)
    topic = create(admin, "configs", configs={"retention.ms": "60000"})
    admin.alter_configs([ConfigResource("TOPIC", topic, {"max.message.bytes": "2000"})])
    settles(lambda: config_of(admin, topic, "retention.ms"), "60000", "retention.ms")
    settles(lambda: config_of(admin, topic, "max.message.bytes"), "2000", "max.message.bytes")
    admin.alter_configs([ConfigResource("TOPIC", topic, {"cleanup.policy": ("APPEND", "compact")})])
    settles(lambda: config_of(admin, topic, "cleanup.policy"), "delete,compact", "cleanup.policy")
    admin.alter_configs([ConfigResource("TOPIC", topic, {"cleanup.policy": ("SUBTRACT", "delete")})])
    settles(lambda: config_of(admin, topic, "cleanup.policy"), "compact", "cleanup.policy")
    admin.reset_configs([ConfigResource("TOPIC", topic, ["retention.ms"])])
    settles(lambda: config_of(admin, topic, "retention.ms"), "604800000", "retention.ms")
    admin.alter_configs([ConfigResource("TOPIC", topic, {"retention.ms": "5"})], validate_only=True)
    settles(lambda: config_of(admin, topic, "retention.ms"), "604800000", "retention.ms after a validation")
    admin.close()


@case("records are deleted, and offsets are listed")
def records(bootstrap):
    admin = admin_of(bootstrap)
    topic = create(admin, "records")
    partition = TopicPartition(topic, 0)
    produce(bootstrap, topic, 10)

    def offset_at(spec):
        return admin.list_partition_offsets({partition: spec})[partition].offset

    equal((offset_at(OffsetSpec.EARLIEST), offset_at(OffsetSpec.LATEST)), (0, 10), "first and last")
    equal((offset_at(OffsetSpec.MAX_TIMESTAMP), offset_at(1004)), (9, 4), "the newest, and by time")
    equal(admin.delete_records({partition: 6})[partition]["low_watermark"], 6, "the low watermark")
    equal(offset_at(OffsetSpec.EARLIEST), 6, "first")
    admin.close()


@case("groups: list, describe, delete")
def groups(bootstrap):
    admin = admin_of(bootstrap)
    topic, group = create(admin, "groups"), unique("groups")
    produce(bootstrap, topic, 1)
    consumer = KafkaConsumer(topic, bootstrap_servers=bootstrap, group_id=group, auto_offset_reset="earliest")
    until(lambda: consumer.poll(timeout_ms=1000), "a record")
    consumer.commit()
    [listed] = [one for one in admin.list_groups(states_filter=["Stable"]) if one["group_id"] == group]
    equal((listed["protocol_type"], listed["group_state"]), ("consumer", "Stable"), "the listed group")
    described = admin.describe_groups([group])[group]
    equal((described["group_state"], described["protocol_data"]), ("Stable", "range"), "the group")
    equal(len(described["members"]), 1, "the count of members")
    equal(admin.delete_groups([group]), {group: "NonEmptyGroupError"}, "the refusal of a group with members")
    consumer.close()
    equal(admin.delete_groups([group]), {group: "OK"}, "the deletion")
    assert group not in [one["group_id"] for one in admin.list_groups()]
    admin.close()


@case("offsets of groups: listed, altered, reset, deleted")
def group_offsets(bootstrap):
    admin = admin_of(bootstrap)
    topic, group, other = create(admin, "offsets", 2), unique("offsets"), unique("offsets")
    produce(bootstrap, topic, 10)
    first, second = TopicPartition(topic, 0), TopicPartition(topic, 1)

    def offsets():
        return {partition: found.offset for partition, found in admin.list_group_offsets(group)[group].items()}

    for name in (group, other):
        admin.alter_group_offsets(name, {first: OffsetAndMetadata(3, "m", -1), second: OffsetAndMetadata(0, "", -1)})
    equal(offsets(), {first: 3, second: 0}, "the offsets")
    equal(set(admin.list_group_offsets([group, other])), {group, other}, "two groups in one request")
    high = admin.list_partition_offsets({first: OffsetSpec.LATEST})[first].offset
    reset = admin.reset_group_offsets(group, {first: OffsetSpec.LATEST})
    equal(reset[first]["offset"], high, "the offset after a reset")
    admin.delete_group_offsets(group, [second])
    equal(offsets(), {first: high}, "the offsets after a deletion")
    admin.close()


main()
