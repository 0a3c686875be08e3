import { once } from 'node:events'
import { connect, type Socket } from 'node:net'
import { afterEach, expect, test, vi } from 'vitest'
import type { TransportEvents, TransportOptions } from '../base/transport.ts'
import { loadNativeBinding } from '../native/load.ts'
import { NativeTransport } from '../native/transport.ts'
import type { Connection, RequestSlot } from '../network/connection.ts'
import type { Frame } from '../network/frame.ts'
import { WIDE_OPTIONS } from '../network/network-options.test-support.ts'
import { NetworkServer } from '../network/server.ts'
import { SystemClock } from '../platform/system-clock.ts'
import { SystemTimers } from '../platform/system-timers.ts'
import type { HeldQueue } from '../replication/held-queue.ts'
import { ProducerHold } from '../replication/producer-hold.ts'
import { UnflushedBytes } from '../storage/unflushed-bytes.ts'

const FRAME_BYTES = 1024 * 1024
const REQUEST_MEMORY_BYTES = 20 * FRAME_BYTES
const PRODUCERS = 40
const TO_HUNG = 1
const TO_HEALTHY = 2
const FRAMES_EACH = 3
const SETTLING = { timeout: 4000, interval: 5 }

/** Real sockets before two directories, of which one takes nothing. */
class World {
  readonly #clock = new SystemClock()
  readonly #timers = new SystemTimers()
  readonly #server: NetworkServer
  readonly #hold: ProducerHold
  readonly #queue: HeldQueue
  readonly #sockets: Socket[] = []
  readonly #port: number
  readonly #refusedCounts = new Map<Connection, number>()
  heldCount = 0
  /** Producers of whose frames no other one is looked at: one is held, or all were refused. */
  settledCount = 0

  constructor() {
    const clock = this.#clock
    const timers = this.#timers
    this.#hold = new ProducerHold({
      clock,
      timers,
      schedulePass: () => {},
      heldMaxBytes: REQUEST_MEMORY_BYTES / 2,
      waitingBehindBytes: () => this.#server.heldBackBytes,
    })
    const hung = new UnflushedBytes(1, () => {})
    hung.written(1)
    this.#queue = this.#hold.queueOf(hung)
    this.#server = this.#createServer()
    this.#port = this.#server.listen({ name: 'PLAINTEXT', host: '127.0.0.1', port: 0 }, 0).port
  }

  get heldBackBytes(): number {
    return this.#server.heldBackBytes
  }

  async connect(): Promise<Socket> {
    const socket = connect(this.#port, '127.0.0.1')
    socket.on('error', () => {})
    this.#sockets.push(socket)
    await once(socket, 'connect')
    return socket
  }

  close(): void {
    for (const socket of this.#sockets) socket.destroy()
    this.#hold.close()
    this.#server.close()
  }

  #createServer(): NetworkServer {
    const options = {
      ...WIDE_OPTIONS,
      frameSizeMaxBytes: 2 * FRAME_BYTES,
      requestMemoryMaxBytes: REQUEST_MEMORY_BYTES,
      waitingBytesMax: 8 * FRAME_BYTES,
    }
    const environment = {
      clock: this.#clock,
      timers: this.#timers,
      createTransport: (transport: TransportOptions, events: TransportEvents) =>
        new NativeTransport(loadNativeBinding(), transport, events),
    }
    return new NetworkServer(environment, options, {
      onRequest: (slot, frame) => this.#onRequest(slot, frame),
      onPassEnd: () => {},
      onSent: () => {},
      canOverlap: () => true,
      onConnectionOpened: () => {},
      onConnectionClosed: () => {},
    })
  }

  #onRequest(slot: RequestSlot, { bytes, start, end, slabIndex }: Frame): void {
    const answer = () =>
      slot.complete({ buffer: Uint8Array.of(bytes[start + 2]!), start: 0, end: 1, holes: [] })
    if (bytes[start + 2] === TO_HEALTHY) return answer()
    const batch = bytes.subarray(start, end)
    const onHeld = () => {
      this.heldCount += 1
      this.settledCount += 1
      slot.connection.holdBack()
      this.#server.retainSlab(slabIndex)
    }
    const deadlineMs = Number.POSITIVE_INFINITY
    const onAdmitted = () => {
      answer()
      this.#countRefused(slot.connection)
    }
    const offer = { batch, nowMs: 0, deadlineMs, heldBytes: batch.length, onHeld, onAdmitted }
    this.#hold.push(this.#queue, offer, () => {})
  }

  #countRefused(connection: Connection): void {
    const count = (this.#refusedCounts.get(connection) ?? 0) + 1
    this.#refusedCounts.set(connection, count)
    if (count === FRAMES_EACH) this.settledCount += 1
  }
}

function frame(directory: number): Buffer {
  const bytes = Buffer.alloc(4 + FRAME_BYTES)
  bytes.writeInt32BE(FRAME_BYTES, 0)
  bytes[6] = directory
  return bytes
}

let world: World

afterEach(() => world.close())

test('large frames that follow those that are held back leave memory to producers of other directories', async () => {
  world = new World()
  for (let index = 0; index < PRODUCERS; index += 1) {
    const socket = await world.connect()
    socket.write(Buffer.concat(Array.from({ length: FRAMES_EACH }, () => frame(TO_HUNG))))
  }
  await vi.waitFor(() => expect(world.settledCount).toBe(PRODUCERS), SETTLING)
  expect(world.heldCount).toBeGreaterThan(1)
  expect(world.heldCount * FRAME_BYTES + world.heldBackBytes).toBeLessThan(0.6 * REQUEST_MEMORY_BYTES)
  const healthy = await world.connect()
  healthy.write(frame(TO_HEALTHY))
  const [answer] = await once(healthy, 'data')
  expect([...(answer as Buffer)]).toEqual([0, 0, 0, 1, TO_HEALTHY])
})
