import { expect, test } from 'vitest'
import { SimNetwork, type SimSocket, SimTransport } from '../native/sim-transport.ts'
import { VirtualTime } from '../platform/virtual-time.ts'
import type { Connection, RequestSlot } from './connection.ts'
import { WIDE_OPTIONS } from './network-options.test-support.ts'
import { NetworkServer, type NetworkServerOptions } from './server.ts'

const OPTIONS: NetworkServerOptions = {
  ...WIDE_OPTIONS,
  slotsMax: 8,
  waitingFramesMax: 4,
  waitingBytesMax: 100_000,
  idleMs: 60_000,
  unfinishedFrameMs: 5_000,
  connectionsPerAddressMax: 3,
}

interface Handled {
  readonly connection: Connection
  readonly slot: RequestSlot
  readonly bytes: Uint8Array
}

const PRODUCE = 0
const METADATA = 3

/** A request: api key, then one byte that names it. */
function request(apiKey: number, name: number, sizeBytes = 3): Uint8Array {
  const bytes = new Uint8Array(4 + sizeBytes)
  new DataView(bytes.buffer).setInt32(0, sizeBytes)
  new DataView(bytes.buffer).setInt16(4, apiKey)
  bytes[6] = name
  return bytes
}

function answer(slot: RequestSlot, ...bytes: number[]): void {
  slot.complete({ buffer: Uint8Array.from(bytes), start: 0, end: bytes.length, holes: [] })
}

function world(
  options: Partial<NetworkServerOptions> = {},
  onRequest: (handled: Handled) => void = () => {},
) {
  const time = new VirtualTime()
  const network = new SimNetwork(time.timers)
  const handled: Handled[] = []
  const disk = {
    pread: (file: number, into: Uint8Array, position: number) => {
      for (let i = 0; i < into.length; i += 1) into[i] = file * 100 + position + i
      return into.length
    },
  }
  const server = new NetworkServer(
    {
      clock: time.clock,
      timers: time.timers,
      createTransport: (transportOptions, events) =>
        new SimTransport(network, disk, transportOptions, events),
    },
    { ...OPTIONS, ...options },
    {
      onRequest: (slot, { bytes, start, end }) => {
        const one = { connection: slot.connection, slot, bytes: bytes.slice(start, end) }
        handled.push(one)
        onRequest(one)
      },
      onPassEnd: () => {},
      onSent: () => {},
      canOverlap: (pending, apiKey) => apiKey === PRODUCE && pending.every(slot => slot.apiKey === PRODUCE),
      onConnectionOpened: () => {},
      onConnectionClosed: () => {},
    },
  )
  server.listen({ name: 'PLAINTEXT', host: 'localhost', port: 9092 }, 0)
  return { time, network, server, handled }
}

function client(network: SimNetwork, remoteAddress = '10.0.0.1') {
  const socket = network.connect(9092, remoteAddress) as SimSocket
  const received: number[] = []
  const state = { isClosed: false }
  socket.onData = bytes => received.push(...bytes)
  socket.onClose = () => {
    state.isClosed = true
  }
  return { socket, received, state }
}

test('answers of overlapping requests leave in the order of the requests, whichever is ready first', () => {
  const { time, network, server, handled } = world()
  const { socket, received } = client(network)
  for (const name of [1, 2, 3]) socket.write(request(PRODUCE, name))
  time.advance(1)
  expect(handled.map(({ bytes }) => bytes[2])).toEqual([1, 2, 3])
  for (const i of [2, 1]) answer(handled[i]?.slot as RequestSlot, i + 1)
  server.flush()
  time.advance(1)
  expect(received).toEqual([])
  answer(handled[0]?.slot as RequestSlot, 1)
  server.flush()
  time.advance(1)
  expect(received).toEqual([0, 0, 0, 1, 1, 0, 0, 0, 1, 2, 0, 0, 0, 1, 3])
})

test('without overlap a request starts when the one before it has been answered', () => {
  const { time, network, server, handled } = world()
  const { socket, received } = client(network)
  for (const name of [1, 2]) socket.write(request(METADATA, name))
  socket.write(request(PRODUCE, 3))
  time.advance(1)
  expect(handled.length).toBe(1)
  answer(handled[0]?.slot as RequestSlot, 1)
  server.flush()
  expect(handled.length).toBe(2)
  answer(handled[1]?.slot as RequestSlot, 2)
  server.flush()
  expect(handled.map(({ bytes }) => bytes[2])).toEqual([1, 2, 3])
  time.advance(1)
  expect(received).toEqual([0, 0, 0, 1, 1, 0, 0, 0, 1, 2])
})

test('answers given at once leave with the wake-up; one without bytes leaves a gap that nobody sees', () => {
  const { time, network, handled } = world({}, ({ slot, bytes }) => {
    if (bytes[2] === 2) slot.complete(null)
    else answer(slot, bytes[2] ?? 0)
  })
  const { socket, received } = client(network)
  for (const name of [1, 2, 3]) socket.write(request(METADATA, name))
  time.advance(1)
  expect(handled.length).toBe(3)
  expect(received).toEqual([0, 0, 0, 1, 1, 0, 0, 0, 1, 3])
})

