import { array, int16, int32, int64, message, string, struct, uuid } from '../schema.ts'

export const ReadShareGroupStateSummaryRequest = message({
  kind: 'request',
  name: 'ReadShareGroupStateSummaryRequest',
  apiKey: 87,
  versions: '0-1',
  flexible: '0+',
  about: 'The request of ReadShareGroupStateSummary.',
  fields: {
    groupId: string('0+'),
    topics: array(
      struct('ReadStateSummaryData', {
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

export const ReadShareGroupStateSummaryResponse = message({
  kind: 'response',
  name: 'ReadShareGroupStateSummaryResponse',
  apiKey: 87,
  versions: '0-1',
  flexible: '0+',
  about: 'The answer of ReadShareGroupStateSummary.',
  fields: {
    results: array(
      struct('ReadStateSummaryResult', {
        topicId: uuid('0+'),
        partitions: array(
          struct('PartitionResult', {
            partition: int32('0+'),
            errorCode: int16('0+'),
            errorMessage: string('0+', { nullable: '0+', default: null }),
            stateEpoch: int32('0+'),
            leaderEpoch: int32('0+'),
            startOffset: int64('0+'),
            deliveryCompleteCount: int32('1+', { default: -1, ignorable: true }),
          }),
          '0+',
        ),
      }),
      '0+',
    ),
  },
})
