import { array, int8, int16, int32, message, string, struct } from '../schema.ts'

export const ListConfigResourcesRequest = message({
  kind: 'request',
  name: 'ListConfigResourcesRequest',
  apiKey: 74,
  versions: '0-1',
  flexible: '0+',
  about: 'The request of ListConfigResources.',
  fields: {
    resourceTypes: array('int8', '1+'),
  },
})

export const ListConfigResourcesResponse = message({
  kind: 'response',
  name: 'ListConfigResourcesResponse',
  apiKey: 74,
  versions: '0-1',
  flexible: '0+',
  about: 'The answer of ListConfigResources.',
  fields: {
    throttleTimeMs: int32('0+'),
    errorCode: int16('0+'),
    configResources: array(
      struct('ConfigResource', {
        resourceName: string('0+'),
        resourceType: int8('1+', { default: 16, ignorable: true }),
      }),
      '0+',
    ),
  },
})
