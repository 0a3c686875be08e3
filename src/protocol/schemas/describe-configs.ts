import { array, bool, int8, int16, int32, message, string, struct } from '../schema.ts'

export const DescribeConfigsRequest = message({
  kind: 'request',
  name: 'DescribeConfigsRequest',
  apiKey: 32,
  versions: '0-4',
  flexible: '4+',
  about: 'The request of DescribeConfigs.',
  fields: {
    resources: array(
      struct('DescribeConfigsResource', {
        resourceType: int8('0+'),
        resourceName: string('0+'),
        configurationKeys: array('string', '0+', { nullable: '0+' }),
      }),
      '0+',
    ),
    includeSynonyms: bool('1+', { default: false }),
    includeDocumentation: bool('3+', { default: false }),
  },
})

export const DescribeConfigsResponse = message({
  kind: 'response',
  name: 'DescribeConfigsResponse',
  apiKey: 32,
  versions: '0-4',
  flexible: '4+',
  about: 'The answer of DescribeConfigs.',
  fields: {
    throttleTimeMs: int32('0+'),
    results: array(
      struct('DescribeConfigsResult', {
        errorCode: int16('0+'),
        errorMessage: string('0+', { nullable: '0+' }),
        resourceType: int8('0+'),
        resourceName: string('0+'),
        configs: array(
          struct('DescribeConfigsResourceResult', {
            name: string('0+'),
            value: string('0+', { nullable: '0+' }),
            readOnly: bool('0+'),
            isDefault: bool('0'),
            configSource: int8('1+', { default: -1, ignorable: true }),
            isSensitive: bool('0+'),
            synonyms: array(
              struct('DescribeConfigsSynonym', {
                name: string('1+'),
                value: string('1+', { nullable: '1+' }),
                source: int8('1+'),
              }),
              '1+',
              { ignorable: true },
            ),
            configType: int8('3+', { default: 0, ignorable: true }),
            documentation: string('3+', { nullable: '3+', ignorable: true }),
          }),
          '0+',
        ),
      }),
      '0+',
    ),
  },
})
