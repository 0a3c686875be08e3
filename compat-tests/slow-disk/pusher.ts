import { connect } from 'node:net'
import { loadNativeBinding } from '../../src/native/load.ts'
import { encodeBatch } from '../../test/simulation/record-batch.ts'
import { WireWriter } from '../../test/simulation/wire-writer.ts'

/** Sends with acks=1 as much as the broker takes, until it is killed. Arguments: port, topic. */
const CONNECTIONS = 4
const IN_FLIGHT = 5
const RECORD_BYTES = 100_000
const REPORT_MS = 100
const PREFIX_BYTES = 4
/** Its error code lies behind size, correlation id, one topic with this name, and one partition. */
const ERROR_POSITION = (topic: string) => 4 + 4 + 4 + 2 + topic.length + 4 + 4

const [port = '', topic = ''] = process.argv.slice(2)
const { crc32c } = loadNativeBinding()
let acknowledgedBytes = 0
let refusedCount = 0

function requestOf(partitionIndex: number): Buffer {
  const identity = { producerId: -1, producerEpoch: -1, baseSequence: -1 }
  const batch = { ...identity, timestampMs: Date.now(), values: ['v'.repeat(RECORD_BYTES)] }
  const records = encodeBatch(batch, bytes => crc32c(bytes, 0))
  const body = new WireWriter().nullString().int16(1).int32(30_000)
  body.int32(1).string(topic).int32(1).int32(partitionIndex).bytes(records)
  const frame = new WireWriter().int16(0).int16(3).int32(1).string('pusher').raw(body.finish()).finish()
  const bytes = Buffer.alloc(PREFIX_BYTES + frame.length)
  bytes.writeInt32BE(frame.length)
  bytes.set(frame, PREFIX_BYTES)
  return bytes
}

function push(partitionIndex: number): void {
  const request = requestOf(partitionIndex)
  const socket = connect(Number(port), '127.0.0.1', () => {
    for (let count = 0; count < IN_FLIGHT; count += 1) socket.write(request)
  })
  let received = Buffer.alloc(0)
  socket.on('data', bytes => {
    received = Buffer.concat([received, bytes])
    while (received.length >= PREFIX_BYTES && received.length >= PREFIX_BYTES + received.readInt32BE()) {
      if (received.readInt16BE(ERROR_POSITION(topic)) === 0) acknowledgedBytes += RECORD_BYTES
      else refusedCount += 1
      received = received.subarray(PREFIX_BYTES + received.readInt32BE())
      socket.write(request)
    }
  })
  socket.on('error', () => process.exit(1))
}

for (let index = 0; index < CONNECTIONS; index += 1) push(index)
setInterval(() => console.log(`${acknowledgedBytes} ${refusedCount}`), REPORT_MS)
