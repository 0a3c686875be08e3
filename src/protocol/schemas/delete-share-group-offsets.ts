import { array, int16, int32, message, string, struct, uuid } from '../schema.ts'

export const DeleteShareGroupOffsetsRequest = message({
  kind: 'request',
  name: 'DeleteShareGroupOffsetsRequest',
  apiKey: 92,
  versions: '0',
  flexible: '0+',
  about: 'The request of DeleteShareGroupOffsets.',
  fields: {
    groupId: string('0+'),
    topics: array(
      struct('DeleteShareGroupOffsetsRequestTopic', {
        topicName: string('0+'),
      }),
      '0+',
    ),
  },
})

export const DeleteShareGroupOffsetsResponse = message({
  kind: 'response',
  name: 'DeleteShareGroupOffsetsResponse',
  apiKey: 92,
  versions: '0',
  flexible: '0+',
  about: 'The answer of DeleteShareGroupOffsets.',
  fields: {
    throttleTimeMs: int32('0+'),
    errorCode: int16('0+'),
    errorMessage: string('0+', { nullable: '0+', default: null }),
    responses: array(
      struct('DeleteShareGroupOffsetsResponseTopic', {
        topicName: string('0+'),
        topicId: uuid('0+'),
        errorCode: int16('0+'),
        errorMessage: string('0+', { nullable: '0+', default: null }),
      }),
      '0+',
    ),
  },
})
