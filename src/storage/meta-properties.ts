import { StorageError } from '../base/storage-error.ts'

/** The file `meta.properties` of a log directory: whose directory it is. */
export interface MetaProperties {
  readonly clusterId: string
  readonly nodeId: number
  /** 22 characters of base64url. */
  readonly directoryId: string
}

const encoder = new TextEncoder()
const decoder = new TextDecoder()

/** Version 1. Readers ignore comments and the order of the keys, which in Kafka's file is a hash table's. */
export function encodeMetaProperties({ clusterId, nodeId, directoryId }: MetaProperties): Uint8Array {
  return encoder.encode(
    `#\ncluster.id=${clusterId}\ndirectory.id=${directoryId}\nnode.id=${nodeId}\nversion=1\n`,
  )
}

/** Version 0 has `broker.id` and no directory id (answered as ''). StorageError EBADMSG for anything else. */
export function decodeMetaProperties(bytes: Uint8Array, path: string): MetaProperties {
  const values = new Map<string, string>()
  for (const line of decoder.decode(bytes).split(/\r?\n/)) {
    const match = /^\s*([^#!=:\s]+)\s*[=:]\s*(.*)$/.exec(line)
    if (match !== null) values.set(match[1]!, match[2]!)
  }
  const nodeId = values.get(values.get('version') === '0' ? 'broker.id' : 'node.id')
  const clusterId = values.get('cluster.id')
  if (clusterId === undefined || nodeId === undefined || !/^\d+$/.test(nodeId)) {
    throw new StorageError('EBADMSG', 'decode', path)
  }
  return { clusterId, nodeId: Number(nodeId), directoryId: values.get('directory.id') ?? '' }
}
