import type { Clock } from '../base/clock.ts'
import type { Logger } from '../base/logger.ts'
import type { BrokerConfig } from '../config/broker-config.ts'
import type { GroupCoordinator } from '../coordination/group-coordinator.ts'
import type { MetadataStore } from '../metadata/metadata-store.ts'
import type { ApiCodec } from '../protocol/api-codec.ts'
import type { Reader } from '../protocol/reader.ts'
import type { Writer } from '../protocol/writer.ts'
import type { DelayedFetches } from '../replication/delayed-fetches.ts'
import type { Partitions } from '../replication/partitions.ts'
import type { Endpoint } from './advertised-endpoint.ts'
import type { FetchSessions } from './fetch-sessions.ts'

/** Who asked, and how; valid for the whole life of the request. */
export interface RequestContext {
  readonly apiKey: number
  readonly apiVersion: number
  readonly correlationId: number
  /** '' when the client sent none (NET-4). */
  readonly clientId: string
  readonly listenerName: string
  readonly remoteAddress: string
  readonly remotePort: number
  /** Kafka's spelling: `User:ANONYMOUS` on a listener without authentication. */
  readonly principal: string
  /** Wall clock when it is handled, milliseconds; for record timestamps only. */
  readonly nowMs: number
  /** Monotonic: when it came. It may have waited for requests before it. */
  readonly arrivedMs: number
  readonly frameSizeBytes: number
  /** Completes a request whose handler answered DEFERRED. Call it exactly once, from any turn of the loop. */
  respond(body: unknown): void
  /** Calls back when the connection ends before the answer; for the request that waits longest, one of a connection. */
  whenAbandoned(callback: () => void): void
  /** Ends the connection instead of answering (acks=0 with an error, NET-7). */
  closeConnection(): void
  /** Begins no further request of its connection, and ends it once those that were begun are answered. */
  closeBehindAnswers(): void
  /** The request's bytes stay as they are until `releaseFrame`, and the end of the pass that calls it. Once. */
  retainFrame(): void
  releaseFrame(): void
  /** Nothing else of its connection is handled, or read, until `letConnectionGoOn`, behind which comes a pass. Once. */
  holdConnectionBack(): void
  letConnectionGoOn(): void
  /** Completes a request that gets no bytes as its answer (Produce with acks=0). */
  respondNothing(): void
}

/** What handlers may reach. Built once by broker.ts; a handler keeps no state of its own. */
export interface BrokerServices {
  readonly config: BrokerConfig
  readonly clock: Clock
  readonly logger: Logger
  readonly metadata: MetadataStore
  readonly partitions: Partitions
  readonly groups: GroupCoordinator
  readonly fetchSessions: FetchSessions
  readonly delayedFetches: DelayedFetches
  /** Endpoint a client that came in on `listenerName` is told to use for this broker. */
  advertisedEndpoint(listenerName: string): Endpoint
}

/** The handler answers later through `context.respond` (or one of its siblings), without a promise. */
export const DEFERRED: unique symbol = Symbol('deferred')

type Operation =
  | 'READ'
  | 'WRITE'
  | 'CREATE'
  | 'DELETE'
  | 'ALTER'
  | 'DESCRIBE'
  | 'CLUSTER_ACTION'
  | 'DESCRIBE_CONFIGS'
  | 'ALTER_CONFIGS'
  | 'IDEMPOTENT_WRITE'
type Resource = 'TOPIC' | 'GROUP' | 'CLUSTER' | 'TRANSACTIONAL_ID'

/** An operation on a resource that the caller must be allowed; the dispatcher and the audit read it. */
export type RequiredOperation = `${Operation} ${Resource}`

export interface HandlerDefinition<Request, Response> {
  readonly codec: Pick<
    ApiCodec<Request, never, unknown, Response>,
    'apiKey' | 'decodeRequest' | 'encodeResponse'
  >
  /** Lowest and highest version that is served. */
  readonly versions: readonly [number, number]
  /** Lowest version that ApiVersions names, when it is lower than what is served (KAFKA-18659). */
  readonly advertisedMinVersion?: number
  /** May be handled before earlier requests of the connection are answered; answers still leave in order. */
  readonly overlap?: boolean
  /** What the caller must be allowed to do; empty for APIs that every client may call. */
  readonly operations: readonly RequiredOperation[]
  /**
   * Whatever it does before its first `await` happens in the order of arrival, which idempotent producers rely on.
   * Produce and Fetch return DEFERRED instead of a promise when they have to wait.
   */
  handle(
    request: Request,
    context: RequestContext,
    services: BrokerServices,
  ): Response | Promise<Response> | typeof DEFERRED
}

/** A handler with its types closed over, as the dispatcher's table holds it. */
export interface Handler {
  readonly apiKey: number
  readonly versions: readonly [number, number]
  readonly advertisedMinVersion: number
  readonly overlap: boolean
  readonly operations: readonly RequiredOperation[]
  /** Decodes and handles. ProtocolError from the reader passes through. */
  start(reader: Reader, context: RequestContext, services: BrokerServices): unknown
  encode(writer: Writer, body: unknown, version: number): void
}

export function defineHandler<Request, Response>(definition: HandlerDefinition<Request, Response>): Handler {
  const { codec } = definition
  return {
    apiKey: codec.apiKey,
    versions: definition.versions,
    advertisedMinVersion: definition.advertisedMinVersion ?? definition.versions[0],
    overlap: definition.overlap ?? false,
    operations: definition.operations,
    start: (reader, context, services) =>
      definition.handle(codec.decodeRequest(reader, context.apiVersion), context, services),
    encode: (writer, body, version) => codec.encodeResponse(writer, body as Response, version),
  }
}
