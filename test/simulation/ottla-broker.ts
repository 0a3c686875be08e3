import type { Logger } from '../../src/base/logger.ts'
import { Broker } from '../../src/broker/broker.ts'
import { createBatchNative } from '../../src/broker/native-platform.ts'
import { parseBrokerConfig } from '../../src/config/parse-broker-config.ts'
import type { NativeBinding } from '../../src/native/load.ts'
import { createSimScan } from '../../src/native/sim/sim-scan.ts'
import { SimNetwork, type SimSocket, SimTransport } from '../../src/native/sim-transport.ts'
import type { Connect } from './client-connection.ts'
import type { BrokerPorts, BrokerUnderTest } from './world.ts'

const PORT = 9092
const NETWORK_DELAY_MS = 1
const SCAN_MS = 1
const PREFIX_BYTES = 4
const SETTINGS = new Map([
  ['listeners', `PLAINTEXT://localhost:${PORT}`],
  ['log.dirs', '/data'],
  ['offsets.topic.num.partitions', '2'],
  // Several segments within a world.
  ['log.roll.ms', '60'],
  // Several group journals.
  ['ottla.group.journal.bytes', '2000'],
  // Less than what producers have under way: they wait now and then.
  ['ottla.unflushed.max.bytes', '500'],
  // Often enough that checkpoints and their crashes happen within a world.
  ['log.flush.offset.checkpoint.interval.ms', '50'],
])

const SILENT: Logger = { debug() {}, info() {}, warn() {}, error() {} }

/** The whole broker, on the disk, network and clock of a world. */
export async function startOttla(ports: BrokerPorts, binding: NativeBinding): Promise<BrokerUnderTest> {
  const parsed = parseBrokerConfig(SETTINGS)
  if (!parsed.ok) throw new Error(parsed.problems.join('; '))
  const network = new SimNetwork(ports.timers, () => NETWORK_DELAY_MS)
  const transports: SimTransport[] = []
  const scanFile = createSimScan(ports.disk, binding, callback => void ports.timers.set(SCAN_MS, callback))
  const broker = await Broker.start(parsed.config, {
    ...ports,
    logger: SILENT,
    batchNative: { ...createBatchNative(binding), scanFile },
    createTransport: (options, events) => {
      const transport = new SimTransport(network, ports.disk, options, events)
      transports.push(transport)
      return transport
    },
    connectionsMax: 100,
    openSegmentsMax: 100,
    memoryBytes: 1024 * 1024 * 1024,
  })
  const ends = new Set<() => void>()
  // Clients notice that it is gone, though the timers of this life, which would tell them, may be dead before that.
  const endAll = () => {
    for (const end of [...ends]) end()
  }
  return {
    connect: connectTo(network, ends),
    close: () => broker.close().finally(endAll),
    cutPower: () => {
      for (const transport of transports) transport.close()
      endAll()
    },
  }
}

function connectTo(network: SimNetwork, ends: Set<() => void>): Connect {
  return (onFrame, onClose) => {
    const socket = network.connect(PORT)
    if (socket === null) return null
    const end = () => {
      if (ends.delete(end)) onClose()
    }
    ends.add(end)
    socket.onData = frameCutter(frame => void (ends.has(end) && onFrame(frame)))
    socket.onClose = end
    const close = () => {
      ends.delete(end)
      socket.close()
    }
    return { send: frame => sendFrame(socket, frame), close }
  }
}

function sendFrame(socket: SimSocket, frame: Uint8Array): void {
  const bytes = new Uint8Array(PREFIX_BYTES + frame.length)
  new DataView(bytes.buffer).setInt32(0, frame.length)
  bytes.set(frame, PREFIX_BYTES)
  socket.write(bytes)
}

/** Frames out of a stream that cuts them anywhere. */
function frameCutter(onFrame: (frame: Uint8Array) => void): (bytes: Uint8Array) => void {
  let pending = new Uint8Array(0)
  return bytes => {
    const joined = new Uint8Array(pending.length + bytes.length)
    joined.set(pending)
    joined.set(bytes, pending.length)
    pending = joined
    while (pending.length >= PREFIX_BYTES) {
      const sizeBytes = new DataView(pending.buffer, pending.byteOffset).getInt32(0)
      if (pending.length < PREFIX_BYTES + sizeBytes) return
      const frame = pending.slice(PREFIX_BYTES, PREFIX_BYTES + sizeBytes)
      pending = pending.slice(PREFIX_BYTES + sizeBytes)
      onFrame(frame)
    }
  }
}
