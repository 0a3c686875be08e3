import type { Reader } from './reader.ts'
import type { Writer } from './writer.ts'

/** What is known of one API; bodies are typed where the codec is imported from its own file. */
export interface ApiCodec<
  Request = unknown,
  RequestInit = unknown,
  Response = unknown,
  ResponseInit = unknown,
> {
  readonly apiKey: number
  /** Kafka's name, as in ApiKey. */
  readonly name: string
  readonly minVersion: number
  readonly maxVersion: number
  /** First version with compact lengths and tags (KIP-482), null when there is none. */
  readonly flexibleFrom: number | null
  /** maxVersion is not settled in Kafka 4.4 and is not advertised. */
  readonly latestVersionUnstable: boolean
  decodeRequest(reader: Reader, version: number): Request
  encodeRequest(writer: Writer, body: RequestInit, version: number): void
  decodeResponse(reader: Reader, version: number): Response
  encodeResponse(writer: Writer, body: ResponseInit, version: number): void
}
