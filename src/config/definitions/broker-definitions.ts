import { type ConfigDefinition, ConfigType, type ConfigUpdate, INT_MAX, LONG_MAX } from './definition.ts'

const { BOOLEAN, INT, LIST, LONG, SHORT, STRING } = ConfigType

type Extra = Partial<
  Pick<ConfigDefinition, 'min' | 'max' | 'excluded' | 'validValues' | 'sensitive' | 'update' | 'effect'>
>

function key(
  name: string,
  type: ConfigType,
  defaultText: string | null,
  doc: string,
  extra: Extra = {},
): ConfigDefinition {
  return { name, type, default: defaultText, doc, update: 'read-only', ...extra }
}

const CLUSTER_WIDE: { readonly update: ConfigUpdate } = { update: 'cluster-wide' }
const NO_EFFECT: Extra = { effect: 'none' }
const AT_LEAST_0: Extra = { min: 0 }
const AT_LEAST_1: Extra = { min: 1 }

const NETWORK_KEYS: readonly ConfigDefinition[] = [
  key('listeners', LIST, 'PLAINTEXT://:9092', 'Addresses to listen on, as `NAME://host:port`.'),
  key('advertised.listeners', LIST, null, 'Addresses that clients are told to use.'),
  key(
    'listener.security.protocol.map',
    LIST,
    'PLAINTEXT:PLAINTEXT,SSL:SSL,SASL_PLAINTEXT:SASL_PLAINTEXT,SASL_SSL:SASL_SSL',
    'Security protocol of every listener name.',
  ),
  key(
    'inter.broker.listener.name',
    STRING,
    null,
    'Listener over which brokers talk to each other.',
    NO_EFFECT,
  ),
  key('connections.max.idle.ms', LONG, '600000', 'Idle time after which a connection is closed.', AT_LEAST_0),
  key('max.connections', INT, `${INT_MAX}`, 'Connections that are held at once.', AT_LEAST_0),
  key('max.connections.per.ip', INT, `${INT_MAX}`, 'Connections that one address may hold.', AT_LEAST_0),
  key('socket.request.max.bytes', INT, '104857600', 'Largest request; a larger one ends its connection.', {
    min: 1,
  }),
  key('queued.max.request.bytes', LONG, '268435456', 'Bound of the bytes of all requests in flight.', {
    min: 1,
  }),
]

const BROKER_KEYS: readonly ConfigDefinition[] = [
  key('node.id', INT, '0', 'Id of this broker.', AT_LEAST_0),
  key('broker.id', INT, '-1', 'Older name of node.id.', { min: -1 }),
  key('broker.rack', STRING, null, 'Rack of this broker.'),
  key('log.dirs', LIST, null, 'Directories with the logs; the first also holds the metadata.'),
  key('log.dir', STRING, './data', 'Directory with the logs, when log.dirs is not set.'),
  key('num.partitions', INT, '1', 'Partitions of a topic that is created without a number.', AT_LEAST_1),
  key('default.replication.factor', INT, '1', 'Replicas of a topic that is created without a number.', {
    min: 1,
  }),
  key('auto.create.topics.enable', BOOLEAN, 'true', 'Creates a topic when it is first asked for.'),
  key('delete.topic.enable', BOOLEAN, 'true', 'Allows topics to be deleted.'),
  key('fetch.max.bytes', INT, '57671680', 'Largest answer to a fetch.', { min: 1024 }),
  key('max.incremental.fetch.session.cache.slots', INT, '1000', 'Fetch sessions that are kept.', AT_LEAST_0),
  key(
    'max.request.partition.size.limit',
    INT,
    '2000',
    'Partitions in one answer to DescribeTopicPartitions.',
    {
      min: 1,
    },
  ),
  key('background.threads', INT, '10', 'Threads for background work; the addon sizes its own pool.', {
    ...AT_LEAST_1,
    ...CLUSTER_WIDE,
    ...NO_EFFECT,
  }),
  key(
    'num.recovery.threads.per.data.dir',
    INT,
    '2',
    'Logs of a directory that are recovered at a time; the addon sizes its own pool.',
    AT_LEAST_1,
  ),
]

