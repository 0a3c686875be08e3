"""The admin client of kafka-python 2.0."""
from kafka import KafkaConsumer, KafkaProducer, TopicPartition
from kafka.admin import ConfigResource, ConfigResourceType, KafkaAdminClient, NewPartitions, NewTopic
from kafka.errors import InvalidPartitionsError, TopicAlreadyExistsError, UnknownTopicOrPartitionError
from cases import WAIT_MAX_S, case, equal, main, refused, settles, unique, until


def admin_of(bootstrap):
    return KafkaAdminClient(bootstrap_servers=bootstrap)


def config_of(admin, topic, name):
    [response] = admin.describe_configs([ConfigResource(ConfigResourceType.TOPIC, topic)])
    [(error_code, _message, _type, described, entries)] = response.resources
    equal((error_code, described), (0, topic), "the description")
    return next(entry[1] for entry in entries if entry[0] == name)


@case("the cluster")
def cluster(bootstrap):
    admin = admin_of(bootstrap)
    described = admin.describe_cluster()
    equal(len(described["brokers"]), 1, "the count of brokers")
    equal(described["controller_id"], described["brokers"][0]["node_id"], "the controller")
    admin.close()


@case("topics: create, list, describe, more partitions, delete")
def topics(bootstrap):
    admin = admin_of(bootstrap)
    topic = unique("topics")
    admin.create_topics([NewTopic(topic, 2, 1)])
    assert topic in admin.list_topics()
    refused(lambda: admin.create_topics([NewTopic(topic, 2, 1)]), TopicAlreadyExistsError)
    admin.create_partitions({topic: NewPartitions(4)})
    settles(lambda: len(admin.describe_topics([topic])[0]["partitions"]), 4, "the count of partitions")
    refused(lambda: admin.create_partitions({topic: NewPartitions(3)}), InvalidPartitionsError)
    admin.delete_topics([topic])
    until(lambda: topic not in admin.list_topics(), "it is gone")
    refused(lambda: admin.delete_topics([topic]), UnknownTopicOrPartitionError)
    admin.close()


@case("a topic that is only validated is not created")
def validate_only(bootstrap):
    admin = admin_of(bootstrap)
    topic = unique("validated")
    admin.create_topics([NewTopic(topic, 2, 1)], validate_only=True)
    assert topic not in admin.list_topics()
    admin.close()


@case("configs: at creation, described, altered")
def configs(bootstrap):
    admin = admin_of(bootstrap)
    topic = unique("configs")
    admin.create_topics([NewTopic(topic, 1, 1, topic_configs={"retention.ms": "60000"})])
    settles(lambda: config_of(admin, topic, "retention.ms"), "60000", "retention.ms")
    admin.alter_configs([ConfigResource(ConfigResourceType.TOPIC, topic, {"max.message.bytes": "2000"})])
    settles(lambda: config_of(admin, topic, "max.message.bytes"), "2000", "max.message.bytes")
    # AlterConfigs sets all: what it does not name goes back to its default.
    settles(lambda: config_of(admin, topic, "retention.ms"), "604800000", "retention.ms")
    admin.close()


@case("groups: list, describe, offsets, delete")
def groups(bootstrap):
    admin = admin_of(bootstrap)
    topic, group = unique("groups"), unique("groups")
    admin.create_topics([NewTopic(topic, 1, 1)])
    producer = KafkaProducer(bootstrap_servers=bootstrap)
    producer.send(topic, b"value").get(WAIT_MAX_S)
    producer.close()
    consumer = KafkaConsumer(topic, bootstrap_servers=bootstrap, group_id=group, auto_offset_reset="earliest")
    until(lambda: consumer.poll(timeout_ms=1000), "a record")
    consumer.commit()
    assert (group, "consumer") in admin.list_consumer_groups()
    [described] = admin.describe_consumer_groups([group])
    equal((described.group, described.state, described.protocol), (group, "Stable", "range"), "the group")
    [member] = described.members
    equal(member.member_metadata.subscription, [topic], "the subscription")
    equal(member.member_assignment.assignment, [(topic, [0])], "the assignment")
    offsets = admin.list_consumer_group_offsets(group)
    equal({partition: offset.offset for partition, offset in offsets.items()}, {TopicPartition(topic, 0): 1})
    [(_group, refusal)] = admin.delete_consumer_groups([group])
    equal(refusal.__name__, "NonEmptyGroupError", "the refusal of a group with members")
    consumer.close()
    [(_group, error)] = admin.delete_consumer_groups([group])
    equal(error.__name__, "NoError", "the deletion")
    assert (group, "consumer") not in admin.list_consumer_groups()
    admin.close()


main()
