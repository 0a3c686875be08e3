import { array, int16, int32, message, string, struct, uuid } from '../schema.ts'

export const DeleteShareGroupStateRequest = message({
  kind: 'request',
  name: 'DeleteShareGroupStateRequest',
  apiKey: 86,
  versions: '0',
  flexible: '0+',
  about: 'The request of DeleteShareGroupState.',
  fields: {
    groupId: string('0+'),
    topics: array(
      struct('DeleteStateData', {
        topicId: uuid('0+'),
        partitions: array(
          struct('PartitionData', {
            partition: int32('0+'),
          }),
          '0+',
        ),
      }),
      '0+',
    ),
  },
})

export const DeleteShareGroupStateResponse = message({
  kind: 'response',
  name: 'DeleteShareGroupStateResponse',
  apiKey: 86,
  versions: '0',
  flexible: '0+',
  about: 'The answer of DeleteShareGroupState.',
  fields: {
    results: array(
      struct('DeleteStateResult', {
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
