import { array, int16, int32, message, string, struct, uuid } from '../schema.ts'

export const DeleteTopicsRequest = message({
  kind: 'request',
  name: 'DeleteTopicsRequest',
  apiKey: 20,
  versions: '0-6',
  flexible: '4+',
  about: 'The request of DeleteTopics.',
  fields: {
    topics: array(
      struct('DeleteTopicState', {
        name: string('6+', { nullable: '6+', default: null }),
        topicId: uuid('6+'),
      }),
      '6+',
    ),
    topicNames: array('string', '0-5', { ignorable: true }),
    timeoutMs: int32('0+'),
  },
})

export const DeleteTopicsResponse = message({
  kind: 'response',
  name: 'DeleteTopicsResponse',
  apiKey: 20,
  versions: '0-6',
  flexible: '4+',
  about: 'The answer of DeleteTopics.',
  fields: {
    throttleTimeMs: int32('1+', { ignorable: true }),
    responses: array(
      struct('DeletableTopicResult', {
        name: string('0+', { nullable: '6+' }),
        topicId: uuid('6+', { ignorable: true }),
        errorCode: int16('0+'),
        errorMessage: string('5+', { nullable: '5+', default: null, ignorable: true }),
      }),
      '0+',
    ),
  },
})
