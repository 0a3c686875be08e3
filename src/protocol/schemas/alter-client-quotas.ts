import { array, bool, float64, int16, int32, message, string, struct } from '../schema.ts'

export const AlterClientQuotasRequest = message({
  kind: 'request',
  name: 'AlterClientQuotasRequest',
  apiKey: 49,
  versions: '0-1',
  flexible: '1+',
  about: 'The request of AlterClientQuotas.',
  fields: {
    entries: array(
      struct('EntryData', {
        entity: array(
          struct('EntityData', {
            entityType: string('0+'),
            entityName: string('0+', { nullable: '0+' }),
          }),
          '0+',
        ),
        ops: array(
          struct('OpData', {
            key: string('0+'),
            value: float64('0+'),
            remove: bool('0+'),
          }),
          '0+',
        ),
      }),
      '0+',
    ),
    validateOnly: bool('0+'),
  },
})

export const AlterClientQuotasResponse = message({
  kind: 'response',
  name: 'AlterClientQuotasResponse',
  apiKey: 49,
  versions: '0-1',
  flexible: '1+',
  about: 'The answer of AlterClientQuotas.',
  fields: {
    throttleTimeMs: int32('0+'),
    entries: array(
      struct('EntryData', {
        errorCode: int16('0+'),
        errorMessage: string('0+', { nullable: '0+' }),
        entity: array(
          struct('EntityData', {
            entityType: string('0+'),
            entityName: string('0+', { nullable: '0+' }),
          }),
          '0+',
        ),
      }),
      '0+',
    ),
  },
})
