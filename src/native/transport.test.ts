import { execFileSync } from 'node:child_process'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { connect, type Socket } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, expect, test } from 'vitest'
import {
  NetworkError,
  SEND_ROW_LENGTH,
  type TransportEvents,
  type TransportOptions,
} from '../base/transport.ts'
import { loadNativeBinding } from './load.ts'
import { NativeTransport } from './transport.ts'

const binding = loadNativeBinding()
const closers: (() => void)[] = []
afterEach(() => {
  for (const close of closers.splice(0)) close()
})

const OPTIONS: TransportOptions = {
  frameSizeMaxBytes: 64 * 1024 * 1024,
  requestMemoryMaxBytes: 64 * 1024 * 1024,
  connectionsMax: 1000,
  sendQueueHighWaterBytes: 1024 * 1024,
}

interface Row {
  readonly connectionId: number
  readonly slabIndex: number
  readonly bytes: Uint8Array
}

/** A transport whose frames go to `onRows`, with a log of everything else. */
function open(options: Partial<TransportOptions>, onRows: (rows: Row[], transport: NativeTransport) => void) {
  const opened: { connectionId: number; address: string }[] = []
  const closed: { connectionId: number; reason: string }[] = []
  const drained: number[] = []
  let wakeUps = 0
  const events: TransportEvents = {
    onConnection: (connectionId, _listenerId, address) => opened.push({ connectionId, address }),
    onFrames: (rows, count, slabs) => {
      wakeUps += 1
      const list: Row[] = []
      for (let i = 0; i < count; i += 1) {
        const [connectionId = -1, slabIndex = -1, start = 0, size = 0] = rows.subarray(i * 4, i * 4 + 4)
        const slab = slabs[slabIndex]
        if (slab === undefined) throw new Error('a row names no slab')
        list.push({ connectionId, slabIndex, bytes: slab.subarray(start, start + size) })
      }
      onRows(list, transport)
    },
    onClose: (connectionId, reason) => closed.push({ connectionId, reason }),
    onDrain: connectionId => drained.push(connectionId),
  }
  const transport = new NativeTransport(binding, { ...OPTIONS, ...options }, events)
  let isOpen = true
  const close = () => {
    if (isOpen) transport.close()
    isOpen = false
  }
  closers.push(close)
  const port = transport.listen('127.0.0.1', 0, 7)
  return { transport, port, opened, closed, drained, close, wakeUps: () => wakeUps }
}

function frame(bytes: Uint8Array): Buffer {
  const whole = Buffer.alloc(4 + bytes.length)
  whole.writeInt32BE(bytes.length, 0)
  whole.set(bytes, 4)
  return whole
}

function echo(rows: Row[], transport: NativeTransport): void {
  const arena = Buffer.concat(rows.map(row => frame(row.bytes)))
  const out = new Float64Array(rows.length * SEND_ROW_LENGTH)
  let start = 0
  for (const [i, row] of rows.entries()) {
    out.set([row.connectionId, start, row.bytes.length + 4, -1, 0, 0], i * SEND_ROW_LENGTH)
    start += row.bytes.length + 4
  }
  transport.send(arena, out, rows.length)
}

async function client(port: number): Promise<Socket> {
  const socket = connect(port, '127.0.0.1')
  socket.on('error', () => socket.destroy())
  closers.push(() => socket.destroy())
  await new Promise(resolve => socket.once('connect', resolve))
  socket.setNoDelay(true)
  return socket
}

async function received(socket: Socket, sizeBytes: number): Promise<Buffer> {
  const chunks: Buffer[] = []
  let total = 0
  while (total < sizeBytes) {
    const chunk = socket.read() as Buffer | null
    if (chunk === null) {
      if (socket.destroyed || socket.readableEnded) throw new Error(`closed after ${total} bytes`)
      await new Promise<void>(resolve => {
        const wake = () => {
          socket.off('readable', wake)
          socket.off('close', wake)
          resolve()
        }
        socket.on('readable', wake)
        socket.on('close', wake)
      })
      continue
    }
    chunks.push(chunk)
    total += chunk.length
  }
  return Buffer.concat(chunks)
}

