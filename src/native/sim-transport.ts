import { assert } from '../base/assert.ts'
import type { Timers } from '../base/clock.ts'
import type { Disk } from '../base/disk.ts'
import {
  type CloseReason,
  FRAME_ROW_LENGTH,
  NetworkError,
  SEND_ROW_LENGTH,
  type Transport,
  type TransportEvents,
  type TransportOptions,
} from '../base/transport.ts'

const PREFIX_BYTES = 4
const EPHEMERAL_PORT_FIRST = 40_000
const CONNECTIONS_MAX = 1_000_000

/** The client's end of a connection in memory. */
export interface SimSocket {
  /** What the broker sent, in order; set it right after `connect`. The bytes are the receiver's own. */
  onData: (bytes: Uint8Array) => void
  /** The broker closed, or the power went. */
  onClose: () => void
  /** Bytes on their way to the broker; lost when it is gone. */
  write(bytes: Uint8Array): void
  close(): void
}

interface Listener {
  readonly transport: SimTransport
  readonly listenerId: number
}

/**
 * The machines' network: ports that transports listen on, and connections that take `latencyMs()` each way, in order.
 * Everything happens in timers, so that a seed decides it.
 */
export class SimNetwork {
  readonly timers: Timers
  readonly latencyMs: () => number
  readonly #listeners = new Map<number, Listener>()
  #nextPort = EPHEMERAL_PORT_FIRST

  constructor(timers: Timers, latencyMs: () => number = () => 0) {
    this.timers = timers
    this.latencyMs = latencyMs
  }

  /** Null when nobody listens (ECONNREFUSED). */
  connect(port: number, remoteAddress = '10.0.0.1', remotePort = 50_000): SimSocket | null {
    const listener = this.#listeners.get(port)
    if (listener === undefined) return null
    return listener.transport.accept(listener.listenerId, remoteAddress, remotePort)
  }

  /** For transports. */
  bind(port: number, transport: SimTransport, listenerId: number): number {
    const bound = port === 0 ? this.#nextPort++ : port
    const holder = this.#listeners.get(bound)
    if (holder !== undefined && holder.transport !== transport) {
      throw new NetworkError('EADDRINUSE', `port ${bound} is in use`)
    }
    this.#listeners.set(bound, { transport, listenerId })
    return bound
  }

  unbind(transport: SimTransport): void {
    for (const [port, listener] of this.#listeners) {
      if (listener.transport === transport) this.#listeners.delete(port)
    }
  }
}

/** One direction of a connection: what is put in arrives later, in order. */
class Pipe {
  readonly #network: SimNetwork
  readonly #queue: (() => void)[] = []

  constructor(network: SimNetwork) {
    this.#network = network
  }

  put(arrive: () => void): void {
    this.#queue.push(arrive)
    this.#network.timers.set(this.#network.latencyMs(), () => this.#queue.shift()?.())
  }
}

class SimConnection {
  readonly connectionId: number
  readonly remoteAddress: string
  readonly toBroker: Pipe
  readonly toClient: Pipe
  socket: SimSocket | null = null
  received = new Uint8Array(0)
  isPaused = false
  isClosed = false

  constructor(connectionId: number, remoteAddress: string, network: SimNetwork) {
    this.connectionId = connectionId
    this.remoteAddress = remoteAddress
    this.toBroker = new Pipe(network)
    this.toClient = new Pipe(network)
  }
}

/** Sockets in memory for simulation: same contract, same order of events, frames in slabs of their own. */
export class SimTransport implements Transport {
  readonly #network: SimNetwork
  readonly #disk: Pick<Disk, 'pread'>
  readonly #options: TransportOptions
  readonly #events: TransportEvents
  readonly #connections = new Map<number, SimConnection>()
  readonly #slabs: (Uint8Array | undefined)[] = []
  readonly #retained = new Map<number, { count: number; sizeBytes: number }>()
  /** Slabs of the wake-up that is being delivered. */
  #delivered: ReadonlySet<number> = new Set()
  #retainedBytes = 0
  #lastConnectionId = 0
  #wakeUpIsDue = false
  #inWakeUp = false
  #isClosed = false

  /** File ranges are read from `disk`. */
  constructor(
    network: SimNetwork,
    disk: Pick<Disk, 'pread'>,
    options: TransportOptions,
    events: TransportEvents,
  ) {
    this.#network = network
    this.#disk = disk
    this.#options = options
    this.#events = events
  }

