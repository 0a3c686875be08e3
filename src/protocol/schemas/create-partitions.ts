import { array, bool, int16, int32, message, string, struct } from '../schema.ts'

export const CreatePartitionsRequest = message({
  kind: 'request',
  name: 'CreatePartitionsRequest',
  apiKey: 37,
  versions: '0-3',
  flexible: '2+',
  about: 'The request of CreatePartitions.',
  fields: {
    topics: array(
      struct('CreatePartitionsTopic', {
        name: string('0+'),
        count: int32('0+'),
        assignments: array(
          struct('CreatePartitionsAssignment', {
            brokerIds: array('int32', '0+'),
          }),
          '0+',
          { nullable: '0+' },
        ),
      }),
      '0+',
    ),
    timeoutMs: int32('0+'),
    validateOnly: bool('0+'),
  },
})

export const CreatePartitionsResponse = message({
  kind: 'response',
  name: 'CreatePartitionsResponse',
  apiKey: 37,
  versions: '0-3',
  flexible: '2+',
  about: 'The answer of CreatePartitions.',
  fields: {
    throttleTimeMs: int32('0+'),
    results: array(
      struct('CreatePartitionsTopicResult', {
        name: string('0+'),
        errorCode: int16('0+'),
        errorMessage: string('0+', { nullable: '0+', default: null }),
      }),
      '0+',
    ),
  },
})
