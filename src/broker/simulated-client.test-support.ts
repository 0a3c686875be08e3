import { expect } from 'vitest'
import type { SimSocket } from '../native/sim-transport.ts'
import { Reader } from '../protocol/reader.ts'
import { decodeResponseHeader, encodeRequestHeader } from '../protocol/request-header.ts'
import { Writer } from '../protocol/writer.ts'
import type { Api } from './simulated-broker.test-support.ts'

const PREFIX_BYTES = 4

/** An answer that came, or did not come yet. */
export interface Reply<Response> {
  readonly isAnswered: boolean
  /** Fails the test when there is none yet. */
  readonly value: Response
}

class PendingReply<Response> implements Reply<Response> {
  isAnswered = false
  #value: Response | undefined

  get value(): Response {
    expect(this.isAnswered, 'the request was answered').toBe(true)
    return this.#value as Response
  }

  answer(value: Response): void {
    this.#value = value
    this.isAnswered = true
  }
}

/** One connection. Answers are matched with requests by their order, and their correlation ids must agree. */
export class SimulatedClient {
  isClosed = false
  /** Frames that came, in order. */
  readonly frames: Uint8Array[] = []
  readonly #socket: SimSocket
  readonly #clientId: string | null
  readonly #waiting: ((frame: Uint8Array) => void)[] = []
  #received = new Uint8Array(0)
  #nextCorrelationId = 1

  constructor(socket: SimSocket, clientId: string | null) {
    this.#socket = socket
    this.#clientId = clientId
    socket.onData = bytes => this.#receive(bytes)
    socket.onClose = () => {
      this.isClosed = true
    }
  }

  /** Requests that are sent before anything else happens arrive in one wake-up of the broker. */
  send<RequestInit, Response>(
    api: Api<RequestInit, Response>,
    version: number,
    body: RequestInit,
  ): Reply<Response> {
    const correlationId = this.#nextCorrelationId++
    const reply = new PendingReply<Response>()
    this.#waiting.push(frame => {
      const reader = new Reader(frame)
      decodeResponseHeader(reader, api.apiKey, version, correlationId)
      reply.answer(api.decode(reader, version))
    })
    this.sendFrame(this.frameOf(api, version, body, correlationId))
    return reply
  }

  /** A request that gets no answer. */
  sendSilently<RequestInit>(api: Api<RequestInit, unknown>, version: number, body: RequestInit): void {
    this.sendFrame(this.frameOf(api, version, body, this.#nextCorrelationId++))
  }

  frameOf<RequestInit>(
    api: Api<RequestInit, unknown>,
    version: number,
    body: RequestInit,
    correlationId: number,
  ): Uint8Array {
    const writer = new Writer()
    const header = { apiKey: api.apiKey, apiVersion: version, correlationId }
    encodeRequestHeader(writer, { ...header, clientId: this.#clientId ?? '' })
    api.encode(writer, body, version)
    return writer.finish().slice()
  }

  /** Any bytes, behind their size. */
  sendFrame(frame: Uint8Array): void {
    const bytes = new Uint8Array(PREFIX_BYTES + frame.length)
    new DataView(bytes.buffer).setInt32(0, frame.length)
    bytes.set(frame, PREFIX_BYTES)
    this.sendBytes(bytes)
  }

  sendBytes(bytes: Uint8Array): void {
    this.#socket.write(bytes)
  }

  close(): void {
    this.#socket.close()
  }

  #receive(bytes: Uint8Array): void {
    const joined = new Uint8Array(this.#received.length + bytes.length)
    joined.set(this.#received)
    joined.set(bytes, this.#received.length)
    this.#received = joined
    while (this.#received.length >= PREFIX_BYTES) {
      const sizeBytes = new DataView(this.#received.buffer, this.#received.byteOffset).getInt32(0)
      if (this.#received.length < PREFIX_BYTES + sizeBytes) return
      const frame = this.#received.slice(PREFIX_BYTES, PREFIX_BYTES + sizeBytes)
      this.#received = this.#received.slice(PREFIX_BYTES + sizeBytes)
      this.frames.push(frame)
      this.#waiting.shift()?.(frame)
    }
  }
}
