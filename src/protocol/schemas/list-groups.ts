import { array, int16, int32, message, string, struct } from '../schema.ts'

export const ListGroupsRequest = message({
  kind: 'request',
  name: 'ListGroupsRequest',
  apiKey: 16,
  versions: '0-5',
  flexible: '3+',
  about: 'The request of ListGroups.',
  fields: {
    statesFilter: array('string', '4+'),
    typesFilter: array('string', '5+'),
  },
})

export const ListGroupsResponse = message({
  kind: 'response',
  name: 'ListGroupsResponse',
  apiKey: 16,
  versions: '0-5',
  flexible: '3+',
  about: 'The answer of ListGroups.',
  fields: {
    throttleTimeMs: int32('1+', { ignorable: true }),
    errorCode: int16('0+'),
    groups: array(
      struct('ListedGroup', {
        groupId: string('0+'),
        protocolType: string('0+'),
        groupState: string('4+', { ignorable: true }),
        groupType: string('5+', { ignorable: true }),
      }),
      '0+',
    ),
  },
})
