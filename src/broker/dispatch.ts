import { AssertionError } from '../base/assert.ts'
import type { Clock } from '../base/clock.ts'
import type { Logger } from '../base/logger.ts'
import type { CloseReason } from '../base/transport.ts'
import type { Connection, RequestSlot } from '../network/connection.ts'
import type { Frame } from '../network/frame.ts'
import { ApiKey } from '../protocol/api-key.ts'
import { ProtocolError } from '../protocol/protocol-error.ts'
import { Reader } from '../protocol/reader.ts'
import { decodeRequestHeader, encodeResponseHeader, type RequestHeader } from '../protocol/request-header.ts'
import { TextCache } from '../protocol/text-cache.ts'
import { Writer } from '../protocol/writer.ts'
import type { BrokerServices, Handler } from './handler.ts'
import { DEFERRED } from './handler.ts'
import { encodeUnsupportedApiVersions } from './handlers/api-versions.ts'
import { Request, type RequestOrigin, type RequestOwner } from './request.ts'
import { ThrottledLogger } from './throttled-logger.ts'

/** Why a connection was ended by the dispatcher; also the counters' names. */
export interface DispatchCounters {
  requests: number
  unknownApis: number
  unsupportedVersions: number
  malformedRequests: number
  failedHandlers: number
}

/** Keeps the bytes of requests beyond their pass. */
export interface FrameKeeper {
  retainSlab(slabIndex: number): void
  /** At the end of the pass. */
  releaseSlab(slabIndex: number): void
}

export interface DispatcherPorts {
  readonly handlers: readonly Handler[]
  readonly services: BrokerServices
  readonly clock: Clock
  readonly logger: Logger
  /** An answer was completed, or a connection is to be closed: a send must follow. */
  readonly onCompleted: () => void
  readonly frames: FrameKeeper
}

/** An answer buffer that one large answer made larger than this is not kept. */
const WRITER_KEPT_MAX_BYTES = 4 * 1024 * 1024
/** What an answer may have beside records. A few bytes of a request can ask for a lot: one group, named many times. */
const ANSWER_MAX_BYTES = 100 * 1024 * 1024

/** From the bytes of a request to its handler, and from the handler's answer to bytes. */
export class Dispatcher {
  readonly counters: DispatchCounters = {
    requests: 0,
    unknownApis: 0,
    unsupportedVersions: 0,
    malformedRequests: 0,
    failedHandlers: 0,
  }
  readonly #ports: DispatcherPorts
  /** By API key. */
  readonly #handlers: (Handler | undefined)[] = []
  readonly #reader = new Reader(undefined, 0, 0, new TextCache())
  readonly #log: ThrottledLogger
  readonly #owner: RequestOwner
  #writer = newWriter()
  /** Wall clock of the pass; -1 until its first request asks. */
  #passMs = -1
  /** Who is told when a connection ends before its answer. */
  readonly #abandoned = new Map<Connection, () => void>()

