import { array, bool, int16, int32, message, string, struct, uuid } from '../schema.ts'

export const MetadataRequest = message({
  kind: 'request',
  name: 'MetadataRequest',
  apiKey: 3,
  versions: '0-13',
  flexible: '9+',
  about:
    'Asks for brokers, topics and partition leaders. An empty array in v0, null later, means all topics.',
  fields: {
    topics: array(
      struct('MetadataRequestTopic', {
        topicId: uuid('10+', { ignorable: true }),
        name: string('0+', { nullable: '10+' }),
      }),
      '0+',
      { nullable: '1+' },
    ),
    allowAutoTopicCreation: bool('4+', { about: 'Missing topics may be created.', default: true }),
    includeClusterAuthorizedOperations: bool('8-10'),
    includeTopicAuthorizedOperations: bool('8+'),
  },
})

export const MetadataResponse = message({
  kind: 'response',
  name: 'MetadataResponse',
  apiKey: 3,
  versions: '0-13',
  flexible: '9+',
  about: 'The cluster as this broker sees it.',
  fields: {
    throttleTimeMs: int32('3+', { ignorable: true }),
    brokers: array(
      struct('MetadataResponseBroker', {
        nodeId: int32('0+'),
        host: string('0+'),
        port: int32('0+'),
        rack: string('1+', { nullable: '1+', default: null, ignorable: true }),
      }),
      '0+',
    ),
    clusterId: string('2+', { nullable: '2+', default: null, ignorable: true }),
    controllerId: int32('1+', {
      about: 'Broker that takes changes of topics, -1 when unknown.',
      default: -1,
      ignorable: true,
    }),
    topics: array(
      struct('MetadataResponseTopic', {
        errorCode: int16('0+'),
        name: string('0+', { nullable: '12+' }),
        topicId: uuid('10+', { ignorable: true }),
        isInternal: bool('1+', { default: false, ignorable: true }),
        partitions: array(
          struct('MetadataResponsePartition', {
            errorCode: int16('0+'),
            partitionIndex: int32('0+'),
            leaderId: int32('0+'),
            leaderEpoch: int32('7+', { default: -1, ignorable: true }),
            replicaNodes: array('int32', '0+'),
            isrNodes: array('int32', '0+'),
            offlineReplicas: array('int32', '5+', { ignorable: true }),
          }),
          '0+',
        ),
        topicAuthorizedOperations: int32('8+', { default: -2147483648 }),
      }),
      '0+',
    ),
    clusterAuthorizedOperations: int32('8-10', { default: -2147483648 }),
    errorCode: int16('13+', { ignorable: true }),
  },
})
