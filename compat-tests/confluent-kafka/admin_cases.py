"""The admin client of confluent-kafka."""
from confluent_kafka import (
    ConsumerGroupState, ConsumerGroupTopicPartitions, ConsumerGroupType, KafkaError, KafkaException,
    TopicCollection, TopicPartition,
)
from confluent_kafka.admin import (
    AlterConfigOpType, ConfigEntry, ConfigResource, NewPartitions, NewTopic, OffsetSpec, ResourceType,
)
from cases import WAIT_MAX_S, case, equal, main, refused, settles, unique, until
from clients import admin_of, consumer_of, create, flush, produce, producer_of, read, send


def result(futures, key):
    return futures[key].result(WAIT_MAX_S)


def code_of(work):
    return refused(work, KafkaException).args[0].code()


@case("the cluster")
def cluster(bootstrap):
    admin = admin_of(bootstrap)
    described = admin.describe_cluster().result(WAIT_MAX_S)
    equal([node.id for node in described.nodes], [described.controller.id], "the nodes")
    assert described.cluster_id


@case("topics: create, list, describe, more partitions, delete")
def topics(bootstrap):
    admin = admin_of(bootstrap)
    topic = unique("topics")
    result(admin.create_topics([NewTopic(topic, 2)]), topic)
    assert topic in admin.list_topics(timeout=10).topics
    equal(code_of(lambda: result(admin.create_topics([NewTopic(topic, 2)]), topic)), KafkaError.TOPIC_ALREADY_EXISTS)
    result(admin.create_partitions([NewPartitions(topic, 4)]), topic)
    describe = lambda: result(admin.describe_topics(TopicCollection([topic])), topic)
    settles(lambda: [partition.id for partition in describe().partitions], [0, 1, 2, 3], "the partitions")
    described = describe()
    assert described.topic_id.get_most_significant_bits() != 0
    fewer = lambda: result(admin.create_partitions([NewPartitions(topic, 3)]), topic)
    equal(code_of(fewer), KafkaError.INVALID_PARTITIONS, "the refusal of fewer partitions")
    result(admin.delete_topics([topic]), topic)
    until(lambda: topic not in admin.list_topics(timeout=10).topics, "it is gone")
    equal(code_of(lambda: result(admin.delete_topics([topic]), topic)), KafkaError.UNKNOWN_TOPIC_OR_PART)


@case("topics that are refused: name, partitions, replication factor, config; and one only validated")
def refused_topics(bootstrap):
    admin = admin_of(bootstrap)

    def refusal(name, **options):
        return code_of(lambda: result(admin.create_topics([NewTopic(name, **options)]), name))

    equal(refusal("not a name!", num_partitions=1), KafkaError.TOPIC_EXCEPTION, "the name")
    equal(refusal(unique("none"), num_partitions=0), KafkaError.INVALID_PARTITIONS, "no partitions")
    equal(refusal(unique("many"), num_partitions=1, replication_factor=3), KafkaError.INVALID_REPLICATION_FACTOR)
    equal(refusal(unique("bad"), num_partitions=1, config={"retention.ms": "x"}), KafkaError.INVALID_CONFIG)
    equal(refusal(unique("unknown"), num_partitions=1, config={"no.such.key": "x"}), KafkaError.INVALID_CONFIG)
    validated = unique("validated")
    result(admin.create_topics([NewTopic(validated, 1)], validate_only=True), validated)
    assert validated not in admin.list_topics(timeout=10).topics


@case("configs: described, altered one by one, altered as a whole")
def configs(bootstrap):
    admin = admin_of(bootstrap)
    topic = create(bootstrap, "configs", config={"retention.ms": "60000"})

    def resource(**options):
        return ConfigResource(ResourceType.TOPIC, topic, **options)

    def value(name):
        return result(admin.describe_configs([resource()]), resource())[name].value

    def alter(name, text, operation):
        entry = ConfigEntry(name, text, incremental_operation=operation)
        changed = resource(incremental_configs=[entry])
        result(admin.incremental_alter_configs([changed]), changed)

    settles(lambda: value("retention.ms"), "60000")
    alter("max.message.bytes", "2000", AlterConfigOpType.SET)
    alter("cleanup.policy", "compact", AlterConfigOpType.APPEND)
    settles(lambda: value("cleanup.policy"), "delete,compact", "after an append")
    equal((value("retention.ms"), value("max.message.bytes")), ("60000", "2000"), "after a change")
    alter("cleanup.policy", "delete", AlterConfigOpType.SUBTRACT)
    settles(lambda: value("cleanup.policy"), "compact", "after a subtraction")
    alter("retention.ms", None, AlterConfigOpType.DELETE)
    settles(lambda: value("retention.ms"), "604800000", "after a deletion")
    equal(code_of(lambda: alter("retention.ms", "x", AlterConfigOpType.SET)), KafkaError.INVALID_CONFIG)
    whole = resource(set_config={"retention.ms": "5000"})
    result(admin.alter_configs([whole]), whole)
    settles(lambda: (value("retention.ms"), value("max.message.bytes")), ("5000", "1048588"), "after all was set")