async function until(condition: () => boolean, what: string): Promise<void> {
  for (let i = 0; i < 1000; i += 1) {
    if (condition()) return
    await new Promise(resolve => setTimeout(resolve, 5))
  }
  throw new Error(`waited in vain: ${what}`)
}

function pattern(sizeBytes: number, seed: number): Uint8Array {
  const bytes = new Uint8Array(sizeBytes)
  for (let i = 0; i < sizeBytes; i += 1) bytes[i] = (i * 31 + seed * 7 + (i >> 8)) & 255
  return bytes
}

test('a frame sent byte by byte arrives whole', async () => {
  const { port } = open({}, echo)
  const socket = await client(port)
  const whole = Buffer.concat([frame(pattern(40, 1)), frame(pattern(0, 0)), frame(pattern(9, 2))])
  for (let i = 0; i < whole.length; i += 1) {
    socket.write(whole.subarray(i, i + 1))
    await new Promise(resolve => setImmediate(resolve))
  }
  expect(await received(socket, whole.length)).toEqual(whole)
})

test('frames cut in two at each place arrive whole', async () => {
  const { port } = open({}, echo)
  const socket = await client(port)
  const whole = Buffer.concat([frame(pattern(30, 1)), frame(pattern(20, 2))])
  for (let cut = 1; cut < whole.length; cut += 1) {
    socket.write(whole.subarray(0, cut))
    await new Promise(resolve => setImmediate(resolve))
    socket.write(whole.subarray(cut))
    expect(await received(socket, whole.length)).toEqual(whole)
  }
})

test('frames of every size class, cut anywhere, keep their bytes and order', async () => {
  const { port } = open({}, echo)
  const socket = await client(port)
  const sizes = [
    1, 16_383, 16_384, 16_385, 100, 70_000, 5, 262_144, 300_000, 3, 3_000_000, 20_000, 20_000, 6_000_000, 1,
  ]
  const whole = Buffer.concat(sizes.map((size, i) => frame(pattern(size, i))))
  const answer = received(socket, whole.length)
  let position = 0
  for (let i = 0; position < whole.length; i += 1) {
    const end = position + 1 + ((i * 7919) % 50_000)
    socket.write(whole.subarray(position, end))
    position = end
    if (i % 5 === 0) await new Promise(resolve => setImmediate(resolve))
  }
  expect((await answer).equals(whole)).toBe(true)
})

test('100,000 pipelined frames come in few wake-ups', async () => {
  const server = open({}, echo)
  const socket = await client(server.port)
  const one = frame(pattern(50, 3))
  const whole = Buffer.concat(Array.from({ length: 100_000 }, () => one))
  const answer = received(socket, whole.length)
  socket.write(whole)
  expect((await answer).equals(whole)).toBe(true)
  expect(server.wakeUps()).toBeLessThan(5000)
})

test.each([
  ['negative', -1],
  ['larger than allowed', 1001],
])('LIM: a %s frame size ends the connection, what came before is delivered', async (_name, size) => {
  const seen: number[] = []
  const server = open({ frameSizeMaxBytes: 1000 }, rows => seen.push(...rows.map(row => row.bytes.length)))
  const socket = await client(server.port)
  const bad = Buffer.alloc(4)
  bad.writeInt32BE(size)
  socket.write(Buffer.concat([frame(pattern(1000, 0)), bad]))
  await until(() => server.closed.length === 1, 'the close')
  expect(server.closed[0]?.reason).toBe('frame-size')
  expect(seen).toEqual([1000])
})

test('a reader that is slow holds back its own requests and bounds what is kept for it', async () => {
  let handled = 0
  const answerBytes = 100_000
  const arena = new Uint8Array(answerBytes)
  const server = open({ sendQueueHighWaterBytes: 500_000 }, (rows, transport) => {
    handled += rows.length
    for (const row of rows) {
      transport.send(arena, Float64Array.of(row.connectionId, 0, answerBytes, -1, 0, 0), 1)
    }
  })
  const socket = await client(server.port)
  socket.pause()
  const requests = 300
  let sent = 0
  const request = frame(pattern(60_000, 1))
  const pump = () => {
    while (sent < requests) {
      sent += 1
      if (!socket.write(request)) return
    }
  }
  socket.on('drain', pump)
  pump()
  await until(() => handled > 3, 'some requests')
  await new Promise(resolve => setTimeout(resolve, 200))
  const state = new Float64Array(4)
  expect(server.transport.connectionState(server.opened[0]?.connectionId ?? -1, state)).toBe(true)
  expect(handled).toBeLessThan(requests)
  expect(state[2]).toBeLessThan(500_000 + 40 * answerBytes)
  expect(state[3]).toBe(0)
  await received(socket, requests * answerBytes)
  expect(handled).toBe(requests)
  await until(() => server.drained.length > 0, 'the drain event')
})

