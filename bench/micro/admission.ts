import { readFileSync } from 'node:fs'
import { performance } from 'node:perf_hooks'
import { BATCH_CHECK_ROW_LENGTH } from '../../src/native/batch-check.ts'
import { Codec, createCodecs } from '../../src/native/codecs.ts'
import { createCrc32c } from '../../src/native/crc32c.ts'
import { loadNativeBinding, type NativeBinding } from '../../src/native/load.ts'
import { encodeRecordBatch } from '../../src/protocol/records/encode-record-batch.ts'
import { logRecords } from '../macro/log-lines.ts'

const KIB = 1024
const SIZES_BYTES = [1, 2, 4, 8, 16, 32, 64, 128, 256, 512, 1024].map(size => size * KIB)
const RECORD_BYTES = 1_000
/** As a broker's own limit for what comes out of a batch. */
const DECOMPRESSED_MAX_BYTES = 64 * KIB * KIB
const CODECS = { gzip: Codec.GZIP, snappy: Codec.SNAPPY, lz4: Codec.LZ4, zstd: Codec.ZSTD }
const ROUNDS = 3
const BYTES_PER_ROUND = 8 * KIB * KIB
const CALLS_MAX = 400

interface Cost {
  /** Processor time of the loop's thread alone. */
  readonly loopUs: number
  readonly wallUs: number
}

/** From which size on a worker takes less of the loop than the check itself; sizes are those of compressed batches. */
export async function benchAdmission(): Promise<void> {
  const binding = loadNativeBinding()
  const lines = logRecords(8 * KIB, RECORD_BYTES)
  for (const [name, codec] of Object.entries(CODECS)) {
    let crossing = 'at no size'
    for (const sizeBytes of SIZES_BYTES.toReversed()) {
      const batch = batchOfAbout(binding, codec, lines, sizeBytes)
      const calls = Math.max(4, Math.min(CALLS_MAX, Math.ceil(BYTES_PER_ROUND / batch.length / 10)))
      const inline = await least(calls, () => checkInline(binding, batch))
      const worker = await least(calls, () => checkOnWorker(binding, batch))
      if (worker.loopUs < inline.loopUs) crossing = `from ${Math.round(sizeBytes / KIB)} KiB on`
      console.log(
        `${name}, ${Math.round(batch.length / KIB)} KiB: loop ${inline.loopUs.toFixed(1)} us inline, ` +
          `${worker.loopUs.toFixed(1)} us with a worker; until checked ${inline.wallUs.toFixed(1)} and ` +
          `${worker.wallUs.toFixed(1)} us`,
      )
    }
    console.log(`${name}: a worker takes less of the loop ${crossing}`)
  }
  benchDenseBatches(binding)
}

/** The size of a compressed batch does not tell how long its check takes. */
function benchDenseBatches(binding: NativeBinding): void {
  const same = new Uint8Array(RECORD_BYTES)
  const records = Array.from({ length: 8 * KIB }, () => same)
  for (const [name, codec] of Object.entries(CODECS)) {
    const batch = encode(binding, codec, records)
    const startMs = performance.now()
    checkInline(binding, batch)
    const ms = performance.now() - startMs
    console.log(
      `${name}, 8 MB of zeroes in ${(batch.length / KIB).toFixed(1)} KiB: ${ms.toFixed(1)} ms inline`,
    )
  }
}

/** As many lines as it takes, found by halving. */
function batchOfAbout(
  binding: NativeBinding,
  codec: Codec,
  lines: readonly Uint8Array[],
  sizeBytes: number,
): Uint8Array {
  let low = 1
  let high = lines.length
  while (low < high) {
    const middle = (low + high) >> 1
    if (encode(binding, codec, lines.slice(0, middle)).length < sizeBytes) low = middle + 1
    else high = middle
  }
  return encode(binding, codec, lines.slice(0, low))
}

function encode(binding: NativeBinding, codec: Codec, values: readonly Uint8Array[]): Uint8Array {
  const records = values.map(value => ({ timestampMs: 0, key: null, value, headers: [] }))
  const compress = (bytes: Uint8Array) => createCodecs(binding).compress(codec, bytes)
  return encodeRecordBatch({ baseOffset: 0, records, attributes: codec, compress }, createCrc32c(binding))
}

function checkInline(binding: NativeBinding, batch: Uint8Array): void {
  const row = new Float64Array(BATCH_CHECK_ROW_LENGTH)
  refuse(binding.batchCheck(batch, 0, DECOMPRESSED_MAX_BYTES, row))
}

function checkOnWorker(binding: NativeBinding, batch: Uint8Array): Promise<void> {
  const row = new Float64Array(BATCH_CHECK_ROW_LENGTH)
  return new Promise(resolve => {
    binding.batchCheckAsync(batch, 0, DECOMPRESSED_MAX_BYTES, row, reason => {
      refuse(reason)
      resolve()
    })
  })
}

function refuse(reason: number): void {
  if (reason !== 0) throw new Error(`the batch is refused with reason ${reason}`)
}

/** Of several rounds, since others use the machine too. */
async function least(calls: number, check: () => void | Promise<void>): Promise<Cost> {
  let loopUs = Number.POSITIVE_INFINITY
  let wallUs = Number.POSITIVE_INFINITY
  for (let round = 0; round < ROUNDS; round += 1) {
    const [startUs, startMs] = [loopThreadUs(), performance.now()]
    for (let call = 0; call < calls; call += 1) await check()
    loopUs = Math.min(loopUs, (loopThreadUs() - startUs) / calls)
    wallUs = Math.min(wallUs, ((performance.now() - startMs) * 1000) / calls)
  }
  return { loopUs, wallUs }
}

/** What this thread, which has the number of the process, has had of a processor; counted up when it sleeps. */
function loopThreadUs(): number {
  Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, 1)
  const [runNs] = readFileSync(`/proc/self/task/${process.pid}/schedstat`, 'utf8').split(' ')
  return Number(runNs) / 1000
}
