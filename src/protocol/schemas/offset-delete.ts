import { array, int16, int32, message, string, struct } from '../schema.ts'

export const OffsetDeleteRequest = message({
  kind: 'request',
  name: 'OffsetDeleteRequest',
  apiKey: 47,
  versions: '0',
  flexible: 'none',
  about: 'The request of OffsetDelete.',
  fields: {
    groupId: string('0+'),
    topics: array(
      struct('OffsetDeleteRequestTopic', {
        name: string('0+'),
        partitions: array(
          struct('OffsetDeleteRequestPartition', {
            partitionIndex: int32('0+'),
          }),
          '0+',
        ),
      }),
      '0+',
    ),
  },
})

export const OffsetDeleteResponse = message({
  kind: 'response',
  name: 'OffsetDeleteResponse',
  apiKey: 47,
  versions: '0',
  flexible: 'none',
  about: 'The answer of OffsetDelete.',
  fields: {
    errorCode: int16('0+'),
    throttleTimeMs: int32('0+', { ignorable: true }),
    topics: array(
      struct('OffsetDeleteResponseTopic', {
        name: string('0+'),
        partitions: array(
          struct('OffsetDeleteResponsePartition', {
            partitionIndex: int32('0+'),
            errorCode: int16('0+'),
          }),
          '0+',
        ),
      }),
      '0+',
    ),
  },
})