const GROUP_KEYS: readonly ConfigDefinition[] = [
  key('offsets.topic.num.partitions', INT, '50', 'Partitions of __consumer_offsets.', AT_LEAST_1),
  key(
    'offsets.topic.replication.factor',
    SHORT,
    '3',
    'Replicas of __consumer_offsets, at most the live brokers.',
    {
      min: 1,
    },
  ),
  key('offsets.topic.segment.bytes', INT, '104857600', 'Segment size of __consumer_offsets.', AT_LEAST_1),
  key('offsets.topic.compression.codec', INT, '0', 'Codec of __consumer_offsets, as its number.', {
    min: 0,
    max: 4,
    ...NO_EFFECT,
  }),
  key('offsets.retention.minutes', INT, '10080', 'Time for which the offsets of an empty group are kept.', {
    min: 1,
  }),
  key('offsets.retention.check.interval.ms', LONG, '600000', 'Time between looks for expired offsets.', {
    min: 1,
  }),
  key('offset.metadata.max.bytes', INT, '4096', 'Longest metadata of a committed offset.', { min: 0 }),
  key('group.min.session.timeout.ms', INT, '6000', 'Shortest session timeout of a member.', { min: 1 }),
  key('group.max.session.timeout.ms', INT, '1800000', 'Longest session timeout of a member.', { min: 1 }),
  key('group.max.size', INT, `${INT_MAX}`, 'Members of one group.', AT_LEAST_1),
  key('group.initial.rebalance.delay.ms', INT, '0', 'Wait for more members before a first rebalance.', {
    min: 0,
  }),
]

const PRODUCER_KEYS: readonly ConfigDefinition[] = [
  key(
    'producer.id.expiration.ms',
    INT,
    '86400000',
    'Idle time after which a producer id is forgotten.',
    AT_LEAST_1,
  ),
  key(
    'producer.id.expiration.check.interval.ms',
    INT,
    '600000',
    'Time between looks for idle producer ids.',
    {
      min: 1,
    },
  ),
  key('transaction.max.timeout.ms', INT, '900000', 'Longest timeout of a transaction.', {
    ...AT_LEAST_1,
    ...NO_EFFECT,
  }),
  key(
    'transactional.id.expiration.ms',
    INT,
    '604800000',
    'Idle time after which a transactional id expires.',
    {
      min: 1,
      ...NO_EFFECT,
    },
  ),
  key('transaction.state.log.num.partitions', INT, '50', 'Partitions of __transaction_state.', {
    ...AT_LEAST_1,
    ...NO_EFFECT,
  }),
  key('transaction.state.log.replication.factor', SHORT, '3', 'Replicas of __transaction_state.', {
    ...AT_LEAST_1,
    ...NO_EFFECT,
  }),
  key('transaction.state.log.min.isr', INT, '2', 'In-sync replicas that __transaction_state needs.', {
    min: 1,
    ...NO_EFFECT,
  }),
  key('transaction.state.log.segment.bytes', INT, '104857600', 'Segment size of __transaction_state.', {
    min: 1,
    ...NO_EFFECT,
  }),
]