test('what waits on one connection is bounded, the others go on', () => {
  const { time, network, server, handled } = world({ slotsMax: 2 })
  const { socket } = client(network)
  const other = client(network)
  for (let name = 0; name < 50; name += 1) {
    socket.write(request(METADATA, name))
    time.advance(1)
  }
  const [connection] = server.connections()
  expect(connection?.frameCount).toBe(1 + OPTIONS.waitingFramesMax)
  other.socket.write(request(METADATA, 99))
  time.advance(1)
  expect(handled.map(({ bytes }) => bytes[2])).toEqual([0, 99])
  for (let i = 0; handled.length < 51; i += 1) {
    const next = handled[i] as Handled
    answer(next.slot, 0)
    server.flush()
    time.advance(1)
  }
  expect(handled.filter(({ bytes }) => bytes[2] !== 99).map(({ bytes }) => bytes[2])).toEqual([
    ...Array(50).keys(),
  ])
})

test('large frames that wait keep their slab, and give it back', () => {
  const { time, network, server, handled } = world({ requestMemoryMaxBytes: 300_000 })
  const { socket } = client(network)
  for (const name of [1, 2, 3, 4, 5]) socket.write(request(METADATA, name, 90_000))
  time.advance(1)
  for (let i = 0; i < 5; i += 1) {
    expect(handled[i]?.bytes[2]).toBe(i + 1)
    answer(handled[i]?.slot as RequestSlot, 0)
    server.flush()
    time.advance(1)
  }
})

test('a client that leaves gives back the memory of what it had waiting', () => {
  const { time, network, handled } = world({ requestMemoryMaxBytes: 300_000, waitingBytesMax: 1_000_000 })
  const leaving = client(network)
  for (const name of [1, 2, 3, 4]) leaving.socket.write(request(METADATA, name, 90_000))
  time.advance(1)
  leaving.socket.close()
  time.advance(1)
  const { socket } = client(network)
  socket.write(request(METADATA, 5, 290_000))
  time.advance(1)
  expect(handled.map(({ bytes }) => bytes[2])).toEqual([1, 5])
})

test('who holds the memory that others need, behind a request without an answer, is closed; else he waits', () => {
  const options = { requestMemoryMaxBytes: 300_000, waitingBytesMax: 1_000_000, idleMs: 0 }
  const { time, network, server, handled } = world(options)
  const holder = client(network)
  holder.socket.write(request(METADATA, 1))
  holder.socket.write(request(METADATA, 2, 290_000))
  time.advance(100_000)
  expect([holder.state.isClosed, handled.length]).toEqual([false, 1])
  const other = client(network)
  other.socket.write(request(METADATA, 3, 100_000))
  time.advance(4_000)
  // It goes on: its time begins anew.
  answer(handled[0]!.slot, 0)
  server.flush()
  holder.socket.write(request(METADATA, 4, 290_000))
  other.socket.write(request(METADATA, 5, 100_000))
  time.advance(4_000)
  expect([holder.state.isClosed, handled.length]).toEqual([false, 3])
  time.advance(5_000)
  expect([holder.state.isClosed, other.state.isClosed, server.counters.memoryHolderCloses]).toEqual([
    true,
    false,
    1,
  ])
  answer(handled[2]!.slot, 0)
  server.flush()
  time.advance(1)
  expect(handled).toHaveLength(4)
})

test('file ranges stand where their holes are, and count in the size', () => {
  const { time, network } = world({}, ({ slot }) => {
    const holes = [
      { at: 2, range: { file: 1, position: 10, sizeBytes: 2 } },
      { at: 3, range: { file: 2, position: 0, sizeBytes: 1 } },
    ]
    slot.complete({ buffer: Uint8Array.of(9, 7, 8, 9, 9), start: 1, end: 4, holes })
  })
  const { socket, received } = client(network)
  socket.write(request(METADATA, 1))
  time.advance(1)
  expect(received).toEqual([0, 0, 0, 6, 7, 110, 111, 8, 200, 9])
})

test('close lets the answers of started requests leave and takes no more', () => {
  const { time, network, server, handled } = world()
  const { socket, received, state } = client(network)
  for (const name of [1, 2]) socket.write(request(METADATA, name))
  time.advance(1)
  const { connection, slot } = handled[0] as Handled
  connection.close()
  server.flush()
  time.advance(1)
  expect(state.isClosed).toBe(false)
  answer(slot, 5)
  server.flush()
  time.advance(1)
  expect(received).toEqual([0, 0, 0, 1, 5])
  expect(state.isClosed).toBe(true)
  expect(handled.length).toBe(1)
  expect(server.connectionCount).toBe(0)
})

test('an answer for a connection that is gone is dropped', () => {
  const { time, network, server, handled } = world()
  const { socket } = client(network)
  socket.write(request(METADATA, 1))
  time.advance(1)
  socket.close()
  time.advance(1)
  expect(server.connectionCount).toBe(0)
  answer(handled[0]?.slot as RequestSlot, 1)
  server.flush()
})

