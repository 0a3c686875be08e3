import { array, bool, int16, int32, int64, message, one, string, struct, uuid } from '../schema.ts'

export const ShareAcknowledgeRequest = message({
  kind: 'request',
  name: 'ShareAcknowledgeRequest',
  apiKey: 79,
  versions: '1-2',
  flexible: '0+',
  about: 'The request of ShareAcknowledge.',
  fields: {
    groupId: string('1+', { nullable: '1+', default: null }),
    memberId: string('1+', { nullable: '1+' }),
    shareSessionEpoch: int32('1+'),
    isRenewAck: bool('2+', { default: false }),
    topics: array(
      struct('AcknowledgeTopic', {
        topicId: uuid('1+'),
        partitions: array(
          struct('AcknowledgePartition', {
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
  },
})

export const ShareAcknowledgeResponse = message({
  kind: 'response',
  name: 'ShareAcknowledgeResponse',
  apiKey: 79,
  versions: '1-2',
  flexible: '0+',
  about: 'The answer of ShareAcknowledge.',
  fields: {
    throttleTimeMs: int32('1+'),
    errorCode: int16('1+'),
    errorMessage: string('1+', { nullable: '1+', default: null }),
    acquisitionLockTimeoutMs: int32('2+', { ignorable: true }),
    responses: array(
      struct('ShareAcknowledgeTopicResponse', {
        topicId: uuid('1+'),
        partitions: array(
          struct('PartitionData', {
            partitionIndex: int32('1+'),
            errorCode: int16('1+'),
            errorMessage: string('1+', { nullable: '1+', default: null }),
            currentLeader: one(
              struct('LeaderIdAndEpoch', {
                leaderId: int32('1+'),
                leaderEpoch: int32('1+'),
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
