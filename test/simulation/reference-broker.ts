import type { DiskQueue } from '../../src/base/disk.ts'
import { readSmallFile, writeSmallFile } from '../../src/base/small-file.ts'
import type { ClientSocket, Connect } from './client-connection.ts'
import { NONE, OFFSET_OUT_OF_RANGE, OUT_OF_ORDER_SEQUENCE_NUMBER } from './client-environment.ts'
import { ReferenceLog } from './reference-log.ts'
import { WireReader } from './wire-reader.ts'
import { WireWriter } from './wire-writer.ts'
import type { BrokerPorts, BrokerUnderTest } from './world.ts'

const DATA_DIR = '/data'
const STATE_PATH = `${DATA_DIR}/state`
const NETWORK_DELAY_MS = 1
const POLL_MS = 5
const PARTITION_COUNT = 2

/** Where an answer goes when it is complete; answers of a connection leave in the order of their requests. */
type Answer = (body: WireWriter) => void

/**
 * The smallest broker that keeps its promises, of one topic: it shows that the simulation finds nothing where nothing
 * is wrong, and what the planted bugs do to a broker that is right.
 */
export class ReferenceBroker implements BrokerUnderTest {
  readonly #ports: BrokerPorts
  readonly #crc32c: (bytes: Uint8Array) => number
  readonly #logs: ReferenceLog[] = []
  readonly #syncs: (() => void)[] = []
  readonly #queue: DiskQueue
  readonly #closeConnections = new Set<() => void>()
  #state: { nextProducerId: number; commits: Record<string, number> }
  #isDown = false

  constructor(ports: BrokerPorts, crc32c: (bytes: Uint8Array) => number) {
    this.#ports = ports
    this.#crc32c = crc32c
    const { disk } = ports
    disk.makeDirectory(DATA_DIR)
    disk.syncDirectory('/')
    this.#queue = disk.createQueue((_, count) => {
      for (const done of this.#syncs.splice(0, count)) done()
    })
    const saved = readSmallFile(disk, STATE_PATH)
    const text = new TextDecoder().decode(saved ?? new Uint8Array())
    this.#state = text === '' ? { nextProducerId: 0, commits: {} } : JSON.parse(text)
    while (this.#logs.length < PARTITION_COUNT && disk.exists(this.#logPath())) this.#openLog()
  }

