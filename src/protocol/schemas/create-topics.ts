import { array, bool, int8, int16, int32, message, string, struct, uuid } from '../schema.ts'

export const CreateTopicsRequest = message({
  kind: 'request',
  name: 'CreateTopicsRequest',
  apiKey: 19,
  versions: '0-7',
  flexible: '5+',
  about: 'Creates topics, or only checks whether that would work.',
  fields: {
    topics: array(
      struct('CreatableTopic', {
        name: string('0+'),
        numPartitions: int32('0+'),
        replicationFactor: int16('0+'),
        assignments: array(
          struct('CreatableReplicaAssignment', {
            partitionIndex: int32('0+'),
            brokerIds: array('int32', '0+'),
          }),
          '0+',
        ),
        configs: array(
          struct('CreatableTopicConfig', {
            name: string('0+'),
            value: string('0+', { nullable: '0+' }),
          }),
          '0+',
        ),
      }),
      '0+',
    ),
    timeoutMs: int32('0+', { default: 60000 }),
    validateOnly: bool('1+', { default: false }),
  },
})

export const CreateTopicsResponse = message({
  kind: 'response',
  name: 'CreateTopicsResponse',
  apiKey: 19,
  versions: '0-7',
  flexible: '5+',
  about: 'The answer of CreateTopics.',
  fields: {
    throttleTimeMs: int32('2+', { ignorable: true }),
    topics: array(
      struct('CreatableTopicResult', {
        name: string('0+'),
        topicId: uuid('7+', { ignorable: true }),
        errorCode: int16('0+'),
        errorMessage: string('1+', { nullable: '1+', ignorable: true }),
        topicConfigErrorCode: int16('5+', { tag: 0, ignorable: true }),
        numPartitions: int32('5+', { default: -1, ignorable: true }),
        replicationFactor: int16('5+', { default: -1, ignorable: true }),
        configs: array(
          struct('CreatableTopicConfigs', {
            name: string('5+'),
            value: string('5+', { nullable: '5+' }),
            readOnly: bool('5+'),
            configSource: int8('5+', { default: -1, ignorable: true }),
            isSensitive: bool('5+'),
          }),
          '5+',
          { nullable: '5+', ignorable: true },
        ),
      }),
      '0+',
    ),
  },
})