test('LIM-2: request memory bounds what is read; those who wait go on when a slab is released', async () => {
  const held: number[] = []
  let handled = 0
  // A sixteenth of it is for small frames.
  const server = open({ requestMemoryMaxBytes: 320_000 }, (rows, transport) => {
    for (const row of rows) {
      handled += 1
      transport.retainSlab(row.slabIndex)
      held.push(row.slabIndex)
    }
  })
  const sockets = await Promise.all([1, 2, 3, 4].map(() => client(server.port)))
  for (const socket of sockets) socket.write(frame(pattern(100_000, 1)))
  await until(() => handled === 3, 'three frames')
  await new Promise(resolve => setTimeout(resolve, 50))
  expect(handled).toBe(3)
  // Memory goes back by slab, and two frames may lie in one.
  for (const slab of held.splice(0)) server.transport.releaseSlab(slab)
  await until(() => handled === 4, 'the fourth')
  // One frame larger than the whole pool is let in when nothing else is held.
  sockets[0]?.write(frame(pattern(500_000, 2)))
  await new Promise(resolve => setTimeout(resolve, 50))
  expect(handled).toBe(4)
  for (const slab of held.splice(0)) server.transport.releaseSlab(slab)
  await until(() => handled === 5, 'the large frame')
})

test('LIM-2: a paused connection gets no memory, which it would not use; it queues again when it reads', async () => {
  const held: number[] = []
  const sizes: number[] = []
  const server = open({ requestMemoryMaxBytes: 320_000 }, (rows, transport) => {
    for (const { slabIndex, bytes } of rows) {
      sizes.push(bytes.length)
      transport.retainSlab(slabIndex)
      held.push(slabIndex)
    }
  })
  const holder = await client(server.port)
  const paused = await client(server.port)
  const other = await client(server.port)
  holder.write(frame(pattern(150_000, 1)))
  await until(() => sizes.length === 1, 'the first frame')
  paused.write(frame(pattern(200_000, 2)))
  await until(() => server.transport.isShortOfMemory(), 'a connection that waits')
  const { connectionId } = server.opened[1]!
  server.transport.pauseReading(connectionId)
  expect(server.transport.isShortOfMemory()).toBe(false)
  for (const slab of held.splice(0)) server.transport.releaseSlab(slab)
  other.write(frame(pattern(250_000, 3)))
  await until(() => sizes.length === 2, 'the frame of another')
  server.transport.resumeReading(connectionId)
  expect(server.transport.isShortOfMemory()).toBe(true)
  for (const slab of held.splice(0)) server.transport.releaseSlab(slab)
  await until(() => sizes.length === 3, 'the one that was paused')
  expect(sizes).toEqual([150_000, 250_000, 200_000])
})

test('a retained slab keeps its bytes while others are read', async () => {
  const kept: { bytes: Uint8Array; seed: number; slabIndex: number }[] = []
  let count = 0
  const server = open({}, (rows, transport) => {
    for (const row of rows) {
      if (count % 50 === 0) {
        transport.retainSlab(row.slabIndex)
        kept.push({ bytes: row.bytes, seed: count, slabIndex: row.slabIndex })
      }
      count += 1
    }
  })
  const socket = await client(server.port)
  for (let i = 0; i < 2000; i += 1) socket.write(frame(pattern(1000, i)))
  await until(() => count === 2000, 'all frames')
  expect(kept.length).toBe(40)
  for (const { bytes, seed, slabIndex } of kept) {
    expect(Buffer.compare(bytes, pattern(1000, seed))).toBe(0)
    server.transport.releaseSlab(slabIndex)
  }
  expect(() => server.transport.releaseSlab(kept[0]?.slabIndex ?? 0)).toThrow()
})

