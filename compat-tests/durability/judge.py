"""Reads the log by offset and compares it with what the writer was told.

usage: judge.py BOOTSTRAP TOPIC PARTITIONS RECORDS ACKNOWLEDGEMENTS MEMBER_LOG...
Prints the verdict; exit code 0 only when nothing is lost, repeated or out of order.
"""
import array
import sys
from confluent_kafka import OFFSET_BEGINNING, Consumer, TopicPartition

bootstrap, topic, partitions, records = sys.argv[1], sys.argv[2], int(sys.argv[3]), int(sys.argv[4])
KEYS = 10_000
# A tail that cannot be read is a failure, not a wait without end.
EMPTY_READS_MAX = 6
places = array.array("q", [-1]) * records
with open(sys.argv[5]) as log:
    for line in log:
        partition, offset, number = map(int, line.split())
        places[number] = offset * partitions + partition
acknowledged = sum(1 for place in places if place >= 0)

consumer = Consumer({"bootstrap.servers": bootstrap, "log_level": 0, "group.id": "judge", "enable.auto.commit": False})
lost = wrong = repeated = disordered = found = 0
seen = bytearray(records)
for partition in range(partitions):
    _low, high = consumer.get_watermark_offsets(TopicPartition(topic, partition), timeout=30)
    consumer.assign([TopicPartition(topic, partition, OFFSET_BEGINNING)])
    last_of_key = {}
    expected = empty_reads = 0
    while expected < high:
        messages = consumer.consume(10_000, 10)
        empty_reads = 0 if messages else empty_reads + 1
        if empty_reads == EMPTY_READS_MAX:
            sys.exit(f"judge: partition {partition} can be read up to {expected} only, its end is {high}")
        for message in messages:
            if message.error() is not None:
                sys.exit(f"judge: {message.error()}")
            number = int(message.value()[:12])
            wrong += message.offset() != expected
            expected = message.offset() + 1
            found += 1
            repeated += seen[number]
            seen[number] = 1
            place = places[number]
            wrong += place >= 0 and place != message.offset() * partitions + partition
            disordered += number < last_of_key.get(number % KEYS, -1)
            last_of_key[number % KEYS] = number
lost = sum(1 for number in range(records) if places[number] >= 0 and not seen[number])
consumer.close()

delivered = bytearray(records)
for path in sys.argv[6:]:
    with open(path) as log:
        for line in log:
            delivered[int(line)] = 1
missed = sum(1 for number in range(records) if seen[number] and not delivered[number])
print(f"acknowledged {acknowledged}, in the log {found}: lost {lost}, repeated {repeated}, at another offset {wrong}, "
      f"out of order {disordered}; not delivered to the group {missed}")
sys.exit(0 if acknowledged == records and not (lost or repeated or wrong or disordered or missed) else 1)