@case("configs of the broker can be described")
def broker_configs(bootstrap):
    admin = admin_of(bootstrap)
    node = admin.describe_cluster().result(WAIT_MAX_S).controller
    broker = ConfigResource(ResourceType.BROKER, str(node.id))
    entries = result(admin.describe_configs([broker]), broker)
    equal(entries["num.partitions"].value, "1", "num.partitions")


@case("records are deleted, and offsets are listed")
def records(bootstrap):
    admin = admin_of(bootstrap)
    topic = create(bootstrap, "records")
    partition = TopicPartition(topic, 0)
    producer = producer_of(bootstrap)
    flush(producer, [send(producer, topic, str(index).encode(), timestamp=1000 + index) for index in range(10)])

    def offset_at(spec):
        return result(admin.list_offsets({partition: spec}), partition).offset

    equal((offset_at(OffsetSpec.earliest()), offset_at(OffsetSpec.latest())), (0, 10), "first and last")
    equal((offset_at(OffsetSpec.max_timestamp()), offset_at(OffsetSpec.for_timestamp(1004))), (9, 4), "by time")
    deleted = result(admin.delete_records([TopicPartition(topic, 0, 6)]), TopicPartition(topic, 0, 6))
    equal(deleted.low_watermark, 6, "the low watermark")
    equal(offset_at(OffsetSpec.earliest()), 6, "first")
    beyond = TopicPartition(topic, 0, 1000)
    refusal = code_of(lambda: result(admin.delete_records([beyond]), beyond))
    equal(refusal, KafkaError.OFFSET_OUT_OF_RANGE, "the refusal beyond the end")


@case("groups: list, describe, delete")
def groups(bootstrap):
    admin = admin_of(bootstrap)
    topic, group = create(bootstrap, "groups"), unique("groups")
    produce(bootstrap, topic, [b"value"])
    consumer = consumer_of(bootstrap, group, client_id="me")
    consumer.subscribe([topic])
    read(consumer, 1)
    consumer.commit(asynchronous=False)
    listed = admin.list_consumer_groups(states={ConsumerGroupState.STABLE}, types={ConsumerGroupType.CLASSIC})
    found = [one for one in listed.result(WAIT_MAX_S).valid if one.group_id == group]
    equal([(one.state, one.type) for one in found], [(ConsumerGroupState.STABLE, ConsumerGroupType.CLASSIC)])
    described = result(admin.describe_consumer_groups([group]), group)
    equal((described.state, described.partition_assignor), (ConsumerGroupState.STABLE, "range"), "the group")
    [member] = described.members
    equal((member.client_id, member.assignment.topic_partitions), ("me", [TopicPartition(topic, 0)]), "the member")
    delete = lambda: result(admin.delete_consumer_groups([group]), group)
    equal(code_of(delete), KafkaError.NON_EMPTY_GROUP, "the refusal of a group with members")
    consumer.close()
    delete()
    equal(code_of(delete), KafkaError.GROUP_ID_NOT_FOUND, "the refusal of a group that is gone")


@case("offsets of groups: listed, altered")
def group_offsets(bootstrap):
    admin = admin_of(bootstrap)
    topic, group = create(bootstrap, "offsets", 2), unique("offsets")
    wanted = [TopicPartition(topic, 0, 3), TopicPartition(topic, 1, 7)]
    altered = admin.alter_consumer_group_offsets([ConsumerGroupTopicPartitions(group, wanted)])
    result(altered, group)
    [listed] = [future.result(WAIT_MAX_S) for future in
                admin.list_consumer_group_offsets([ConsumerGroupTopicPartitions(group)]).values()]
    found = {partition.partition: partition.offset for partition in listed.topic_partitions}
    equal(found, {0: 3, 1: 7}, "the offsets")
    consumer = consumer_of(bootstrap, group)
    consumer.subscribe([topic])
    produce(bootstrap, topic, [str(index).encode() for index in range(5)])
    equal([message.offset() for message in read(consumer, 2)], [3, 4], "where the group goes on")
    live = admin.alter_consumer_group_offsets([ConsumerGroupTopicPartitions(group, wanted)])
    refusals = {partition.error.code() for partition in result(live, group).topic_partitions}
    equal(refusals, {KafkaError.UNKNOWN_MEMBER_ID}, "the refusals while it has a member")
    consumer.close()


main()