test('pauseReading holds frames back until resumeReading', async () => {
  let handled = 0
  const server = open({}, (rows, transport) => {
    handled += rows.length
    transport.pauseReading(rows[0]?.connectionId ?? -1)
  })
  const socket = await client(server.port)
  socket.write(frame(pattern(10, 1)))
  await until(() => handled === 1, 'the first')
  socket.write(frame(pattern(10, 1)))
  await new Promise(resolve => setTimeout(resolve, 50))
  expect(handled).toBe(1)
  server.transport.resumeReading(server.opened[0]?.connectionId ?? -1)
  await until(() => handled === 2, 'the second')
})

test('file ranges are sent behind the bytes of their row, small ones and large ones', async () => {
  const folder = mkdtempSync(join(tmpdir(), 'ottla-transport-'))
  closers.push(() => rmSync(folder, { recursive: true }))
  const content = Buffer.from(pattern(9_000_000, 5))
  writeFileSync(join(folder, 'segment'), content)
  const file = binding.fileOpen(join(folder, 'segment'), 0)
  const ranges = [
    [0, 10],
    [5, 20_000],
    [100, 32_768],
    [100, 32_769],
    [1, 8_000_000],
    [77, 1],
  ] as const
  const arena = Buffer.from('abcdefgh')
  const server = open({}, (rows, transport) => {
    const out = new Float64Array(ranges.length * SEND_ROW_LENGTH)
    for (const [i, [position, size]] of ranges.entries()) {
      out.set([rows[0]?.connectionId ?? -1, i, 2, file, position, size], i * SEND_ROW_LENGTH)
    }
    transport.send(arena, out, ranges.length)
    binding.fileClose(file)
  })
  const socket = await client(server.port)
  socket.write(frame(pattern(1, 1)))
  const expected = Buffer.concat(
    ranges.flatMap(([position, size], i) => [
      arena.subarray(i, i + 2),
      content.subarray(position, position + size),
    ]),
  )
  expect((await received(socket, expected.length)).equals(expected)).toBe(true)
})

test('a range that the file does not have ends the connection', async () => {
  const folder = mkdtempSync(join(tmpdir(), 'ottla-transport-'))
  closers.push(() => rmSync(folder, { recursive: true }))
  writeFileSync(join(folder, 'segment'), 'short')
  const file = binding.fileOpen(join(folder, 'segment'), 0)
  const server = open({}, (rows, transport) => {
    transport.send(new Uint8Array(0), Float64Array.of(rows[0]?.connectionId ?? -1, 0, 0, file, 0, 50_000), 1)
  })
  const socket = await client(server.port)
  socket.write(frame(pattern(1, 1)))
  await until(() => server.closed.length === 1, 'the close')
  binding.fileClose(file)
})

test('a draining close lets everything leave first, though the peer goes on sending', async () => {
  const answer = pattern(5_000_000, 9)
  const server = open({}, (rows, transport) => {
    const connectionId = rows[0]?.connectionId ?? -1
    transport.send(answer, Float64Array.of(connectionId, 0, answer.length, -1, 0, 0), 1)
    transport.closeConnection(connectionId, true)
  })
  const socket = await client(server.port)
  socket.write(Buffer.concat([frame(pattern(1, 1)), frame(pattern(100, 1))]))
  expect((await received(socket, answer.length)).equals(Buffer.from(answer))).toBe(true)
  await until(() => server.closed.length === 1, 'the close')
  expect(server.closed[0]?.reason).toBe('owner')
})

test('peers that reset with answers in flight end quietly', async () => {
  const server = open({}, (rows, transport) => {
    for (const row of rows) {
      transport.send(new Uint8Array(200_000), Float64Array.of(row.connectionId, 0, 200_000, -1, 0, 0), 1)
    }
  })
  for (let i = 0; i < 20; i += 1) {
    const socket = await client(server.port)
    socket.write(Buffer.concat(Array.from({ length: 50 }, () => frame(pattern(10, 1)))))
    if (i % 2 === 0) await new Promise(resolve => setImmediate(resolve))
    if (i % 3 === 0) socket.resetAndDestroy()
    else socket.destroy()
  }
  await until(() => server.closed.length === 20, 'all closes')
  expect(new Set(server.closed.map(({ connectionId }) => connectionId)).size).toBe(20)
})

