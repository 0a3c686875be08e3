import { array, int8, int16, int32, int64, message, one, records, string, struct, uuid } from '../schema.ts'

export const FetchRequest = message({
  kind: 'request',
  name: 'FetchRequest',
  apiKey: 1,
  versions: '0-18',
  flexible: '12+',
  about: 'Asks for Fetch.',
  fields: {
    clusterId: string('12+', { nullable: '12+', default: null, tag: 0, ignorable: true }),
    replicaId: int32('0-14', { default: -1 }),
    replicaState: one(
      struct('ReplicaState', {
        replicaId: int32('15+', { default: -1 }),
        replicaEpoch: int64('15+', { default: -1 }),
      }),
      '15+',
      { tag: 1 },
    ),
    maxWaitMs: int32('0+'),
    minBytes: int32('0+'),
    maxBytes: int32('3+', { default: 2147483647, ignorable: true }),
    isolationLevel: int8('4+', { default: 0, ignorable: true }),
    sessionId: int32('7+', { default: 0, ignorable: true }),
    sessionEpoch: int32('7+', { default: -1, ignorable: true }),
    topics: array(
      struct('FetchTopic', {
        topic: string('0-12', { ignorable: true }),
        topicId: uuid('13+', { ignorable: true }),
        partitions: array(
          struct('FetchPartition', {
            partition: int32('0+'),
            currentLeaderEpoch: int32('9+', { default: -1, ignorable: true }),
            fetchOffset: int64('0+'),
            lastFetchedEpoch: int32('12+', { default: -1 }),
            logStartOffset: int64('5+', { default: -1, ignorable: true }),
            partitionMaxBytes: int32('0+'),
            replicaDirectoryId: uuid('17+', { tag: 0, ignorable: true }),
            highWatermark: int64('18+', {
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
    ),
    rackId: string('11+', { default: '', ignorable: true }),
  },
})

export const FetchResponse = message({
  kind: 'response',
  name: 'FetchResponse',
  apiKey: 1,
  versions: '0-18',
  flexible: '12+',
  about: 'Answers Fetch.',
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
            highWatermark: int64('0+'),
            lastStableOffset: int64('4+', { default: -1, ignorable: true }),
            logStartOffset: int64('5+', { default: -1, ignorable: true }),
            divergingEpoch: one(
              struct('EpochEndOffset', {
                epoch: int32('12+', { default: -1 }),
                endOffset: int64('12+', { default: -1 }),
              }),
              '12+',
              { tag: 0 },
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
              { nullable: '4+', ignorable: true },
            ),
            preferredReadReplica: int32('11+', { default: -1 }),
            records: records('0+', { nullable: '0+' }),
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
