import { array, bool, int8, int16, int32, int64, message, one, string, struct, uint16 } from '../schema.ts'

export const StreamsGroupDescribeRequest = message({
  kind: 'request',
  name: 'StreamsGroupDescribeRequest',
  apiKey: 89,
  versions: '0-1',
  flexible: '0+',
  about: 'The request of StreamsGroupDescribe.',
  fields: {
    groupIds: array('string', '0+'),
    includeAuthorizedOperations: bool('0+'),
    includeTopologyDescription: bool('1+', { default: false }),
  },
})

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

const TaskOffset = struct('TaskOffset', {
  subtopologyId: string('0+'),
  partition: int32('0+'),
  offset: int64('0+'),
})

const TaskIds = struct('TaskIds', {
  subtopologyId: string('0+'),
  partitions: array('int32', '0+'),
})

const Assignment = struct('Assignment', {
  activeTasks: array(TaskIds, '0+'),
  standbyTasks: array(TaskIds, '0+'),
  warmupTasks: array(TaskIds, '0+'),
})

const TopologyDescriptionNode = struct('TopologyDescriptionNode', {
  name: string('1+'),
  nodeType: int8('1+'),
  sourceTopics: array('string', '1+'),
  sinkTopic: string('1+', { nullable: '1+', default: null }),
  stores: array('string', '1+'),
  successors: array('string', '1+'),
})

export const StreamsGroupDescribeResponse = message({
  kind: 'response',
  name: 'StreamsGroupDescribeResponse',
  apiKey: 89,
  versions: '0-1',
  flexible: '0+',
  about: 'The answer of StreamsGroupDescribe.',
  fields: {
    throttleTimeMs: int32('0+'),
    groups: array(
      struct('DescribedGroup', {
        errorCode: int16('0+'),
        errorMessage: string('0+', { nullable: '0+', default: null }),
        groupId: string('0+'),
        groupState: string('0+'),
        groupEpoch: int32('0+'),
        assignmentEpoch: int32('0+'),
        topology: one(
          struct('Topology', {
            epoch: int32('0+'),
            subtopologies: array(
              struct('Subtopology', {
                subtopologyId: string('0+'),
                sourceTopics: array('string', '0+'),
                repartitionSinkTopics: array('string', '0+'),
                stateChangelogTopics: array(TopicInfo, '0+'),
                repartitionSourceTopics: array(TopicInfo, '0+'),
              }),
              '0+',
              { nullable: '0+', default: null },
            ),
          }),
          '0+',
          { nullable: '0+', default: null },
        ),
        members: array(
          struct('Member', {
            memberId: string('0+'),
            memberEpoch: int32('0+'),
            instanceId: string('0+', { nullable: '0+', default: null }),
            rackId: string('0+', { nullable: '0+', default: null }),
            clientId: string('0+'),
            clientHost: string('0+'),
            topologyEpoch: int32('0+'),
            processId: string('0+'),
            userEndpoint: one(
              struct('Endpoint', {
                host: string('0+'),
                port: uint16('0+'),
              }),
              '0+',
              { nullable: '0+', default: null },
            ),
            clientTags: array(KeyValue, '0+'),
            taskOffsets: array(TaskOffset, '0+'),
            taskEndOffsets: array(TaskOffset, '0+'),
            assignment: one(Assignment, '0+'),
            targetAssignment: one(Assignment, '0+'),
            isClassic: bool('0+'),
          }),
          '0+',
        ),
        authorizedOperations: int32('0+', { default: -2147483648 }),
        topologyDescription: one(
          struct('TopologyDescription', {
            subtopologies: array(
              struct('TopologyDescriptionSubtopology', {
                subtopologyId: string('1+'),
                nodes: array(TopologyDescriptionNode, '1+'),
              }),
              '1+',
            ),
            globalStores: array(
              struct('TopologyDescriptionGlobalStore', {
                source: one(TopologyDescriptionNode, '1+'),
                processor: one(TopologyDescriptionNode, '1+'),
              }),
              '1+',
            ),
          }),
          '1+',
          { nullable: '1+', default: null },
        ),
        topologyDescriptionStatus: int8('1+', { default: 0 }),
        assignorName: string('1+', { nullable: '1+', default: null, ignorable: true }),
      }),
      '0+',
    ),
  },
})
