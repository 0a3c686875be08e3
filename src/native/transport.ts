import { assert } from '../base/assert.ts'
import {
  type CloseReason,
  CONNECTION_STATE_LENGTH,
  NetworkError,
  SEND_ROW_LENGTH,
  type Transport,
  type TransportEvents,
  type TransportOptions,
} from '../base/transport.ts'
import type * as Binding from './binding.d.ts'

/** The part of the addon that this needs. */
export type TransportBinding = Pick<
  typeof Binding,
  | 'transportOpen'
  | 'transportListen'
  | 'transportStopAccepting'
  | 'transportSend'
  | 'transportPauseReading'
  | 'transportResumeReading'
  | 'transportCloseConnection'
  | 'transportRetainSlab'
  | 'transportReleaseSlab'
  | 'transportConnectionState'
  | 'transportIsShortOfMemory'
  | 'transportClose'
>

/** By the numbers of native/core/transport/connection.h. */
const CLOSE_REASONS: readonly CloseReason[] = ['peer', 'owner', 'frame-size', 'error', 'connection-limit']

const FRAME_SIZE_LIMIT_BYTES = 2 ** 31 - 1

/** Plaintext sockets of the machine, on this thread's loop, through the addon. */
export class NativeTransport implements Transport {
  readonly #binding: TransportBinding
  readonly #handle: number

  constructor(binding: TransportBinding, options: TransportOptions, events: TransportEvents) {
    assertOptions(options)
    this.#binding = binding
    this.#handle = binding.transportOpen(
      {
        frameSizeMaxBytes: options.frameSizeMaxBytes,
        requestMemoryMaxBytes: options.requestMemoryMaxBytes,
        connectionsMax: options.connectionsMax,
        sendQueueHighWaterBytes: options.sendQueueHighWaterBytes,
      },
      {
        onConnection: (connectionId, listenerId, address, port) =>
          events.onConnection(connectionId, listenerId, address, port),
        onFrames: (rows, count, slabs) => events.onFrames(rows, count, slabs),
        onClose: (connectionId, reason) => events.onClose(connectionId, closeReason(reason)),
        onDrain: connectionId => events.onDrain(connectionId),
      },
    )
  }

  listen(host: string, port: number, listenerId: number): number {
    assert(Number.isInteger(port) && port >= 0 && port <= 65535, `port ${port} is out of range`)
    try {
      return this.#binding.transportListen(this.#handle, host, port, listenerId)
    } catch (error) {
      const code = (error as { code?: unknown }).code
      if (typeof code !== 'string') throw error
      throw new NetworkError(code, `cannot listen on ${host}:${port}: ${code}`)
    }
  }

  stopAccepting(): void {
    this.#binding.transportStopAccepting(this.#handle)
  }

  send(arena: Uint8Array, rows: Float64Array, rowCount: number): void {
    assert(rowCount * SEND_ROW_LENGTH <= rows.length, 'more rows than the array holds')
    this.#binding.transportSend(this.#handle, arena, rows, rowCount)
  }

  pauseReading(connectionId: number): void {
    this.#binding.transportPauseReading(this.#handle, connectionId)
  }

  resumeReading(connectionId: number): void {
    this.#binding.transportResumeReading(this.#handle, connectionId)
  }

  closeConnection(connectionId: number, drain: boolean): void {
    this.#binding.transportCloseConnection(this.#handle, connectionId, drain)
  }

  retainSlab(slabIndex: number): void {
    this.#binding.transportRetainSlab(this.#handle, slabIndex)
  }

  releaseSlab(slabIndex: number): void {
    this.#binding.transportReleaseSlab(this.#handle, slabIndex)
  }

  connectionState(connectionId: number, out: Float64Array): boolean {
    assert(out.length >= CONNECTION_STATE_LENGTH, 'no room for the state of a connection')
    return this.#binding.transportConnectionState(this.#handle, connectionId, out)
  }

  isShortOfMemory(): boolean {
    return this.#binding.transportIsShortOfMemory(this.#handle)
  }

  close(): void {
    this.#binding.transportClose(this.#handle)
  }
}

function assertOptions(options: TransportOptions): void {
  const { frameSizeMaxBytes, requestMemoryMaxBytes, connectionsMax, sendQueueHighWaterBytes } = options
  for (const value of [frameSizeMaxBytes, requestMemoryMaxBytes, connectionsMax, sendQueueHighWaterBytes]) {
    assert(
      Number.isSafeInteger(value) && value > 0,
      `transport limit ${value} is not a positive whole number`,
    )
  }
  assert(frameSizeMaxBytes <= FRAME_SIZE_LIMIT_BYTES, 'a frame has at most 2^31 - 1 bytes')
}

function closeReason(index: number): CloseReason {
  const reason = CLOSE_REASONS[index]
  assert(reason !== undefined, `unknown close reason ${index}`)
  return reason
}
