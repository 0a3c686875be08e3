import { array, int8, int16, int32, int64, message, string, struct, uuid } from '../schema.ts'

export const ReadShareGroupStateRequest = message({
  kind: 'request',
  name: 'ReadShareGroupStateRequest',
  apiKey: 84,
  versions: '0',
  flexible: '0+',
  about: 'The request of ReadShareGroupState.',
  fields: {
    groupId: string('0+'),
    topics: array(
      struct('ReadStateData', {
        topicId: uuid('0+'),
        partitions: array(
          struct('PartitionData', {
            partition: int32('0+'),
            leaderEpoch: int32('0+'),
          }),
          '0+',
        ),
      }),
      '0+',
    ),
  },
})

export const ReadShareGroupStateResponse = message({
  kind: 'response',
  name: 'ReadShareGroupStateResponse',
  apiKey: 84,
  versions: '0',
  flexible: '0+',
  about: 'The answer of ReadShareGroupState.',
  fields: {
    results: array(
      struct('ReadStateResult', {
        topicId: uuid('0+'),
        partitions: array(
          struct('PartitionResult', {
            partition: int32('0+'),
            errorCode: int16('0+'),
            errorMessage: string('0+', { nullable: '0+', default: null }),
            stateEpoch: int32('0+'),
            startOffset: int64('0+'),
            stateBatches: array(
              struct('StateBatch', {
                firstOffset: int64('0+'),
                lastOffset: int64('0+'),
                deliveryState: int8('0+'),
                deliveryCount: int16('0+'),
              }),
              '0+',
            ),
          }),
          '0+',
        ),
      }),
      '0+',
    ),
  },
})
