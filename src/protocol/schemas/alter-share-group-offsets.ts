import { array, int16, int32, int64, message, string, struct, uuid } from '../schema.ts'

export const AlterShareGroupOffsetsRequest = message({
  kind: 'request',
  name: 'AlterShareGroupOffsetsRequest',
  apiKey: 91,
  versions: '0',
  flexible: '0+',
  about: 'The request of AlterShareGroupOffsets.',
  fields: {
    groupId: string('0+'),
    topics: array(
      struct('AlterShareGroupOffsetsRequestTopic', {
        topicName: string('0+'),
        partitions: array(
          struct('AlterShareGroupOffsetsRequestPartition', {
            partitionIndex: int32('0+'),
            startOffset: int64('0+'),
          }),
          '0+',
        ),
      }),
      '0+',
    ),
  },
})

export const AlterShareGroupOffsetsResponse = message({
  kind: 'response',
  name: 'AlterShareGroupOffsetsResponse',
  apiKey: 91,
  versions: '0',
  flexible: '0+',
  about: 'The answer of AlterShareGroupOffsets.',
  fields: {
    throttleTimeMs: int32('0+'),
    errorCode: int16('0+'),
    errorMessage: string('0+', { nullable: '0+', default: null }),
    responses: array(
      struct('AlterShareGroupOffsetsResponseTopic', {
        topicName: string('0+'),
        topicId: uuid('0+'),
        partitions: array(
          struct('AlterShareGroupOffsetsResponsePartition', {
            partitionIndex: int32('0+'),
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