/** Broker keys from which topics take their defaults. */
const LOG_KEYS: readonly ConfigDefinition[] = [
  key('log.cleanup.policy', LIST, 'delete', 'Default of cleanup.policy.', {
    ...CLUSTER_WIDE,
    validValues: ['compact', 'delete'],
  }),
  key('compression.type', STRING, 'producer', 'Default of the topic key of this name.', {
    ...CLUSTER_WIDE,
    validValues: ['uncompressed', 'zstd', 'lz4', 'snappy', 'gzip', 'producer'],
  }),
  key('compression.gzip.level', INT, '-1', 'Default of the topic key of this name.', {
    ...CLUSTER_WIDE,
    min: -1,
    max: 9,
    excluded: 0,
  }),
  key('compression.lz4.level', INT, '9', 'Default of the topic key of this name.', {
    ...CLUSTER_WIDE,
    min: 1,
    max: 17,
  }),
  key('compression.zstd.level', INT, '3', 'Default of the topic key of this name.', {
    ...CLUSTER_WIDE,
    min: -131_072,
    max: 22,
  }),
  key('log.cleaner.delete.retention.ms', LONG, '86400000', 'Default of delete.retention.ms.', {
    ...CLUSTER_WIDE,
    min: 0,
    ...NO_EFFECT,
  }),
  key('log.cleaner.max.compaction.lag.ms', LONG, LONG_MAX, 'Default of max.compaction.lag.ms.', {
    ...CLUSTER_WIDE,
    min: 1,
    ...NO_EFFECT,
  }),
  key('log.cleaner.min.compaction.lag.ms', LONG, '0', 'Default of min.compaction.lag.ms.', {
    ...CLUSTER_WIDE,
    min: 0,
    ...NO_EFFECT,
  }),
  key('log.cleaner.min.cleanable.ratio', ConfigType.DOUBLE, '0.5', 'Default of min.cleanable.dirty.ratio.', {
    ...CLUSTER_WIDE,
    min: 0,
    max: 1,
    ...NO_EFFECT,
  }),
  key('log.segment.delete.delay.ms', LONG, '60000', 'Default of file.delete.delay.ms.', {
    ...CLUSTER_WIDE,
    min: 0,
  }),
  key('log.flush.interval.messages', LONG, LONG_MAX, 'Default of flush.messages.', {
    ...CLUSTER_WIDE,
    min: 1,
  }),
  key('log.flush.interval.ms', LONG, null, 'Default of flush.ms.', { ...CLUSTER_WIDE, min: 0 }),
  // Kafka's default is never, which leaves a flush.ms of a topic without effect.
  key(
    'log.flush.scheduler.interval.ms',
    LONG,
    '1000',
    'Time between looks for logs whose flush.ms is over; when it is set, the default of flush.ms too.',
    { min: 1 },
  ),
  key('log.flush.offset.checkpoint.interval.ms', INT, '60000', 'Time between recovery checkpoints.', {
    min: 1,
  }),
  key('log.flush.start.offset.checkpoint.interval.ms', INT, '60000', 'Time between start checkpoints.', {
    min: 1,
  }),
  key('log.index.interval.bytes', INT, '4096', 'Default of index.interval.bytes.', {
    ...CLUSTER_WIDE,
    min: 0,
  }),
  key('log.index.size.max.bytes', INT, '10485760', 'Default of segment.index.bytes.', {
    ...CLUSTER_WIDE,
    min: 4,
  }),
  key('log.local.retention.bytes', LONG, '-2', 'Default of local.retention.bytes.', {
    ...CLUSTER_WIDE,
    min: -2,
    ...NO_EFFECT,
  }),
  key('log.local.retention.ms', LONG, '-2', 'Default of local.retention.ms.', {
    ...CLUSTER_WIDE,
    min: -2,
    ...NO_EFFECT,
  }),
  key('message.max.bytes', INT, '1048588', 'Default of max.message.bytes.', { ...CLUSTER_WIDE, min: 0 }),
  key('log.message.timestamp.after.max.ms', LONG, '3600000', 'Default of message.timestamp.after.max.ms.', {
    ...CLUSTER_WIDE,
    min: 0,
  }),
  key('log.message.timestamp.before.max.ms', LONG, LONG_MAX, 'Default of message.timestamp.before.max.ms.', {
    ...CLUSTER_WIDE,
    min: 0,
  }),
  key('log.message.timestamp.type', STRING, 'CreateTime', 'Default of message.timestamp.type.', {
    ...CLUSTER_WIDE,
    validValues: ['CreateTime', 'LogAppendTime'],
  }),
  key('min.insync.replicas', INT, '1', 'Default of the topic key of this name.', {
    ...CLUSTER_WIDE,
    min: 1,
    ...NO_EFFECT,
  }),
  key('log.preallocate', BOOLEAN, 'false', 'Default of preallocate.', { ...CLUSTER_WIDE, ...NO_EFFECT }),
  key('log.retention.bytes', LONG, '-1', 'Default of retention.bytes.', { ...CLUSTER_WIDE, min: -1 }),
  key('log.retention.ms', LONG, null, 'Default of retention.ms.', { ...CLUSTER_WIDE, min: -1 }),
  key('log.retention.minutes', INT, null, 'Like log.retention.ms, in minutes.', { min: -1 }),
  key('log.retention.hours', INT, '168', 'Like log.retention.ms, in hours.', { min: -1 }),
  key('log.retention.check.interval.ms', LONG, '300000', 'Time between looks for segments to delete.', {
    min: 1,
  }),
  key('log.segment.bytes', INT, '1073741824', 'Default of segment.bytes.', {
    ...CLUSTER_WIDE,
    min: 1_048_576,
  }),
  key('log.roll.ms', LONG, null, 'Default of segment.ms.', { ...CLUSTER_WIDE, min: 1 }),
  key('log.roll.hours', INT, '168', 'Like log.roll.ms, in hours.', { min: 1 }),
  key('log.roll.jitter.ms', LONG, null, 'Default of segment.jitter.ms.', { ...CLUSTER_WIDE, min: 0 }),
  key('log.roll.jitter.hours', INT, '0', 'Like log.roll.jitter.ms, in hours.', { min: 0 }),
  key('unclean.leader.election.enable', BOOLEAN, 'false', 'Default of the topic key.', {
    ...CLUSTER_WIDE,
    ...NO_EFFECT,
  }),
]

