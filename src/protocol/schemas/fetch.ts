import { array, int8, int16, int32, int64, message, one, records, string, struct, uuid } from '../schema.ts'

export const FetchRequest = message({
  kind: 'request',
  name: 'FetchRequest',
  apiKey: 1,
  versions: '0-18',
  flexible: '12+',
  about: 'Reads batches. v7: sessions (KIP-227), v12: diverging epochs (KIP-595), v13: topic ids (KIP-516).',
  fields: {
    clusterId: string('12+', { nullable: '12+', default: null, tag: 0, ignorable: true }),
    replicaId: int32('0-14', { about: 'Id of the follower that asks, -1 for a consumer.', default: -1 }),
    replicaState: one(
      struct('ReplicaState', {
        replicaId: int32('15+', { about: 'Id of the follower that asks, -1 for a consumer.', default: -1 }),
        replicaEpoch: int64('15+', { default: -1 }),
      }),
      '15+',
      { tag: 1 },
    ),
    maxWaitMs: int32('0+', { about: 'Longest wait for minBytes, in milliseconds.' }),
    minBytes: int32('0+', { about: 'Bytes that make it worth to answer at once.' }),
    maxBytes: int32('3+', {
      about: 'Bound on the whole answer; the first batch is always whole.',
      default: 2147483647,
      ignorable: true,
    }),
    isolationLevel: int8('4+', {
      about: '0 reads up to the high watermark, 1 up to the last stable offset.',
      default: 0,
      ignorable: true,
    }),
    sessionId: int32('7+', {
      about: 'The session, 0 for none or a new one (KIP-227).',
      default: 0,
      ignorable: true,
    }),
    sessionEpoch: int32('7+', {
      about: 'Number of the request in its session; -1 without a session, 0 to start one.',
      default: -1,
      ignorable: true,
    }),
    topics: array(
      struct('FetchTopic', {
        topic: string('0-12', { ignorable: true }),
        topicId: uuid('13+', { ignorable: true }),
        partitions: array(
          struct('FetchPartition', {
            partition: int32('0+'),
            currentLeaderEpoch: int32('9+', {
              about: 'Epoch that the reader believes in, -1 to skip the check (KIP-320).',
              default: -1,
              ignorable: true,
            }),
            fetchOffset: int64('0+', { about: 'First offset wanted.' }),
            lastFetchedEpoch: int32('12+', {
              about: 'Epoch of the last record the follower has, -1 for none.',
              default: -1,
            }),
            logStartOffset: int64('5+', { default: -1, ignorable: true }),
            partitionMaxBytes: int32('0+', { about: 'Bound on what this partition gives.' }),
            replicaDirectoryId: uuid('17+', { tag: 0, ignorable: true }),
            highWatermark: int64('18+', {
              about:
                'What the follower believes the high watermark to be; not set when at its largest (KIP-1166).',
              default: Number.MAX_SAFE_INTEGER,
              tag: 1,
              ignorable: true,
              saturating: true,
            }),
          }),
          '0+',
        ),
      }),
      '0+',
    ),
    forgottenTopicsData: array(
      struct('ForgottenTopic', {
        topic: string('7-12', { ignorable: true }),
        topicId: uuid('13+', { ignorable: true }),
        partitions: array('int32', '7+'),
      }),
      '7+',
      { about: 'Partitions that leave the session.' },
    ),
    rackId: string('11+', {
      about: 'Where the consumer is, for reading from a near replica (KIP-392).',
      default: '',
      ignorable: true,
    }),
  },
})

export const FetchResponse = message({
  kind: 'response',
  name: 'FetchResponse',
  apiKey: 1,
  versions: '0-18',
  flexible: '12+',
  about:
    'Batches as they lie in the log: the first and the last may hold records outside of what was asked for.',
  fields: {
    throttleTimeMs: int32('1+', { ignorable: true }),
    errorCode: int16('7+', { ignorable: true }),
    sessionId: int32('7+', { default: 0 }),
    responses: array(
      struct('FetchableTopicResponse', {
        topic: string('0-12', { ignorable: true }),
        topicId: uuid('13+', { ignorable: true }),
        partitions: array(
          struct('PartitionData', {
            partitionIndex: int32('0+'),
            errorCode: int16('0+'),
            highWatermark: int64('0+', {
              about: 'First offset that is not yet safe on all in-sync replicas.',
            }),
            lastStableOffset: int64('4+', {
              about: 'First offset of the oldest open transaction.',
              default: -1,
              ignorable: true,
            }),
            logStartOffset: int64('5+', { default: -1, ignorable: true }),
            divergingEpoch: one(
              struct('EpochEndOffset', {
                epoch: int32('12+', { default: -1 }),
                endOffset: int64('12+', { default: -1 }),
              }),
              '12+',
              { about: 'Largest epoch, with its end, that both logs may have in common.', tag: 0 },
            ),
            currentLeader: one(
              struct('LeaderIdAndEpoch', {
                leaderId: int32('12+', { default: -1 }),
                leaderEpoch: int32('12+', { default: -1 }),
              }),
              '12+',
              { tag: 1 },
            ),
            snapshotId: one(
              struct('SnapshotId', {
                endOffset: int64('12+', { default: -1 }),
                epoch: int32('12+', { default: -1 }),
              }),
              '12+',
              { tag: 2 },
            ),
            abortedTransactions: array(
              struct('AbortedTransaction', {
                producerId: int64('4+'),
                firstOffset: int64('4+'),
              }),
              '4+',
              {
                about: 'Aborted transactions within the batches, for readers of isolation level 1.',
                nullable: '4+',
                ignorable: true,
              },
            ),
            preferredReadReplica: int32('11+', {
              about: 'Broker to read from instead, -1 for none.',
              default: -1,
            }),
            records: records('0+', {
              about: 'Whole batches, or a range of a file that holds them.',
              nullable: '0+',
            }),
          }),
          '0+',
        ),
      }),
      '0+',
    ),
    nodeEndpoints: array(
      struct('NodeEndpoint', {
        nodeId: int32('16+'),
        host: string('16+'),
        port: int32('16+'),
        rack: string('16+', { nullable: '16+', default: null }),
      }),
      '16+',
      { tag: 0 },
    ),
  },
})