  constructor(ports: DispatcherPorts) {
    this.#ports = ports
    for (const handler of ports.handlers) this.#handlers[handler.apiKey] = handler
    this.#log = new ThrottledLogger(ports.logger, ports.clock)
    this.#owner = {
      respond: (request, body) => this.#respond(request, body),
      respondNothing: request => this.#complete(request.slot, null),
      whenAbandoned: ({ slot }, callback) => this.#abandoned.set(slot.connection, callback),
      retainFrame: ({ slabIndex }) => ports.frames.retainSlab(slabIndex),
      releaseFrame: ({ slabIndex }) => ports.frames.releaseSlab(slabIndex),
      closeConnection: request => this.#abort(request.slot.connection),
      closeBehindAnswers: ({ slot }) => {
        slot.connection.close()
        ports.onCompleted()
      },
    }
  }

  /** Handles one request. Its bytes are valid until the pass ends, longer when their slab is retained. */
  dispatch(slot: RequestSlot, frame: Frame, origin: RequestOrigin): void {
    this.counters.requests += 1
    try {
      this.#start(slot, frame, origin)
    } catch (error) {
      this.#failed(slot.connection, error)
    }
  }

  /** The requests of one pass have the same time: its first one's. */
  passEnded(): void {
    this.#passMs = -1
  }

  connectionClosed(connection: Connection, reason: CloseReason): void {
    if (reason === 'frame-size') {
      this.#log.warn(
        clientFields(connection),
        'a frame of an impossible size, as of TLS or HTTP on a plaintext listener: its connection is closed',
      )
    }
    const callback = this.#abandoned.get(connection)
    this.#abandoned.delete(connection)
    callback?.()
  }

  /** Produce may overtake the wait of Produce; nothing else overlaps (NET-2). */
  canOverlap(pending: readonly RequestSlot[], apiKey: number): boolean {
    return this.#handlers[apiKey]?.overlap === true && pending.every(slot => slot.apiKey === apiKey)
  }

  #start(slot: RequestSlot, frame: Frame, origin: RequestOrigin): void {
    const reader = this.#reader
    reader.reset(frame.bytes, frame.start, frame.end)
    const header = decodeRequestHeader(reader)
    const handler = this.#handlers[header.apiKey]
    const [minVersion, maxVersion] = handler?.versions ?? [0, -1]
    if (handler === undefined || header.apiVersion < minVersion || header.apiVersion > maxVersion) {
      this.#refuseVersion(slot, header, handler)
      return
    }
    const { services, clock } = this.#ports
    if (this.#passMs < 0) this.#passMs = clock.wallMs()
    const request = new Request(header, origin, this.#passMs, slot, frame, this.#owner)
    const result = handler.start(reader, request, services)
    if (result instanceof Promise) this.#awaitResult(request, result)
    else if (result !== DEFERRED) this.#respond(request, result)
  }

  /** NET-5, VER-1: only ApiVersions is answered, so that the client can choose another version. */
  #refuseVersion(slot: RequestSlot, header: RequestHeader, handler: Handler | undefined): void {
    const { apiKey, apiVersion } = header
    if (apiKey === ApiKey.ApiVersions && handler !== undefined && apiVersion > handler.versions[1]) {
      const writer = this.#beginAnswer()
      writer.int32(header.correlationId)
      encodeUnsupportedApiVersions(writer, handler)
      this.#sendAnswer(slot, writer)
      return
    }
    if (handler === undefined) this.counters.unknownApis += 1
    else this.counters.unsupportedVersions += 1
    const text = handler === undefined ? 'an unknown API' : 'an unsupported version'
    this.#log.warn(
      { apiKey, apiVersion, ...clientFields(slot.connection) },
      `a request for ${text}: its connection is closed`,
    )
    this.#abort(slot.connection)
  }

  #awaitResult(request: Request, result: Promise<unknown>): void {
    result.then(
      body => this.#respond(request, body),
      error => this.#failedLater(request, error),
    )
  }

  #respond(request: Request, body: unknown): void {
    const { slot, apiKey, apiVersion, correlationId } = request
    if (!slot.connection.isOpen) return
    const writer = this.#beginAnswer()
    try {
      encodeResponseHeader(writer, apiKey, apiVersion, correlationId)
      this.#handlers[apiKey]!.encode(writer, body, apiVersion)
    } catch (error) {
      this.#writer = newWriter()
      this.#failed(slot.connection, error)
      return
    }
    this.#sendAnswer(slot, writer)
  }

  #beginAnswer(): Writer {
    this.#writer.reset()
    return this.#writer
  }

  #sendAnswer(slot: RequestSlot, writer: Writer): void {
    const { bytes, position, holes } = writer
    this.#complete(slot, { buffer: bytes, start: 0, end: position, holes })
    if (bytes.length > WRITER_KEPT_MAX_BYTES) this.#writer = newWriter()
  }

  #complete(slot: RequestSlot, answer: Parameters<RequestSlot['complete']>[0]): void {
    if (this.#abandoned.size > 0) this.#abandoned.delete(slot.connection)
    slot.complete(answer)
    this.#ports.onCompleted()
  }

  #abort(connection: Connection): void {
    connection.abort()
    this.#ports.onCompleted()
  }

  /** Malformed bytes end their connection, and nothing else; a broken invariant ends the process. */
  #failed(connection: Connection, error: unknown): void {
    if (error instanceof AssertionError) throw error
    const reason = error instanceof Error ? error.message : String(error)
    if (error instanceof ProtocolError) {
      this.counters.malformedRequests += 1
      this.#log.warn({ ...clientFields(connection), reason }, 'a malformed request: its connection is closed')
    } else {
      this.counters.failedHandlers += 1
      this.#ports.logger.error(
        { ...clientFields(connection), reason },
        'a request failed: its connection is closed',
      )
    }
    this.#abort(connection)
  }

  #failedLater(request: Request, error: unknown): void {
    if (!(error instanceof AssertionError)) {
      this.#failed(request.slot.connection, error)
      return
    }
    // Out of the promise, so that it ends the process like any other broken invariant.
    queueMicrotask(() => {
      throw error
    })
  }
}

function newWriter(): Writer {
  return new Writer(undefined, ANSWER_MAX_BYTES)
}

function clientFields({ remoteAddress, remotePort }: Connection): { readonly client: string } {
  return { client: `${remoteAddress}:${remotePort}` }
}
