import { isDeepStrictEqual } from 'node:util'
import type { Random } from '../../src/base/random.ts'
import { readBaseOffset, readLastOffset } from '../../src/protocol/record-batch.ts'
import { batchesOf } from '../../src/protocol/records/batches-of.ts'
import type { StorageWorld } from '../../src/storage/storage-world.test-support.ts'
import type { LogModel } from './log-model.ts'

const PROBES = 6
const PRODUCERS_MAX = 8

/** What the log answers otherwise than the model, in a few words each. Everything written must be synced. */
export async function checkLog(
  world: StorageWorld,
  model: LogModel,
  deletedBefore: number,
  random: Random,
): Promise<string[]> {
  const { log } = world
  const decoder = new TextDecoder()
  const found = world.read().map(record => `${record.offset} ${decoder.decode(record.value!)}`)
  const expected = model.recordsFrom(log.logStartOffset)
  const wrong: string[] = []
  if (log.logEndOffset !== model.endOffset)
    wrong.push(`the log ends at ${log.logEndOffset}, not ${model.endOffset}`)
  if (!isDeepStrictEqual(found, expected)) wrong.push(`${found.length} records, ${expected.length} expected`)
  for (let probe = 0; probe < PROBES; probe += 1)
    wrong.push(...checkRead(world, model, random), ...(await checkTime(world, model, random)))
  return [...wrong, ...checkProducers(world, model), ...checkEpochs(world, model, deletedBefore)]
}

/** A read at any offset begins with the batch that holds it, keeps to its limit, and ends with a whole batch. */
function checkRead(world: StorageWorld, model: LogModel, random: Random): string[] {
  const { log, disk } = world
  const { logStartOffset, logEndOffset } = log
  if (logStartOffset === logEndOffset) return []
  const offset = logStartOffset + random.below(logEndOffset - logStartOffset)
  const upTo = offset + 1 + random.below(logEndOffset - offset)
  const maxBytes = random.below(600)
  const result = world.readLog(offset, maxBytes, model.batchOf(upTo)?.baseOffset ?? logEndOffset)
  if (!result.ok) return [`a read of ${offset} is refused with ${result.errorCode}`]
  if (result.range === null)
    return model.batchOf(upTo) === model.batchOf(offset) ? [] : [`nothing to read at ${offset}`]
  const bytes = new Uint8Array(result.range.sizeBytes)
  disk.pread(result.range.file, bytes, result.range.position)
  const batches = [...batchesOf(bytes)].map(batch => new DataView(batch.buffer, batch.byteOffset))
  const first = batches[0]
  const last = batches.at(-1)
  if (first === undefined || last === undefined) return [`a read of ${offset} has no whole batch`]
  const wrong: string[] = []
  if (readBaseOffset(first, 0) !== model.batchOf(offset)!.baseOffset)
    wrong.push(`a read of ${offset} begins with ${readBaseOffset(first, 0)}`)
  if (batches.length > 1 && bytes.length > maxBytes) wrong.push(`a read has more than ${maxBytes} bytes`)
  if (readLastOffset(last, 0) >= (model.batchOf(upTo)?.baseOffset ?? logEndOffset))
    wrong.push(`a read up to ${upTo} goes on to ${readLastOffset(last, 0)}`)
  return wrong
}

async function checkTime(world: StorageWorld, model: LogModel, random: Random): Promise<string[]> {
  const { log, time } = world
  const timestampMs = time.clock.wallMs() - random.below(100)
  const found = (await world.settled(log.offsetForTimestamp(timestampMs)))?.offset
  const expected = model.firstAtTime(timestampMs, log.logStartOffset)
  return found === expected ? [] : [`time ${timestampMs} is found at ${found}, not ${expected}`]
}

/** The state of the producers is the one that the log's batches give. */
function checkProducers({ log }: StorageWorld, model: LogModel): string[] {
  const known = new Map([...log.producers.entries()].map(entry => [entry.producerId, entry.batches]))
  return Array.from({ length: PRODUCERS_MAX }, (_, producerId) => producerId).flatMap(producerId => {
    const [found, expected] = [known.get(producerId) ?? [], model.producerBatches(producerId)]
    return isDeepStrictEqual(found, expected)
      ? []
      : [`of producer ${producerId} is known ${JSON.stringify(found)}, not ${JSON.stringify(expected)}`]
  })
}

/** Of epochs that ended before the furthest start the log ever had nothing needs to be known. */
function checkEpochs({ log }: StorageWorld, model: LogModel, deletedBefore: number): string[] {
  const found = log.epochs.entries.filter(({ startOffset }) => startOffset > deletedBefore)
  const expected = model.epochs().filter(({ startOffset }) => startOffset > deletedBefore)
  return isDeepStrictEqual(found, expected)
    ? []
    : [`the epochs are ${JSON.stringify(found)}, not ${JSON.stringify(expected)}`]
}
