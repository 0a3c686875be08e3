import { array, bool, int8, int16, int32, message, string, struct } from '../schema.ts'

export const UpdateFeaturesRequest = message({
  kind: 'request',
  name: 'UpdateFeaturesRequest',
  apiKey: 57,
  versions: '0-2',
  flexible: '0+',
  about: 'The request of UpdateFeatures.',
  fields: {
    timeoutMs: int32('0+', { default: 60000 }),
    featureUpdates: array(
      struct('FeatureUpdateKey', {
        feature: string('0+'),
        maxVersionLevel: int16('0+'),
        allowDowngrade: bool('0'),
        upgradeType: int8('1+', { default: 1 }),
      }),
      '0+',
    ),
    validateOnly: bool('1+', { default: false }),
  },
})

export const UpdateFeaturesResponse = message({
  kind: 'response',
  name: 'UpdateFeaturesResponse',
  apiKey: 57,
  versions: '0-2',
  flexible: '0+',
  about: 'The answer of UpdateFeatures.',
  fields: {
    throttleTimeMs: int32('0+'),
    errorCode: int16('0+'),
    errorMessage: string('0+', { nullable: '0+' }),
    results: array(
      struct('UpdatableFeatureResult', {
        feature: string('0-1'),
        errorCode: int16('0-1'),
        errorMessage: string('0-1', { nullable: '0-1' }),
      }),
      '0-1',
      { ignorable: true },
    ),
  },
})