test('NET-8: an idle connection is closed after connections.max.idle.ms, one with a pending request is not', () => {
  const { time, network, server } = world({ connectionsPerAddressMax: 10 })
  const idle = client(network)
  const busy = client(network)
  busy.socket.write(request(METADATA, 1))
  time.advance(59_000)
  expect(idle.state.isClosed).toBe(false)
  time.advance(20_000)
  expect(idle.state.isClosed).toBe(true)
  expect(busy.state.isClosed).toBe(false)
  expect(server.counters.idleCloses).toBe(1)
})

test('half a frame is not waited for for ever', () => {
  const { time, network, server } = world({ idleMs: 0 })
  const half = client(network)
  half.socket.write(request(METADATA, 1).subarray(0, 5))
  time.advance(4_000)
  expect(half.state.isClosed).toBe(false)
  time.advance(5_000)
  expect(half.state.isClosed).toBe(true)
  expect(server.counters.unfinishedFrameCloses).toBe(1)
})

test('a size alone buys a frame no time; a sender that goes on may take its own', () => {
  const { time, network, server } = world({ idleMs: 0 })
  const large = request(METADATA, 1, 1_000_000)
  const silent = client(network)
  const slow = client(network)
  silent.socket.write(large.subarray(0, 5))
  for (let sent = 0; sent < 400_000; sent += 20_000) {
    slow.socket.write(large.subarray(sent, sent + 20_000))
    time.advance(1_000)
  }
  expect([silent.state.isClosed, slow.state.isClosed]).toEqual([true, false])
  time.advance(20_000)
  expect(slow.state.isClosed).toBe(true)
  expect(server.counters.unfinishedFrameCloses).toBe(2)
})

test('max.connections.per.ip refuses the next one from that address only', () => {
  const { time, network, server } = world()
  const clients = [1, 2, 3, 4].map(() => client(network))
  const other = client(network, '10.0.0.2')
  time.advance(1)
  expect(clients.map(({ state }) => state.isClosed)).toEqual([false, false, false, true])
  expect(other.state.isClosed).toBe(false)
  expect(server.counters.connectionsRefused).toBe(1)
  clients[0]?.socket.close()
  time.advance(1)
  const again = client(network)
  time.advance(1)
  expect(again.state.isClosed).toBe(false)
})

test('whenEmpty waits for the last connection, and not at all when there is none', async () => {
  const { time, network, server } = world()
  await server.whenEmpty()
  const { socket } = client(network)
  time.advance(1)
  let isEmpty = false
  const empty = server.whenEmpty().then(() => {
    isEmpty = true
  })
  await new Promise(resolve => setImmediate(resolve))
  expect(isEmpty).toBe(false)
  socket.close()
  time.advance(1)
  await empty
})

test('behind a request that holds its connection back nothing is handled or read, until it lets go', () => {
  const { time, network, server, handled } = world({}, ({ connection, bytes }) => {
    if (bytes[2] === 1) for (let count = 0; count < 2; count += 1) connection.holdBack()
  })
  const { socket, received } = client(network)
  for (const name of [1, 2]) socket.write(request(PRODUCE, name))
  time.advance(1)
  const names = () => handled.map(({ bytes }) => bytes[2])
  expect(names()).toEqual([1])
  const other = client(network, '10.0.0.2')
  other.socket.write(request(METADATA, 7))
  for (let name = 3; name < 20; name += 1) socket.write(request(PRODUCE, name))
  time.advance(1)
  expect(names()).toEqual([1, 7])
  const { connection, slot } = handled[0]!
  expect(connection.waitingCount).toBe(1)
  connection.goOn()
  server.flush()
  time.advance(1)
  expect(names()).toEqual([1, 7])
  answer(slot, 1)
  server.flush()
  connection.goOn()
  server.flush()
  time.advance(1)
  expect(names().slice(0, 9)).toEqual([1, 7, 2, 3, 4, 5, 6, 7, 8])
  expect(received).toEqual([0, 0, 0, 1, 1])
})

test('what a connection that is held back has sent beyond that is counted, until it goes on or is gone', () => {
  const isFirst = new Set<Connection>()
  const { time, network, server, handled } = world({}, ({ connection }) => {
    if (!isFirst.has(connection)) connection.holdBack()
    isFirst.add(connection)
  })
  const clients = [client(network), client(network, '10.0.0.2')]
  for (const [index, sizeBytes] of [300_000, 100_000].entries()) {
    clients[index]?.socket.write(request(PRODUCE, 1, 10))
    clients[index]?.socket.write(request(PRODUCE, 2, sizeBytes))
  }
  time.advance(1)
  expect([handled.length, server.heldBackBytes]).toEqual([2, 400_000])
  // The smaller one is a copy: its slab may be one that others share.
  expect(handled.map(({ connection }) => connection.holdsMemory)).toEqual([true, false])
  handled[0]?.connection.goOn()
  server.flush()
  expect([handled.length, server.heldBackBytes]).toEqual([3, 100_000])
  clients[1]?.socket.close()
  time.advance(1)
  expect(server.heldBackBytes).toBe(0)
})
