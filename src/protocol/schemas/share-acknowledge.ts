import { array, bool, int16, int32, int64, message, one, string, struct, uuid } from '../schema.ts'

export const ShareAcknowledgeRequest = message({
  kind: 'request',
  name: 'ShareAcknowledgeRequest',
  apiKey: 79,
  versions: '1-2',
  flexible: '0+',
  about: 'Asks for Share Acknowledge.',
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
  versions: '0-2',
  flexible: '0+',
  about: 'Answers Share Acknowledge.',
  fields: {
    throttleTimeMs: int32('0+'),
    errorCode: int16('0+'),
    errorMessage: string('0+', { nullable: '0+', default: null }),
    acquisitionLockTimeoutMs: int32('2+', { ignorable: true }),
    responses: array(
      struct('ShareAcknowledgeTopicResponse', {
        topicId: uuid('0+'),
        partitions: array(
          struct('PartitionData', {
            partitionIndex: int32('0+'),
            errorCode: int16('0+'),
            errorMessage: string('0+', { nullable: '0+', default: null }),
            currentLeader: one(
              struct('LeaderIdAndEpoch', {
                leaderId: int32('0+'),
                leaderEpoch: int32('0+'),
              }),
              '0+',
            ),
          }),
          '0+',
        ),
      }),
      '0+',
    ),
    nodeEndpoints: array(
      struct('NodeEndpoint', {
        nodeId: int32('0+'),
        host: string('0+'),
        port: int32('0+'),
        rack: string('0+', { nullable: '0+', default: null }),
      }),
      '0+',
    ),
  },
})
