import { array, bool, int8, int16, int32, int64, message, one, string, struct, uint16 } from '../schema.ts'

const KeyValue = struct('KeyValue', {
  key: string('0+'),
  value: string('0+'),
})

const TopicInfo = struct('TopicInfo', {
  name: string('0+'),
  partitions: int32('0+'),
  replicationFactor: int16('0+'),
  topicConfigs: array(KeyValue, '0+'),
})

const TaskIds = struct('TaskIds', {
  subtopologyId: string('0+'),
  partitions: array('int32', '0+'),
})

const TaskOffset = struct('TaskOffset', {
  subtopologyId: string('0+'),
  partition: int32('0+'),
  offset: int64('0+'),
})

export const StreamsGroupHeartbeatRequest = message({
  kind: 'request',
  name: 'StreamsGroupHeartbeatRequest',
  apiKey: 88,
  versions: '0-1',
  flexible: '0+',
  about: 'The request of StreamsGroupHeartbeat.',
  fields: {
    groupId: string('0+'),
    memberId: string('0+'),
    memberEpoch: int32('0+'),
    endpointInformationEpoch: int32('0+'),
    instanceId: string('0+', { nullable: '0+', default: null }),
    rackId: string('0+', { nullable: '0+', default: null }),
    rebalanceTimeoutMs: int32('0+', { default: -1 }),
    topology: one(
      struct('Topology', {
        epoch: int32('0+'),
        subtopologies: array(
          struct('Subtopology', {
            subtopologyId: string('0+'),
            sourceTopics: array('string', '0+'),
            sourceTopicRegex: array('string', '0+'),
            stateChangelogTopics: array(TopicInfo, '0+'),
            repartitionSinkTopics: array('string', '0+'),
            repartitionSourceTopics: array(TopicInfo, '0+'),
            copartitionGroups: array(
              struct('CopartitionGroup', {
                sourceTopics: array('int16', '0+'),
                sourceTopicRegex: array('int16', '0+'),
                repartitionSourceTopics: array('int16', '0+'),
              }),
              '0+',
            ),
          }),
          '0+',
        ),
      }),
      '0+',
      { nullable: '0+', default: null },
    ),
    activeTasks: array(TaskIds, '0+', { nullable: '0+', default: null }),
    standbyTasks: array(TaskIds, '0+', { nullable: '0+', default: null }),
    warmupTasks: array(TaskIds, '0+', { nullable: '0+', default: null }),
    processId: string('0+', { nullable: '0+', default: null }),
    userEndpoint: one(
      struct('Endpoint', {
        host: string('0+'),
        port: uint16('0+'),
      }),
      '0+',
      { nullable: '0+', default: null },
    ),
    clientTags: array(KeyValue, '0+', { nullable: '0+', default: null }),
    taskOffsets: array(TaskOffset, '0+', { nullable: '0+', default: null }),
    taskEndOffsets: array(TaskOffset, '0+', { nullable: '0+', default: null }),
    shutdownApplication: bool('0+', { default: false }),
  },
})

const TopicPartition = struct('TopicPartition', {
  topic: string('0+'),
  partitions: array('int32', '0+'),
})

export const StreamsGroupHeartbeatResponse = message({
  kind: 'response',
  name: 'StreamsGroupHeartbeatResponse',
  apiKey: 88,
  versions: '0-1',
  flexible: '0+',
  about: 'The answer of StreamsGroupHeartbeat.',
  fields: {
    throttleTimeMs: int32('0+'),
    errorCode: int16('0+'),
    errorMessage: string('0+', { nullable: '0+', default: null }),
    memberId: string('0+'),
    memberEpoch: int32('0+'),
    heartbeatIntervalMs: int32('0+'),
    acceptableRecoveryLagLegacy: int32('0'),
    taskOffsetIntervalMs: int32('0+'),
    acceptableRecoveryLag: int64('1+', { default: -1, ignorable: true }),
    status: array(
      struct('Status', {
        statusCode: int8('0+'),
        statusDetail: string('0+'),
      }),
      '0+',
      { nullable: '0+' },
    ),
    activeTasks: array(TaskIds, '0+', { nullable: '0+', default: null }),
    standbyTasks: array(TaskIds, '0+', { nullable: '0+', default: null }),
    warmupTasks: array(TaskIds, '0+', { nullable: '0+', default: null }),
    topologyDescriptionRequired: bool('1+', { default: false }),
    endpointInformationEpoch: int32('0+'),
    partitionsByUserEndpoint: array(
      struct('EndpointToPartitions', {
        userEndpoint: one(
          struct('Endpoint', {
            host: string('0+'),
            port: uint16('0+'),
          }),
          '0+',
        ),
        activePartitions: array(TopicPartition, '0+'),
        standbyPartitions: array(TopicPartition, '0+'),
      }),
      '0+',
      { nullable: '0+', default: null },
    ),
  },
})
