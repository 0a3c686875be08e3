import { array, int16, int32, message, string, struct } from '../schema.ts'

export const DeleteGroupsRequest = message({
  kind: 'request',
  name: 'DeleteGroupsRequest',
  apiKey: 42,
  versions: '0-3',
  flexible: '2+',
  about: 'The request of DeleteGroups.',
  fields: {
    groupsNames: array('string', '0+'),
  },
})

export const DeleteGroupsResponse = message({
  kind: 'response',
  name: 'DeleteGroupsResponse',
  apiKey: 42,
  versions: '0-3',
  flexible: '2+',
  about: 'The answer of DeleteGroups.',
  fields: {
    throttleTimeMs: int32('0+'),
    results: array(
      struct('DeletableGroupResult', {
        groupId: string('0+'),
        errorCode: int16('0+'),
        errorMessage: string('3+', { nullable: '3+', default: null, ignorable: true }),
      }),
      '0+',
    ),
  },
})