test('beyond connectionsMax a connection is closed at once, later ones are served again', async () => {
  const server = open({ connectionsMax: 2 }, echo)
  const first = await client(server.port)
  await client(server.port)
  await until(() => server.opened.length === 2, 'two')
  await client(server.port)
  await until(() => server.closed.length === 1, 'the third')
  expect(server.closed[0]?.reason).toBe('connection-limit')
  first.destroy()
  await until(() => server.closed.length === 2, 'the first')
  const again = await client(server.port)
  again.write(frame(pattern(5, 5)))
  expect((await received(again, 9)).length).toBe(9)
})

test('two transports of one process are apart; a port in use is EADDRINUSE', async () => {
  const one = open({}, echo)
  const two = open({}, echo)
  expect(() => two.transport.listen('127.0.0.1', one.port, 0)).toThrow(NetworkError)
  const [left, right] = [await client(one.port), await client(two.port)]
  left.write(frame(pattern(5, 1)))
  right.write(frame(pattern(6, 1)))
  await received(left, 9)
  one.close()
  expect((await received(right, 10)).length).toBe(10)
  right.write(frame(pattern(7, 1)))
  expect((await received(right, 11)).length).toBe(11)
})

test('a listener on all addresses serves IPv4 too, and names the peer by its IPv4 address', async () => {
  const server = open({}, echo)
  const port = server.transport.listen('::', 0, 8)
  await client(port)
  await until(() => server.opened.length === 1, 'the connection')
  expect(server.opened[0]?.address).toBe('127.0.0.1')
})

test('stopAccepting leaves connections alone', async () => {
  const server = open({}, echo)
  const socket = await client(server.port)
  await until(() => server.opened.length === 1, 'the connection')
  server.transport.stopAccepting()
  socket.write(frame(pattern(5, 1)))
  expect((await received(socket, 9)).length).toBe(9)
  const late = connect(server.port, '127.0.0.1')
  await new Promise(resolve => late.once('error', resolve))
})

test('accepting pauses while no descriptor is free and goes on when one is', async () => {
  // The limit of this process is large: a child with a small one runs the same transport.
  const root = new URL('../..', import.meta.url).pathname
  const script = `
    import { connect } from 'node:net'
    import { openSync, closeSync } from 'node:fs'
    import { createRequire } from 'node:module'
    const binding = createRequire(${JSON.stringify(`${root}package.json`)})('node-gyp-build')(${JSON.stringify(root)})
    const bytes = { frameSizeMaxBytes: 1e6, requestMemoryMaxBytes: 1e6, sendQueueHighWaterBytes: 1e6 }
    const limits = { ...bytes, connectionsMax: 100 }
    let opened = 0
    const ignore = () => {}
    const events = { onConnection: () => opened++, onFrames: ignore, onClose: ignore, onDrain: ignore }
    const handle = binding.transportOpen(limits, events)
    const port = binding.transportListen(handle, '127.0.0.1', 0, 0)
    const socket = connect(port, '127.0.0.1')
    await new Promise((resolve) => socket.once('connect', resolve))
    while (opened < 1) await new Promise((resolve) => setTimeout(resolve, 5))
    const files = []
    try { for (;;) files.push(openSync('/dev/null')) } catch (error) { if (error.code !== 'EMFILE') throw error }
    closeSync(files.pop())
    const late = connect(port, '127.0.0.1')
    await new Promise((resolve) => late.once('connect', resolve))
    const before = process.cpuUsage()
    await new Promise((resolve) => setTimeout(resolve, 200))
    const spent = process.cpuUsage(before)
    if (opened !== 1) throw new Error('accepted without a descriptor')
    if (spent.user + spent.system > 100000) throw new Error('spins while it waits for a descriptor')
    for (const file of files) closeSync(file)
    while (opened < 2) await new Promise((resolve) => setTimeout(resolve, 5))
    process.stdout.write('served')
    process.exit(0)
  `
  const command = `ulimit -n 60; exec "${process.execPath}" --input-type=module -e "$SCRIPT"`
  const output = execFileSync('sh', ['-c', command], {
    env: { ...process.env, SCRIPT: script },
    timeout: 10_000,
  })
  expect(output.toString()).toBe('served')
})
