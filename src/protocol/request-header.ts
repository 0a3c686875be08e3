import { ApiKey } from './api-key.ts'
import { API_CODECS } from './generated/index.ts'
import { ProtocolError } from './protocol-error.ts'
import type { Reader } from './reader.ts'
import type { Writer } from './writer.ts'

export interface RequestHeader {
  readonly apiKey: number
  readonly apiVersion: number
  readonly correlationId: number
  /** '' when the client sent none. */
  readonly clientId: string
}

/** The one request whose header has no client id (header version 0). */
const CONTROLLED_SHUTDOWN = 7

const NEVER = 0x7fff

/** By API key: every request asks twice. */
const FLEXIBLE_FROM: readonly number[] = Array.from(
  { length: Math.max(...API_CODECS.keys()) + 1 },
  (_, apiKey) => API_CODECS.get(apiKey)?.flexibleFrom ?? NEVER,
)

/** True when the API is known and the version has compact lengths and tags. */
function isFlexible(apiKey: number, apiVersion: number): boolean {
  return apiKey >= 0 && apiKey < FLEXIBLE_FROM.length && apiVersion >= FLEXIBLE_FROM[apiKey]!
}

/**
 * Reads the header of a request, version 0, 1 or 2 by the API and its version. An unknown API, or a version that is too
 * new, is not refused here: the header of an ApiVersions request of any version must be readable (KIP-511).
 */
export function decodeRequestHeader(reader: Reader): RequestHeader {
  const apiKey = reader.int16()
  const apiVersion = reader.int16()
  const correlationId = reader.int32()
  if (apiKey === CONTROLLED_SHUTDOWN && apiVersion === 0) {
    return { apiKey, apiVersion, correlationId, clientId: '' }
  }
  const clientId = reader.nullableString(false) ?? ''
  if (isFlexible(apiKey, apiVersion)) reader.skipTags()
  return { apiKey, apiVersion, correlationId, clientId }
}

/** For clients. */
export function encodeRequestHeader(writer: Writer, header: RequestHeader): void {
  writer.int16(header.apiKey)
  writer.int16(header.apiVersion)
  writer.int32(header.correlationId)
  writer.nullableString(header.clientId, false)
  if (isFlexible(header.apiKey, header.apiVersion)) writer.int8(0)
}

/** A client that does not know our versions reads the answer to ApiVersions too: its header is always version 0. */
function hasResponseTags(apiKey: number, apiVersion: number): boolean {
  return apiKey !== ApiKey.ApiVersions && isFlexible(apiKey, apiVersion)
}

export function encodeResponseHeader(
  writer: Writer,
  apiKey: number,
  apiVersion: number,
  correlationId: number,
): void {
  writer.int32(correlationId)
  if (hasResponseTags(apiKey, apiVersion)) writer.int8(0)
}

/** For clients. Throws ProtocolError when the answer belongs to another request. */
export function decodeResponseHeader(
  reader: Reader,
  apiKey: number,
  apiVersion: number,
  correlationId: number,
): void {
  const answered = reader.int32()
  if (answered !== correlationId) throw new ProtocolError(`answer ${answered} to request ${correlationId}`)
  if (hasResponseTags(apiKey, apiVersion)) reader.skipTags()
}
