import { array, int8, int16, int32, message, one, string, struct } from '../schema.ts'

const TopologyDescriptionNode = struct('TopologyDescriptionNode', {
  name: string('0+'),
  nodeType: int8('0+'),
  sourceTopics: array('string', '0+'),
  sinkTopic: string('0+', { nullable: '0+', default: null }),
  stores: array('string', '0+'),
  successors: array('string', '0+'),
})

export const StreamsGroupTopologyDescriptionUpdateRequest = message({
  kind: 'request',
  name: 'StreamsGroupTopologyDescriptionUpdateRequest',
  apiKey: 93,
  versions: '0',
  flexible: '0+',
  about: 'The request of StreamsGroupTopologyDescriptionUpdate.',
  fields: {
    groupId: string('0+'),
    memberId: string('0+'),
    topologyEpoch: int32('0+'),
    topologyDescription: one(
      struct('TopologyDescription', {
        subtopologies: array(
          struct('TopologyDescriptionSubtopology', {
            subtopologyId: string('0+'),
            nodes: array(TopologyDescriptionNode, '0+'),
          }),
          '0+',
        ),
        globalStores: array(
          struct('TopologyDescriptionGlobalStore', {
            source: one(TopologyDescriptionNode, '0+'),
            processor: one(TopologyDescriptionNode, '0+'),
          }),
          '0+',
        ),
      }),
      '0+',
    ),
  },
})

export const StreamsGroupTopologyDescriptionUpdateResponse = message({
  kind: 'response',
  name: 'StreamsGroupTopologyDescriptionUpdateResponse',
  apiKey: 93,
  versions: '0',
  flexible: '0+',
  about: 'The answer of StreamsGroupTopologyDescriptionUpdate.',
  fields: {
    throttleTimeMs: int32('0+'),
    errorCode: int16('0+'),
    errorMessage: string('0+', { nullable: '0+', default: null }),
  },
})
