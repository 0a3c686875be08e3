import {
  array,
  bool,
  int8,
  int16,
  int32,
  int64,
  message,
  one,
  records,
  string,
  struct,
  uuid,
} from '../schema.ts'

export const ShareFetchRequest = message({
  kind: 'request',
  name: 'ShareFetchRequest',
  apiKey: 78,
  versions: '1-2',
  flexible: '0+',
  about: 'The request of ShareFetch.',
  fields: {
    groupId: string('1+', { nullable: '1+', default: null }),
    memberId: string('1+', { nullable: '1+' }),
    shareSessionEpoch: int32('1+'),
    maxWaitMs: int32('1+'),
    minBytes: int32('1+'),
    maxBytes: int32('1+', { default: 2147483647 }),
    maxRecords: int32('1+'),
    batchSize: int32('1+'),
    shareAcquireMode: int8('2+', { default: 0, ignorable: true }),
    isRenewAck: bool('2+', { default: false }),
    topics: array(
      struct('FetchTopic', {
        topicId: uuid('1+'),
        partitions: array(
          struct('FetchPartition', {
            partitionIndex: int32('1+'),
            acknowledgementBatches: array(
              struct('AcknowledgementBatch', {
                firstOffset: int64('1+'),
                lastOffset: int64('1+'),
                acknowledgeTypes: array('int8', '1+'),
              }),
              '1+',
            ),
          }),
          '1+',
        ),
      }),
      '1+',
    ),
    forgottenTopicsData: array(
      struct('ForgottenTopic', {
        topicId: uuid('1+'),
        partitions: array('int32', '1+'),
      }),
      '1+',
    ),
  },
})

export const ShareFetchResponse = message({
  kind: 'response',
  name: 'ShareFetchResponse',
  apiKey: 78,
  versions: '1-2',
  flexible: '0+',
  about: 'The answer of ShareFetch.',
  fields: {
    throttleTimeMs: int32('1+'),
    errorCode: int16('1+'),
    errorMessage: string('1+', { nullable: '1+', default: null }),
    acquisitionLockTimeoutMs: int32('1+'),
    responses: array(
      struct('ShareFetchableTopicResponse', {
        topicId: uuid('1+'),
        partitions: array(
          struct('PartitionData', {
            partitionIndex: int32('1+'),
            errorCode: int16('1+'),
            errorMessage: string('1+', { nullable: '1+', default: null }),
            acknowledgeErrorCode: int16('1+'),
            acknowledgeErrorMessage: string('1+', { nullable: '1+', default: null }),
            currentLeader: one(
              struct('LeaderIdAndEpoch', {
                leaderId: int32('1+'),
                leaderEpoch: int32('1+'),
              }),
              '1+',
            ),
            records: records('1+'),
            acquiredRecords: array(
              struct('AcquiredRecords', {
                firstOffset: int64('1+'),
                lastOffset: int64('1+'),
                deliveryCount: int16('1+'),
              }),
              '1+',
            ),
          }),
          '1+',
        ),
      }),
      '1+',
    ),
    nodeEndpoints: array(
      struct('NodeEndpoint', {
        nodeId: int32('1+'),
        host: string('1+'),
        port: int32('1+'),
        rack: string('1+', { nullable: '1+', default: null }),
      }),
      '1+',
    ),
  },
})
