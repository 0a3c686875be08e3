"""Groups of confluent-kafka that share partitions."""
import threading
from confluent_kafka import ConsumerGroupState, KafkaError
from confluent_kafka.admin import NewPartitions
from cases import WAIT_MAX_S, case, equal, main, unique, until
from clients import admin_of, consumer_of, create, flush, producer_of, send

PARTITIONS = 4
RECORDS = 200


class Member(threading.Thread):
    """A member of a group that polls until it is told to leave."""

    def __init__(self, bootstrap, topic, group, **options):
        super().__init__(daemon=True)
        settings = {
            "session_timeout_ms": 10_000, "heartbeat_interval_ms": 300, "enable_auto_commit": True,
            "auto_commit_interval_ms": 200, "topic_metadata_refresh_interval_ms": 500, **options,
        }
        self.values, self.errors, self.revoked = [], [], []
        self.consumer = consumer_of(bootstrap, group, **settings)
        self.partitions, self.topics = set(), set()
        self.leaving = threading.Event()
        self.consumer.subscribe([topic], on_revoke=self._revoked)
        self.start()

    def _revoked(self, _consumer, partitions):
        self.revoked.append({partition.partition for partition in partitions})

    def run(self):
        while not self.leaving.is_set():
            for message in self.consumer.consume(100, 0.1):
                if message.error() is None:
                    self.values.append(message.value())
                else:
                    self.errors.append(message.error())
            # Asked here alone: from another thread it may wait for ever for the one that consumes.
            assignment = self.consumer.assignment()
            self.partitions = {partition.partition for partition in assignment}
            self.topics = {partition.topic for partition in assignment}
        self.consumer.close()

    def leave(self):
        self.leaving.set()
        self.join(WAIT_MAX_S)
        equal(self.errors, [], "the errors of a member")


def send_round(bootstrap, topic, name):
    producer = producer_of(bootstrap)
    flush(producer, [
        send(producer, topic, f"{name} {index}".encode(), partition=index % PARTITIONS) for index in range(RECORDS)
    ])


def share(bootstrap, **options):
    """One, then two, then one member: each record once; answers the members."""
    topic, group = create(bootstrap, "shared", PARTITIONS), unique("shared")
    send_round(bootstrap, topic, "alone")
    first = Member(bootstrap, topic, group, **options)
    until(lambda: len(first.values) == RECORDS, "the first has read all")
    second = Member(bootstrap, topic, group, **options)
    until(lambda: len(first.partitions) == 2 and len(second.partitions) == 2, "both have two partitions")
    equal(first.partitions | second.partitions, {0, 1, 2, 3}, "the partitions of both")
    send_round(bootstrap, topic, "both")
    until(lambda: len(first.values) + len(second.values) >= 2 * RECORDS, "both have read all")
    second.leave()
    until(lambda: len(first.partitions) == PARTITIONS, "the first has all partitions again")
    send_round(bootstrap, topic, "again")
    until(lambda: len(first.values) + len(second.values) >= 3 * RECORDS, "the first has read the rest")
    first.leave()
    values = first.values + second.values
    equal(len(values), 3 * RECORDS, "the count of records")
    equal(len(set(values)), 3 * RECORDS, "the count of different records")
    return first, second


for assignor in ("range", "roundrobin"):
    @case(f"a group of two with a rebalance in the middle, {assignor}")
    def eager(bootstrap, assignor=assignor):
        first, _second = share(bootstrap, partition_assignment_strategy=assignor)
        equal(first.revoked[0], {0, 1, 2, 3}, "what the first gave up when the second came")


@case("a group of two with a rebalance in the middle, cooperative-sticky: who stays keeps half without a break")
def cooperative(bootstrap):
    first, _second = share(bootstrap, partition_assignment_strategy="cooperative-sticky")
    equal(len(first.revoked[0]), 2, "the count of partitions that the first gave up when the second came")


@case("a static member comes back and keeps its partitions, without a rebalance")
def static_member(bootstrap):
    topic, group = create(bootstrap, "static", PARTITIONS), unique("static")
    members = [Member(bootstrap, topic, group, group_instance_id=f"member-{index}") for index in (0, 1)]
    until(lambda: all(len(member.partitions) == 2 for member in members), "both have two partitions")
    before, rebalances = members[1].partitions, len(members[0].revoked)
    members[1].leave()
    admin = admin_of(bootstrap)
    described = admin.describe_consumer_groups([group])[group].result(WAIT_MAX_S)
    equal(described.state, ConsumerGroupState.STABLE, "the state without it")
    equal({member.group_instance_id for member in described.members}, {"member-0", "member-1"}, "the members")
    again = Member(bootstrap, topic, group, group_instance_id="member-1")
    until(lambda: again.partitions == before, "it has its partitions again")
    equal(len(members[0].revoked), rebalances, "how often the other had to give up something")
    for member in (members[0], again):
        member.leave()


@case("a static member whose name is taken by another is fenced")
def fenced(bootstrap):
    topic, group = create(bootstrap, "fenced"), unique("fenced")
    first = Member(bootstrap, topic, group, group_instance_id="same")
    until(lambda: first.partitions == {0}, "the first has the partition")
    second = Member(bootstrap, topic, group, group_instance_id="same")
    until(lambda: first.errors, "an error")
    equal(first.errors[0].code(), KafkaError._FATAL, "the error")
    assert "fenced" in first.errors[0].str(), first.errors
    until(lambda: second.partitions == {0}, "the second has the partition")
    first.leaving.set()
    second.leave()


@case("a member that dies without a word: its partitions go to the other after the session timeout")
def dead_member(bootstrap):
    topic, group = create(bootstrap, "dead", PARTITIONS), unique("dead")
    # It does not poll beyond this, so that its client leaves the group.
    silent = consumer_of(bootstrap, group, session_timeout_ms=6000, max_poll_interval_ms=6000, heartbeat_interval_ms=300)
    silent.subscribe([topic])
    until(lambda: silent.poll(0.1) is None and len(silent.assignment()) == PARTITIONS, "it has all partitions")
    other = Member(bootstrap, topic, group, session_timeout_ms=6000)
    until(lambda: len(other.partitions) == PARTITIONS, "the other has all partitions")
    other.leave()


@case("a pattern: a topic that comes later is found")
def pattern(bootstrap):
    prefix = unique("pattern")
    first = create(bootstrap, f"{prefix}-first")
    member = Member(bootstrap, f"^{prefix}-.*", unique("pattern"))
    until(lambda: member.topics == {first}, "the first topic")
    second = create(bootstrap, f"{prefix}-second")
    until(lambda: member.topics == {first, second}, "both topics")
    member.leave()


@case("more partitions are found and shared")
def more_partitions(bootstrap):
    topic = create(bootstrap, "grows", 2)
    member = Member(bootstrap, topic, unique("grows"))
    until(lambda: member.partitions == {0, 1}, "two partitions")
    admin = admin_of(bootstrap)
    admin.create_partitions([NewPartitions(topic, PARTITIONS)])[topic].result(WAIT_MAX_S)
    until(lambda: member.partitions == {0, 1, 2, 3}, "four partitions")
    member.leave()


main()
