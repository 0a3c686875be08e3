import { execFileSync } from 'node:child_process'
import { randomBytes } from 'node:crypto'
import { closeSync, constants, mkdtempSync, open, openSync, readdirSync, readlinkSync, rmSync } from 'node:fs'
import { connect, type Socket } from 'node:net'
import { join } from 'node:path'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { CONNECTION_STATE_LENGTH } from '../base/transport.ts'
import { NativeDisk } from './disk.ts'
import { loadNativeBinding } from './load.ts'
import { NativeTransport } from './transport.ts'

const MIB = 1024 * 1024
/** More than the sockets of both sides hold. */
const ANSWER_BYTES = 32 * MIB
/** As many as libuv has. */
const THREADS = 4
/** What has to outlive the machine's next start lies on a disk, other than what is in /tmp at times. */
const TEMPORARY = '/var/tmp'

const binding = loadNativeBinding()
const disk = new NativeDisk(binding)
let directory = ''
let ends: (() => void)[] = []

beforeEach(() => {
  directory = mkdtempSync(join(TEMPORARY, 'ottla-cold-'))
  const path = directory
  ends = [() => rmSync(path, { recursive: true })]
})

afterEach(() => {
  for (const end of ends.reverse()) end()
})

async function until(condition: () => boolean, what: string): Promise<void> {
  for (let i = 0; i < 2000; i += 1) {
    if (condition()) return
    await new Promise(resolve => setTimeout(resolve, 5))
  }
  throw new Error(`waited in vain: ${what}`)
}

/** Takes all threads of libuv, which wait for a writer to a pipe; what is answered lets them go. */
function holdThreads(): () => void {
  const pipes = Array.from({ length: THREADS }, (_, i) => join(directory, `pipe-${i}`))
  execFileSync('mkfifo', pipes)
  for (const pipe of pipes) open(pipe, 'r', (_error, fd) => closeSync(fd))
  let areHeld = true
  const letGo = () => {
    if (!areHeld) return
    areHeld = false
    for (const pipe of pipes) closeSync(openSync(pipe, constants.O_RDWR))
  }
  ends.push(letGo)
  return letGo
}

/** Answers any request with a file of its own. */
function openTransport() {
  const files: number[] = []
  const connectionIds: number[] = []
  const transport = new NativeTransport(
    binding,
    {
      frameSizeMaxBytes: MIB,
      requestMemoryMaxBytes: MIB,
      connectionsMax: 10,
      sendQueueHighWaterBytes: MIB,
    },
    {
      onConnection: connectionId => connectionIds.push(connectionId),
      onFrames: ([connectionId = -1]) => {
        transport.send(
          new Uint8Array(0),
          Float64Array.of(connectionId, 0, 0, files.pop() ?? -1, 0, ANSWER_BYTES),
          1,
        )
      },
      onClose: () => {},
      onDrain: () => {},
    },
  )
  let isOpen = true
  const close = () => {
    if (isOpen) transport.close()
    isOpen = false
  }
  ends.push(close)
  const port = transport.listen('127.0.0.1', 0, 0)
  return { transport, port, files, connectionIds, close }
}

type Server = ReturnType<typeof openTransport>

/** A client that has asked for a file and does not read, while what it has not been sent is dropped from memory. */
async function slowReader(server: Server, name: string) {
  const path = join(directory, name)
  const content = randomBytes(ANSWER_BYTES)
  const file = disk.open(path, 'create')
  disk.pwritev(file, [content], 0)
  disk.fdatasync(file)
  server.files.push(file)
  const count = server.connectionIds.length
  const socket = connect(server.port, '127.0.0.1').pause()
  ends.push(() => socket.destroy())
  socket.write(Buffer.from([0, 0, 0, 1, 0]))
  await until(() => server.connectionIds.length > count && server.files.length === 0, 'the request')
  const connectionId = server.connectionIds[count] ?? -1
  const unsentBytes = () => {
    const state = new Float64Array(CONNECTION_STATE_LENGTH)
    server.transport.connectionState(connectionId, state)
    return state[2] ?? 0
  }
  expect(unsentBytes()).toBeGreaterThan(MIB)
  execFileSync('dd', [`if=${path}`, 'iflag=nocache', 'count=0'], { stdio: 'ignore' })
  expect(disk.isResident(file, ANSWER_BYTES - MIB, MIB)).toBe(false)
  // The range that is sent is all that keeps it open.
  disk.close(file)
  return { socket, content, unsentBytes, isFileOpen: () => isOpen(path) }
}

type Reader = Awaited<ReturnType<typeof slowReader>>

function isOpen(path: string): boolean {
  return readdirSync('/proc/self/fd').some(fd => {
    try {
      return readlinkSync(`/proc/self/fd/${fd}`) === path
    } catch {
      return false
    }
  })
}

function collect(socket: Socket): () => Buffer {
  const chunks: Buffer[] = []
  socket.on('data', chunk => chunks.push(chunk as Buffer))
  socket.resume()
  return () => Buffer.concat(chunks)
}

/** Reads all that comes before a thread is needed. */
async function readToColdRange(reader: Reader): Promise<() => Buffer> {
  let sizeBytes = 0
  reader.socket.on('data', chunk => {
    sizeBytes += chunk.length
  })
  const received = collect(reader.socket)
  await until(
    () => sizeBytes > 0 && sizeBytes + reader.unsentBytes() === ANSWER_BYTES,
    'all that is in memory',
  )
  await new Promise(resolve => setTimeout(resolve, 100))
  return received
}

test('FET-12 what a slow reader has left on the disk is read by a thread, then sent', async () => {
  const server = openTransport()
  const reader = await slowReader(server, 'a')
  const letThreadsGo = holdThreads()
  const received = await readToColdRange(reader)
  expect(reader.unsentBytes()).toBeGreaterThan(0)
  letThreadsGo()
  await until(() => received().length === ANSWER_BYTES, 'the rest')
  expect(received().equals(reader.content)).toBe(true)
  expect(reader.isFileOpen()).toBe(false)
})

test('what a client that left waits for is not read, and holds up nobody', async () => {
  const server = openTransport()
  const readers = [
    await slowReader(server, 'a'),
    await slowReader(server, 'b'),
    await slowReader(server, 'c'),
  ]
  const [first, second, third] = readers as [Reader, Reader, Reader]
  const letThreadsGo = holdThreads()
  await readToColdRange(first)
  await readToColdRange(second)
  const received = await readToColdRange(third)
  second.socket.destroy()
  await until(() => !second.isFileOpen(), 'the file of the range that was not begun')
  first.socket.resetAndDestroy()
  await until(() => first.unsentBytes() === 0, 'the end of the first connection')
  expect(first.isFileOpen()).toBe(true)
  letThreadsGo()
  await until(() => received().length === ANSWER_BYTES, 'the answer of the client that stayed')
  expect(received().equals(third.content)).toBe(true)
  expect(readers.some(reader => reader.isFileOpen())).toBe(false)
})

test('a transport that is closed ends when the range that is under way has been read', async () => {
  const server = openTransport()
  const readers = [await slowReader(server, 'a'), await slowReader(server, 'b')]
  const letThreadsGo = holdThreads()
  for (const reader of readers) await readToColdRange(reader)
  server.close()
  expect(readers.map(reader => reader.isFileOpen())).toEqual([true, false])
  letThreadsGo()
  await until(() => !readers.some(reader => reader.isFileOpen()), 'the file that was read')
})