  readonly connect: Connect = (onFrame, onClose) => {
    const slots: { body?: Uint8Array }[] = []
    const close = (): void => {
      if (this.#closeConnections.delete(close)) onClose()
    }
    this.#closeConnections.add(close)
    const deliver = (frame: Uint8Array): void => {
      this.#ports.timers.set(NETWORK_DELAY_MS, () => {
        if (this.#closeConnections.has(close)) onFrame(frame)
      })
    }
    const receive = (frame: Uint8Array): void => {
      if (this.#isDown || !this.#closeConnections.has(close)) return
      const slot: { body?: Uint8Array } = {}
      slots.push(slot)
      this.#handle(new WireReader(frame), body => {
        slot.body = body.finish()
        while (slots[0]?.body !== undefined) deliver(slots.shift()!.body!)
      })
    }
    const socket: ClientSocket = {
      send: frame => void this.#ports.timers.set(NETWORK_DELAY_MS, () => receive(frame)),
      close,
    }
    return socket
  }

  async close(): Promise<void> {
    this.cutPower()
    this.#queue.close()
    for (const { file } of this.#logs) {
      this.#ports.disk.fdatasync(file)
      this.#ports.disk.close(file)
    }
  }

  cutPower(): void {
    this.#isDown = true
    for (const close of [...this.#closeConnections]) close()
  }

  #handle(request: WireReader, answer: Answer): void {
    const apiKey = request.int16()
    request.int16()
    const body = new WireWriter().int32(request.int32())
    request.string()
    if (apiKey === 0) this.#produce(request, body, answer)
    else if (apiKey === 1) this.#fetch(request, body, answer)
    else if (apiKey === 8) this.#commit(request, body, answer)
    else if (apiKey === 9) this.#committed(request, body, answer)
    else if (apiKey === 10) answer(body.int16(NONE))
    else if (apiKey === 19) this.#createTopic(request, body, answer)
    else if (apiKey === 22) this.#initProducerId(body, answer)
  }

  #createTopic(request: WireReader, body: WireWriter, answer: Answer): void {
    request.int32()
    const topic = request.string()
    while (this.#logs.length < PARTITION_COUNT) this.#openLog()
    const done = (): void => answer(body.int32(1).string(topic).int16(NONE))
    this.#sync(ticket => this.#queue.syncDirectory(DATA_DIR, ticket), done)
  }

  #initProducerId(body: WireWriter, answer: Answer): void {
    const producerId = this.#state.nextProducerId++
    this.#save()
    answer(body.int32(0).int16(NONE).int64(producerId).int16(0))
  }

  #produce(request: WireReader, body: WireWriter, answer: Answer): void {
    request.raw(2 + 2 + 4 + 4)
    const topic = request.string()
    request.int32()
    const partitionIndex = request.int32()
    const log = this.#logs[partitionIndex]!
    const baseOffset = log.append(request.nullableBytes()!)
    const endOffset = log.endOffset
    body.int32(1).string(topic).int32(1).int32(partitionIndex)
    if (baseOffset === undefined) {
      answer(body.int16(OUT_OF_ORDER_SEQUENCE_NUMBER).int64(-1).int64(-1).int32(0))
      return
    }
    const done = (): void => {
      log.highWatermark = Math.max(log.highWatermark, endOffset)
      answer(body.int16(NONE).int64(baseOffset).int64(-1).int32(0))
    }
    this.#sync(ticket => this.#queue.fdatasync(log.file, ticket), done)
  }

  #fetch(request: WireReader, body: WireWriter, answer: Answer): void {
    request.raw(4 + 4 + 4 + 4 + 1 + 4)
    const topic = request.string()
    request.int32()
    const partitionIndex = request.int32()
    const offset = request.int64()
    const log = this.#logs[partitionIndex]!
    const send = (): void => {
      const errorCode = offset > log.highWatermark ? OFFSET_OUT_OF_RANGE : NONE
      body.int32(0).int32(1).string(topic).int32(1).int32(partitionIndex).int16(errorCode)
      answer(body.int64(log.highWatermark).int64(log.highWatermark).int32(-1).bytes(log.read(offset)))
    }
    if (log.highWatermark > offset) send()
    else this.#ports.timers.set(POLL_MS, send)
  }

  #commit(request: WireReader, body: WireWriter, answer: Answer): void {
    const groupId = request.string()
    request.int32()
    request.string()
    request.raw(8 + 4)
    const topic = request.string()
    request.int32()
    const partitionIndex = request.int32()
    this.#state.commits[`${groupId}/${partitionIndex}`] = request.int64()
    this.#save()
    answer(body.int32(1).string(topic).int32(1).int32(partitionIndex).int16(NONE))
  }

  #committed(request: WireReader, body: WireWriter, answer: Answer): void {
    const groupId = request.string()
    request.int32()
    const topic = request.string()
    request.int32()
    const partitionIndex = request.int32()
    const offset = this.#state.commits[`${groupId}/${partitionIndex}`] ?? -1
    answer(body.int32(1).string(topic).int32(1).int32(partitionIndex).int64(offset).nullString().int16(NONE))
  }

  #sync(submit: (ticket: number) => void, done: () => void): void {
    this.#syncs.push(done)
    submit(0)
  }

  #save(): void {
    writeSmallFile(this.#ports.disk, STATE_PATH, new TextEncoder().encode(JSON.stringify(this.#state)))
  }

  #logPath(): string {
    return `${DATA_DIR}/log-${this.#logs.length}`
  }

  #openLog(): void {
    this.#logs.push(new ReferenceLog(this.#ports.disk, this.#logPath(), this.#crc32c))
  }
}
