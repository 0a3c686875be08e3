import { array, bool, int8, int16, int32, message, string, struct } from '../schema.ts'

export const AlterConfigsRequest = message({
  kind: 'request',
  name: 'AlterConfigsRequest',
  apiKey: 33,
  versions: '0-2',
  flexible: '2+',
  about: 'The request of AlterConfigs.',
  fields: {
    resources: array(
      struct('AlterConfigsResource', {
        resourceType: int8('0+'),
        resourceName: string('0+'),
        configs: array(
          struct('AlterableConfig', {
            name: string('0+'),
            value: string('0+', { nullable: '0+' }),
          }),
          '0+',
        ),
      }),
      '0+',
    ),
    validateOnly: bool('0+'),
  },
})

export const AlterConfigsResponse = message({
  kind: 'response',
  name: 'AlterConfigsResponse',
  apiKey: 33,
  versions: '0-2',
  flexible: '2+',
  about: 'The answer of AlterConfigs.',
  fields: {
    throttleTimeMs: int32('0+'),
    responses: array(
      struct('AlterConfigsResourceResponse', {
        errorCode: int16('0+'),
        errorMessage: string('0+', { nullable: '0+' }),
        resourceType: int8('0+'),
        resourceName: string('0+'),
      }),
      '0+',
    ),
  },
})
