import { array, int16, int32, int64, message, string, struct, uuid } from '../schema.ts'

export const InitializeShareGroupStateRequest = message({
  kind: 'request',
  name: 'InitializeShareGroupStateRequest',
  apiKey: 83,
  versions: '0',
  flexible: '0+',
  about: 'The request of InitializeShareGroupState.',
  fields: {
    groupId: string('0+'),
    topics: array(
      struct('InitializeStateData', {
        topicId: uuid('0+'),
        partitions: array(
          struct('PartitionData', {
            partition: int32('0+'),
            stateEpoch: int32('0+'),
            startOffset: int64('0+'),
          }),
          '0+',
        ),
      }),
      '0+',
    ),
  },
})

export const InitializeShareGroupStateResponse = message({
  kind: 'response',
  name: 'InitializeShareGroupStateResponse',
  apiKey: 83,
  versions: '0',
  flexible: '0+',
  about: 'The answer of InitializeShareGroupState.',
  fields: {
    results: array(
      struct('InitializeStateResult', {
        topicId: uuid('0+'),
        partitions: array(
          struct('PartitionResult', {
            partition: int32('0+'),
            errorCode: int16('0+'),
            errorMessage: string('0+', { nullable: '0+', default: null }),
          }),
          '0+',
        ),
      }),
      '0+',
    ),
  },
})
