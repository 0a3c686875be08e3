import { StorageError } from '../base/storage-error.ts'

const VERSION = '0'

const encoder = new TextEncoder()
const decoder = new TextDecoder('utf-8', { fatal: true })

/** Kafka's checkpoint format: a line with version 0, a line with the count, then one line per entry. */
export function encodeCheckpoint(lines: readonly string[]): Uint8Array {
  return encoder.encode([VERSION, String(lines.length), ...lines, ''].join('\n'))
}

/** The entries' lines. StorageError EBADMSG for anything that is no checkpoint of version 0; `path` is for its text. */
export function decodeCheckpoint(bytes: Uint8Array, path: string): string[] {
  const lines = textOf(bytes, path).split('\n')
  const entries = lines.slice(2).filter(line => line !== '')
  if (lines[0] !== VERSION || lines[1] !== String(entries.length))
    throw new StorageError('EBADMSG', 'decode', path)
  return entries
}

/** One line of the checkpoints that name partitions. */
export interface PartitionOffset {
  readonly topicName: string
  readonly partitionIndex: number
  readonly offset: number
}

export function encodePartitionOffsets(entries: readonly PartitionOffset[]): Uint8Array {
  return encodeCheckpoint(
    entries.map(({ topicName, partitionIndex, offset }) => `${topicName} ${partitionIndex} ${offset}`),
  )
}

export function decodePartitionOffsets(bytes: Uint8Array, path: string): PartitionOffset[] {
  return decodeCheckpoint(bytes, path).map(line => {
    const match = /^(\S+) (\d+) (\d+)$/.exec(line)
    if (match === null) throw new StorageError('EBADMSG', 'decode', path)
    return { topicName: match[1]!, partitionIndex: Number(match[2]), offset: Number(match[3]) }
  })
}

function textOf(bytes: Uint8Array, path: string): string {
  try {
    return decoder.decode(bytes)
  } catch {
    throw new StorageError('EBADMSG', 'decode', path)
  }
}
