import { once } from 'node:events'
import { connect, type Socket } from 'node:net'
import { expect, test } from 'vitest'
import { loadNativeBinding } from '../native/load.ts'
import { NativeTransport } from '../native/transport.ts'
import { SystemClock } from '../platform/system-clock.ts'
import { SystemTimers } from '../platform/system-timers.ts'
import type { RequestSlot } from './connection.ts'
import { WIDE_OPTIONS } from './network-options.test-support.ts'
import { NetworkServer, type NetworkServerOptions } from './server.ts'

const CLIENTS = 16
const REQUESTS = 2000

async function answersOf(socket: Socket, count: number): Promise<number[]> {
  const names: number[] = []
  let buffer = Buffer.alloc(0)
  for await (const chunk of socket) {
    buffer = Buffer.concat([buffer, chunk as Buffer])
    while (buffer.length >= 8) {
      names.push(buffer.readInt32BE(4))
      buffer = buffer.subarray(8)
    }
    if (names.length === count) break
  }
  return names
}

const OPTIONS: NetworkServerOptions = { ...WIDE_OPTIONS, slotsMax: 5 }

const HANDLER = {
  onPassEnd: () => {},
  onSent: () => {},
  canOverlap: () => false,
  onConnectionOpened: () => {},
  onConnectionClosed: () => {},
}

test('NET: pipelined requests of many connections, answered late and out of order, come back in order', async () => {
  const binding = loadNativeBinding()
  let parked: { slot: RequestSlot; name: Uint8Array }[] = []
  const complete = ({ slot, name }: { slot: RequestSlot; name: Uint8Array }) =>
    slot.complete({ buffer: name, start: 0, end: 4, holes: [] })
  const server = new NetworkServer(
    {
      clock: new SystemClock(),
      timers: new SystemTimers(),
      createTransport: (options, events) => new NativeTransport(binding, options, events),
    },
    OPTIONS,
    {
      ...HANDLER,
      onRequest: (slot, { bytes, start }) => {
        parked.push({ slot, name: bytes.slice(start + 2, start + 6) })
      },
      onPassEnd: () => {
        const now = parked.filter((_, i) => i % 3 === 0)
        parked = parked.filter((_, i) => i % 3 !== 0)
        for (const one of now.reverse()) complete(one)
      },
      onSent: () => {},
      canOverlap: () => true,
    },
  )
  const { port } = server.listen({ name: 'PLAINTEXT', host: 'localhost', port: 0 }, 0)
  const completer = setInterval(() => {
    const now = parked
    parked = []
    for (const one of now.reverse()) complete(one)
    server.flush()
  }, 1)
  const sockets = Array.from({ length: CLIENTS }, (_, i) => connect(port, i % 2 === 0 ? '127.0.0.1' : '::1'))
  const results = sockets.map(socket => answersOf(socket, REQUESTS))
  for (const socket of sockets) {
    const all = Buffer.alloc(REQUESTS * 10)
    for (let i = 0; i < REQUESTS; i += 1) {
      all.writeInt32BE(6, i * 10)
      all.writeInt32BE(i, i * 10 + 6)
    }
    socket.write(all)
  }
  const expected = Array.from({ length: REQUESTS }, (_, i) => i)
  for (const result of results) expect(await result).toEqual(expected)
  expect(server.counters.framesReceived).toBe(CLIENTS * REQUESTS)
  clearInterval(completer)
  for (const socket of sockets) socket.destroy()
  server.close()
})

test.each([
  ['at once', 1],
  ['every other one in a turn of its own', 2],
])(
  'a client that does not read is answered no more than sockets and high water hold: %s',
  async (_name, every) => {
    const count = 60
    const answerBytes = new Uint8Array(2_000_000)
    let handled = 0
    const server = new NetworkServer(
      {
        clock: new SystemClock(),
        timers: new SystemTimers(),
        createTransport: (options, events) => new NativeTransport(loadNativeBinding(), options, events),
      },
      { ...OPTIONS, waitingFramesMax: count },
      {
        ...HANDLER,
        onRequest: slot => {
          handled += 1
          const complete = () =>
            slot.complete({ buffer: answerBytes, start: 0, end: answerBytes.length, holes: [] })
          if (handled % every === 0) complete()
          else {
            setImmediate(() => {
              complete()
              server.flush()
            })
          }
        },
      },
    )
    const { port } = server.listen({ name: 'PLAINTEXT', host: 'localhost', port: 0 }, 0)
    const socket = connect(port, '127.0.0.1')
    socket.pause()
    await once(socket, 'connect')
    const request = Buffer.from([0, 0, 0, 2, 0, 3])
    socket.write(Buffer.concat(Array.from({ length: count }, () => request)))
    await new Promise(resolve => setTimeout(resolve, 300))
    expect(handled).toBeGreaterThan(0)
    expect(handled).toBeLessThan(15)
    let received = 0
    socket.on('data', bytes => {
      received += bytes.length
      if (received === count * (answerBytes.length + 4)) socket.destroy()
    })
    socket.resume()
    await once(socket, 'close')
    expect([handled, received]).toEqual([count, count * (answerBytes.length + 4)])
    server.close()
  },
)
