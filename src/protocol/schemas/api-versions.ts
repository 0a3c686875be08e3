import { array, bool, int16, int32, int64, message, string, struct } from '../schema.ts'

export const ApiVersionsRequest = message({
  kind: 'request',
  name: 'ApiVersionsRequest',
  apiKey: 18,
  versions: '0-5',
  flexible: '3+',
  about: 'Asks what is served. An unknown version is answered in version 0 (KIP-511).',
  fields: {
    clientSoftwareName: string('3+', { ignorable: true }),
    clientSoftwareVersion: string('3+', { ignorable: true }),
    clusterId: string('5+', { nullable: '5+', default: null, ignorable: true }),
    nodeId: int32('5+', { default: -1, ignorable: true }),
  },
})

export const ApiVersionsResponse = message({
  kind: 'response',
  name: 'ApiVersionsResponse',
  apiKey: 18,
  versions: '0-5',
  flexible: '3+',
  about: 'The served APIs. Its header is version 0 in every version.',
  fields: {
    errorCode: int16('0+'),
    apiKeys: array(
      struct('ApiVersion', {
        apiKey: int16('0+'),
        minVersion: int16('0+'),
        maxVersion: int16('0+'),
      }),
      '0+',
    ),
    throttleTimeMs: int32('1+', { ignorable: true }),
    supportedFeatures: array(
      struct('SupportedFeatureKey', {
        name: string('3+'),
        minVersion: int16('3+'),
        maxVersion: int16('3+'),
      }),
      '3+',
      { tag: 0, ignorable: true },
    ),
    finalizedFeaturesEpoch: int64('3+', { default: -1, tag: 1, ignorable: true }),
    finalizedFeatures: array(
      struct('FinalizedFeatureKey', {
        name: string('3+'),
        maxVersionLevel: int16('3+'),
        minVersionLevel: int16('3+'),
      }),
      '3+',
      { tag: 2, ignorable: true },
    ),
    zkMigrationReady: bool('3+', { default: false, tag: 3, ignorable: true }),
  },
})