  listen(_host: string, port: number, listenerId: number): number {
    return this.#network.bind(port, this, listenerId)
  }

  stopAccepting(): void {
    this.#network.unbind(this)
  }

  /** For SimNetwork. */
  accept(listenerId: number, remoteAddress: string, remotePort: number): SimSocket {
    assert(this.#lastConnectionId < CONNECTIONS_MAX, 'connections of a simulation are bounded')
    this.#lastConnectionId += 1
    const connection = new SimConnection(this.#lastConnectionId, remoteAddress, this.#network)
    const socket: SimSocket = {
      onData: () => {},
      onClose: () => {},
      write: bytes => {
        const copy = bytes.slice()
        connection.toBroker.put(() => this.#receive(connection, copy))
      },
      close: () => connection.toBroker.put(() => this.#end(connection, 'peer')),
    }
    connection.socket = socket
    connection.toBroker.put(() => this.#open(connection, listenerId, remotePort))
    return socket
  }

  send(arena: Uint8Array, rows: Float64Array, rowCount: number): void {
    for (let i = 0; i < rowCount; i += 1) {
      const [connectionId = -1, start = 0, sizeBytes = 0, file = -1, position = 0, fileSizeBytes = 0] =
        rows.subarray(i * SEND_ROW_LENGTH, (i + 1) * SEND_ROW_LENGTH)
      const connection = this.#connections.get(connectionId)
      if (connection === undefined) continue
      const bytes = new Uint8Array(sizeBytes + (file < 0 ? 0 : fileSizeBytes))
      bytes.set(arena.subarray(start, start + sizeBytes))
      if (file >= 0) {
        const count = this.#disk.pread(file, bytes.subarray(sizeBytes), position)
        assert(count === fileSizeBytes, 'a range lies within its file')
      }
      connection.toClient.put(() => connection.socket?.onData(bytes))
    }
  }

  pauseReading(connectionId: number): void {
    const connection = this.#connections.get(connectionId)
    if (connection !== undefined) connection.isPaused = true
  }

  resumeReading(connectionId: number): void {
    const connection = this.#connections.get(connectionId)
    if (connection === undefined) return
    connection.isPaused = false
    this.#wakeSoon()
  }

  /** What was sent before leaves in both cases: the pipe to the client keeps its order. */
  closeConnection(connectionId: number, _drain: boolean): void {
    const connection = this.#connections.get(connectionId)
    if (connection === undefined) return
    this.#connections.delete(connectionId)
    this.#network.timers.set(0, () => this.#end(connection, 'owner'))
  }

  retainSlab(slabIndex: number): void {
    const slab = this.#slabs[slabIndex]
    const known = this.#retained.get(slabIndex)
    assert(
      slab !== undefined && (this.#delivered.has(slabIndex) || known !== undefined),
      `slab ${slabIndex} is not in use`,
    )
    if (known !== undefined) {
      known.count += 1
      return
    }
    this.#retained.set(slabIndex, { count: 1, sizeBytes: slab.length })
    this.#retainedBytes += slab.length
  }

  releaseSlab(slabIndex: number): void {
    const known = this.#retained.get(slabIndex)
    assert(known !== undefined, `slab ${slabIndex} is not retained`)
    known.count -= 1
    if (known.count > 0) return
    this.#retained.delete(slabIndex)
    this.#retainedBytes -= known.sizeBytes
    // A view that somebody kept shows it.
    if (!this.#delivered.has(slabIndex)) this.#poison(slabIndex)
    this.#wakeSoon()
  }

  connectionState(connectionId: number, out: Float64Array): boolean {
    const connection = this.#connections.get(connectionId)
    if (connection === undefined) return false
    const frameSizeBytes = Math.max(0, frameSizeOf(connection.received))
    out.set([connection.received.length, frameSizeBytes, 0, connection.isPaused ? 0 : 1])
    return true
  }

  isShortOfMemory(): boolean {
    const { requestMemoryMaxBytes } = this.#options
    return [...this.#connections.values()].some(({ isPaused, received }) => {
      const sizeBytes = frameSizeOf(received)
      const isWhole = sizeBytes >= 0 && received.length >= PREFIX_BYTES + sizeBytes
      const isRefused = this.#retainedBytes > 0 && this.#retainedBytes + sizeBytes > requestMemoryMaxBytes
      return !isPaused && isWhole && isRefused
    })
  }

  close(): void {
    this.#isClosed = true
    this.#network.unbind(this)
    for (const connection of this.#connections.values()) {
      connection.isClosed = true
      connection.toClient.put(() => connection.socket?.onClose())
    }
    this.#connections.clear()
  }

  #open(connection: SimConnection, listenerId: number, remotePort: number): void {
    if (this.#isClosed) {
      connection.isClosed = true
      connection.toClient.put(() => connection.socket?.onClose())
      return
    }
    this.#connections.set(connection.connectionId, connection)
    this.#events.onConnection(connection.connectionId, listenerId, connection.remoteAddress, remotePort)
    if (this.#connections.size > this.#options.connectionsMax) this.#end(connection, 'connection-limit')
  }

  #receive(connection: SimConnection, bytes: Uint8Array): void {
    if (this.#isClosed || !this.#connections.has(connection.connectionId)) return
    const joined = new Uint8Array(connection.received.length + bytes.length)
    joined.set(connection.received)
    joined.set(bytes, connection.received.length)
    connection.received = joined
    this.#wakeSoon()
  }

  #end(connection: SimConnection, reason: CloseReason): void {
    if (this.#isClosed || connection.isClosed) return
    // Whole frames that came before the end are delivered first.
    if (reason === 'peer') this.#wakeUp()
    connection.isClosed = true
    this.#connections.delete(connection.connectionId)
    connection.toClient.put(() => connection.socket?.onClose())
    this.#events.onClose(connection.connectionId, reason)
  }

  #wakeSoon(): void {
    if (this.#wakeUpIsDue || this.#isClosed) return
    this.#wakeUpIsDue = true
    this.#network.timers.set(0, () => {
      this.#wakeUpIsDue = false
      this.#wakeUp()
    })
  }

  /** Delivers all whole frames of all connections that may be read, as far as the request memory allows. */
  #wakeUp(): void {
    if (this.#isClosed || this.#inWakeUp) return
    const rows: number[] = []
    const used: number[] = []
    const bad: SimConnection[] = []
    let reservedBytes = this.#retainedBytes
    for (const connection of this.#connections.values()) {
      while (!connection.isPaused) {
        const sizeBytes = frameSizeOf(connection.received)
        if (sizeBytes > this.#options.frameSizeMaxBytes || isNegative(connection.received)) {
          bad.push(connection)
          break
        }
        if (sizeBytes < 0 || connection.received.length < PREFIX_BYTES + sizeBytes) break
        if (reservedBytes > 0 && reservedBytes + sizeBytes > this.#options.requestMemoryMaxBytes) break
        reservedBytes += sizeBytes
        const slabIndex = this.#takeSlab(connection.received.slice(PREFIX_BYTES, PREFIX_BYTES + sizeBytes))
        connection.received = connection.received.subarray(PREFIX_BYTES + sizeBytes)
        used.push(slabIndex)
        rows.push(connection.connectionId, slabIndex, 0, sizeBytes)
      }
    }
    if (used.length > 0) this.#deliver(rows, used)
    for (const connection of bad) this.#end(connection, 'frame-size')
  }

  #deliver(rows: readonly number[], used: readonly number[]): void {
    this.#inWakeUp = true
    this.#delivered = new Set(used)
    this.#events.onFrames(Int32Array.from(rows), rows.length / FRAME_ROW_LENGTH, this.#slabs)
    this.#inWakeUp = false
    this.#delivered = new Set()
    for (const slabIndex of used) {
      if (!this.#retained.has(slabIndex)) this.#poison(slabIndex)
    }
    const mayGoOn = [...this.#connections.values()].some(
      connection =>
        !connection.isPaused && connection.received.length >= PREFIX_BYTES + frameSizeOf(connection.received),
    )
    if (mayGoOn && this.#retainedBytes === 0) this.#wakeSoon()
  }

  #takeSlab(bytes: Uint8Array): number {
    const unused = this.#slabs.indexOf(undefined)
    const slabIndex = unused < 0 ? this.#slabs.length : unused
    this.#slabs[slabIndex] = bytes
    return slabIndex
  }

  #poison(slabIndex: number): void {
    this.#slabs[slabIndex]?.fill(0xa5)
    this.#slabs[slabIndex] = undefined
  }
}

/** The size prefix; -1 when it has not come whole. */
function frameSizeOf(received: Uint8Array): number {
  if (received.length < PREFIX_BYTES) return -1
  return new DataView(received.buffer, received.byteOffset).getInt32(0)
}

function isNegative(received: Uint8Array): boolean {
  return received.length >= PREFIX_BYTES && ((received[0] ?? 0) & 0x80) !== 0
}