const OTTLA_KEYS: readonly ConfigDefinition[] = [
  key(
    'ottla.durability',
    STRING,
    'group',
    'What acks=all waits for: `group` (fdatasync) or `os` (page cache).',
    {
      ...CLUSTER_WIDE,
      validValues: ['group', 'os'],
    },
  ),
  key(
    'ottla.group.journal.bytes',
    LONG,
    '67108864',
    'Most bytes of the file, in each log directory, that group commits of several segments are gathered in; 0 for none.',
    { min: 0, max: 1_073_741_824 },
  ),
  key(
    'ottla.unflushed.max.bytes',
    LONG,
    null,
    'Written bytes of a log directory that its disk does not have yet, above which producers wait, in both modes ' +
      'of durability; by default a twentieth of the memory, at most 1 GiB, shared by the directories.',
    AT_LEAST_1,
  ),
  key(
    'ottla.allow.unauthenticated',
    BOOLEAN,
    'false',
    'Allows a listener without authentication on an address that others can reach.',
  ),
]

export const BROKER_DEFINITIONS: ReadonlyMap<string, ConfigDefinition> = new Map(
  [...NETWORK_KEYS, ...BROKER_KEYS, ...GROUP_KEYS, ...PRODUCER_KEYS, ...LOG_KEYS, ...OTTLA_KEYS].map(
    definition => [definition.name, definition],
  ),
)

/** Keys of a Kafka server.properties that are known and have no effect here. */
export const ACCEPTED_KEYS: ReadonlySet<string> = new Set([
  'num.network.threads',
  'num.io.threads',
  'num.replica.fetchers',
  'socket.send.buffer.bytes',
  'socket.receive.buffer.bytes',
  'queued.max.requests',
  'log.cleaner.enable',
  'share.coordinator.state.topic.replication.factor',
  'share.coordinator.state.topic.min.isr',
  'group.coordinator.rebalance.protocols',
])

/** KRaft's own keys: this broker keeps its metadata without a quorum. */
export const KRAFT_KEY =
  /^(process\.roles|controller\..+|metadata\.log\..+|initial\.broker\.registration\..+)$/
