import { expect, test } from 'vitest'
import { ApiKey } from '../../protocol/api-key.ts'
import { ErrorCode } from '../../protocol/error-code.ts'
import {
  type ApiVersionsRequestInit,
  type ApiVersionsResponse,
  decodeApiVersionsResponse,
  encodeApiVersionsRequest,
} from '../../protocol/generated/api-versions.ts'
import { Reader } from '../../protocol/reader.ts'
import { Writer } from '../../protocol/writer.ts'
import type { BrokerServices, Handler, RequestContext } from '../handler.ts'
import { createApiVersions, encodeUnsupportedApiVersions } from './api-versions.ts'
import { listOffsets } from './list-offsets.ts'
import { metadata } from './metadata.ts'
import { produce } from './produce.ts'

const NODE_ID = 7
const CLUSTER_ID = 'SomeClusterId_22_chars'
const VERSIONS = [0, 1, 2, 3, 4, 5]
const SOFTWARE = { clientSoftwareName: 'a-client', clientSoftwareVersion: '1.0' }

const handler = createApiVersions([metadata, listOffsets, produce])

function call(
  version: number,
  change: ApiVersionsRequestInit = {},
  asked: Handler = handler,
): ApiVersionsResponse {
  const writer = new Writer()
  encodeApiVersionsRequest(writer, { ...(version >= 3 ? SOFTWARE : {}), ...change }, version)
  const context = { apiVersion: version } as RequestContext
  const services = { config: { nodeId: NODE_ID }, metadata: { clusterId: CLUSTER_ID } } as BrokerServices
  const body = asked.start(new Reader(writer.finish()), context, services)
  const answer = new Writer()
  asked.encode(answer, body, version)
  return decodeApiVersionsResponse(new Reader(answer.finish()), version)
}

test.each(VERSIONS)(
  'VER-6: what the handlers serve is what is advertised, by key, in version %i',
  version => {
    expect(call(version)).toMatchObject({
      errorCode: ErrorCode.NONE,
      apiKeys: [
        // KAFKA-18659: librdkafka before 2.11.1 compresses only for a broker that names version 0.
        { apiKey: ApiKey.Produce, minVersion: 0, maxVersion: 13 },
        { apiKey: ApiKey.ListOffsets, minVersion: 1, maxVersion: 11 },
        { apiKey: ApiKey.Metadata, minVersion: 0, maxVersion: 13 },
        { apiKey: ApiKey.ApiVersions, minVersion: 0, maxVersion: 5 },
      ],
      throttleTimeMs: 0,
    })
  },
)

test('VER-5: an API without a handler is not advertised', () => {
  const only = createApiVersions([])
  expect(call(3, {}, only).apiKeys.map(({ apiKey }) => apiKey)).toEqual([ApiKey.ApiVersions])
})

test.each([3, 4, 5])('VER-4: no feature is claimed, in version %i', version => {
  expect(call(version)).toMatchObject({
    supportedFeatures: [],
    finalizedFeatures: [],
    finalizedFeaturesEpoch: -1,
    zkMigrationReady: false,
  })
})

test('VER-1, S1: a version that is not served is answered in version 0, with the range to choose from', () => {
  const writer = new Writer()
  encodeUnsupportedApiVersions(writer, handler)
  const bytes = [...writer.finish()]
  // Error 35, one key: 18, from 0 to 5; no throttle time and no tags, for this is version 0.
  expect(bytes).toEqual([0, 35, 0, 0, 0, 1, 0, 18, 0, 0, 0, 5])
})

test.each([
  ['-client', '1.0'],
  ['client.', '1.0'],
  ['a client', '1.0'],
  ['client\n', '1.0'],
  ['', '1.0'],
  ['client', ''],
  ['client', '1.0-'],
  ['client', '1.0+2'],
])('VER-3: a client that says it is %j %j is refused from version 3 on', (name, version) => {
  const software = { clientSoftwareName: name, clientSoftwareVersion: version }
  for (const apiVersion of [3, 4, 5]) {
    expect(call(apiVersion, software)).toMatchObject({ errorCode: ErrorCode.INVALID_REQUEST, apiKeys: [] })
  }
})

test.each([
  ['a', '1'],
  ['apache-kafka-java', '4.4.0'],
  ['librdkafka', '2.16.0-rc1'],
])('VER-3: a client may be %j %j', (name, version) => {
  const software = { clientSoftwareName: name, clientSoftwareVersion: version }
  expect(call(3, software).errorCode).toBe(ErrorCode.NONE)
})

test('VER-7: a client that took this broker for another one has to find its cluster again', () => {
  expect(call(5, { clusterId: CLUSTER_ID, nodeId: NODE_ID })).toMatchObject(call(5))
  const mistaken = [
    { clusterId: CLUSTER_ID, nodeId: NODE_ID + 1 },
    { clusterId: 'another', nodeId: NODE_ID },
    { clusterId: '', nodeId: NODE_ID },
    { clusterId: CLUSTER_ID, nodeId: -2 },
  ]
  for (const request of mistaken) {
    expect(call(5, request)).toMatchObject({ errorCode: ErrorCode.REBOOTSTRAP_REQUIRED, apiKeys: [] })
  }
})

test('VER-7: a cluster without a node, or a node without a cluster, is refused', () => {
  expect(call(5, { clusterId: CLUSTER_ID }).errorCode).toBe(ErrorCode.INVALID_REQUEST)
  expect(call(5, { clusterId: '', nodeId: -1 }).errorCode).toBe(ErrorCode.INVALID_REQUEST)
  for (const nodeId of [NODE_ID, -2]) expect(call(5, { nodeId }).errorCode).toBe(ErrorCode.INVALID_REQUEST)
})
