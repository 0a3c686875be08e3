import { array, bool, int8, int16, int32, message, string, struct } from '../schema.ts'

export const IncrementalAlterConfigsRequest = message({
  kind: 'request',
  name: 'IncrementalAlterConfigsRequest',
  apiKey: 44,
  versions: '0-1',
  flexible: '1+',
  about: 'The request of IncrementalAlterConfigs.',
  fields: {
    resources: array(
      struct('AlterConfigsResource', {
        resourceType: int8('0+'),
        resourceName: string('0+'),
        configs: array(
          struct('AlterableConfig', {
            name: string('0+'),
            configOperation: int8('0+'),
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

export const IncrementalAlterConfigsResponse = message({
  kind: 'response',
  name: 'IncrementalAlterConfigsResponse',
  apiKey: 44,
  versions: '0-1',
  flexible: '1+',
  about: 'The answer of IncrementalAlterConfigs.',
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
