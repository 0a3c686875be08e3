import { ApiKey } from '../../protocol/api-key.ts'
import { ErrorCode } from '../../protocol/error-code.ts'
import {
  type ApiVersionsRequest,
  type ApiVersionsResponseInit,
  apiVersionsCodec,
  encodeApiVersionsResponse,
} from '../../protocol/generated/api-versions.ts'
import type { Writer } from '../../protocol/writer.ts'
import { type BrokerServices, defineHandler, type Handler } from '../handler.ts'

const VERSIONS = [0, 5] as const
/** The client says what it is (KIP-511). */
const SOFTWARE_VERSION = 3
/** The form that Kafka asks of a software's name and version. */
const SOFTWARE_PATTERN = /^[a-zA-Z0-9](?:[a-zA-Z0-9\-.]*[a-zA-Z0-9])?$/
/** As a node id: the client does not say whom it means to talk to (KIP-1242). */
const NO_NODE_ID = -1

interface VersionRange {
  readonly apiKey: number
  readonly minVersion: number
  readonly maxVersion: number
}

/**
 * VER-1 to VER-7: what is advertised is what `handlers` and this one serve. No feature is named: clients take a missing
 * one for level 0 (no transactions of version 2, no consumer group protocol), which is what works here.
 */
export function createApiVersions(handlers: readonly Handler[]): Handler {
  const own: VersionRange = { apiKey: ApiKey.ApiVersions, minVersion: VERSIONS[0], maxVersion: VERSIONS[1] }
  const apiKeys = [...handlers.map(rangeOf), own].sort((one, other) => one.apiKey - other.apiKey)
  return defineHandler<ApiVersionsRequest, ApiVersionsResponseInit>({
    codec: apiVersionsCodec,
    versions: VERSIONS,
    operations: [],
    handle(request, context, services) {
      const errorCode = problemOf(request, context.apiVersion, services)
      return errorCode === ErrorCode.NONE ? { errorCode, apiKeys } : { errorCode }
    },
  })
}

/** VER-1: the body, in version 0, for a version that `handler` does not serve: the client reads which to take. */
export function encodeUnsupportedApiVersions(writer: Writer, handler: Handler): void {
  encodeApiVersionsResponse(
    writer,
    { errorCode: ErrorCode.UNSUPPORTED_VERSION, apiKeys: [rangeOf(handler)] },
    0,
  )
}

function rangeOf({ apiKey, advertisedMinVersion, versions }: Handler): VersionRange {
  return { apiKey, minVersion: advertisedMinVersion, maxVersion: versions[1] }
}

function problemOf(
  { clientSoftwareName, clientSoftwareVersion, clusterId, nodeId }: ApiVersionsRequest,
  version: number,
  services: BrokerServices,
): ErrorCode {
  if (version < SOFTWARE_VERSION) return ErrorCode.NONE
  if (!SOFTWARE_PATTERN.test(clientSoftwareName) || !SOFTWARE_PATTERN.test(clientSoftwareVersion)) {
    return ErrorCode.INVALID_REQUEST
  }
  if (clusterId === null && nodeId === NO_NODE_ID) return ErrorCode.NONE
  if (clusterId === null || nodeId === NO_NODE_ID) return ErrorCode.INVALID_REQUEST
  const isMeant = clusterId === services.metadata.clusterId && nodeId === services.config.nodeId
  return isMeant ? ErrorCode.NONE : ErrorCode.REBOOTSTRAP_REQUIRED
}
