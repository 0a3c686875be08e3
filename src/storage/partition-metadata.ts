import { StorageError } from '../base/storage-error.ts'

const encoder = new TextEncoder()
const decoder = new TextDecoder()

/** The file `partition.metadata` of a partition's directory: `topicId` as 22 characters of base64url. */
export function encodePartitionMetadata(topicId: string): Uint8Array {
  return encoder.encode(`version: 0\ntopic_id: ${topicId}`)
}

/** The topic id. StorageError EBADMSG for anything else than version 0. */
export function decodePartitionMetadata(bytes: Uint8Array, path: string): string {
  const match = /^version: 0\ntopic_id: ([A-Za-z0-9_-]{22})\n?$/.exec(decoder.decode(bytes))
  if (match === null) throw new StorageError('EBADMSG', 'decode', path)
  return match[1]!
}
