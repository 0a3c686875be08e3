import { array, bool, float64, int8, int16, int32, message, string, struct } from '../schema.ts'

export const DescribeClientQuotasRequest = message({
  kind: 'request',
  name: 'DescribeClientQuotasRequest',
  apiKey: 48,
  versions: '0-1',
  flexible: '1+',
  about: 'The request of DescribeClientQuotas.',
  fields: {
    components: array(
      struct('ComponentData', {
        entityType: string('0+'),
        matchType: int8('0+'),
        match: string('0+', { nullable: '0+' }),
      }),
      '0+',
    ),
    strict: bool('0+'),
  },
})

export const DescribeClientQuotasResponse = message({
  kind: 'response',
  name: 'DescribeClientQuotasResponse',
  apiKey: 48,
  versions: '0-1',
  flexible: '1+',
  about: 'The answer of DescribeClientQuotas.',
  fields: {
    throttleTimeMs: int32('0+'),
    errorCode: int16('0+'),
    errorMessage: string('0+', { nullable: '0+' }),
    entries: array(
      struct('EntryData', {
        entity: array(
          struct('EntityData', {
            entityType: string('0+'),
            entityName: string('0+', { nullable: '0+' }),
          }),
          '0+',
        ),
        values: array(
          struct('ValueData', {
            key: string('0+'),
            value: float64('0+'),
          }),
          '0+',
        ),
      }),
      '0+',
      { nullable: '0+' },
    ),
  },
})
